#pragma once

#include <string>
#include <string_view>

#include "libexec/base/result.hpp"

namespace libexec {

/// Where people look a transaction up.
/// Shape:  a URL in which `{signature}` stands for the transaction's signature, or nothing: then there are no
///         links.
/// Errors: `of` refuses what is no http or https URL with `{signature}` in it.
/// Source: each cluster of Solana has public explorers, which take the signature in the path or the query.
class Explorer {
public:
    /// None: nothing is linked.
    Explorer() = default;
    /// An explorer whose pages are at `url`. Errors: invalid_parameter with the rule.
    static Result<Explorer> of(std::string_view url);

    /// The page of that transaction; empty without an explorer, and for what is no signature in base58.
    std::string link_to(std::string_view signature) const;

private:
    std::string url_;
};

}  // namespace libexec
