#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libexec/chain/rpc/types.hpp"

namespace libexec {

/// Writes the object in which a call says how it wants its answer.
class RpcOptions {
public:
    /// A value that is JSON already.
    RpcOptions& json(std::string_view name, std::string_view value);
    RpcOptions& text(std::string_view name, std::string_view value);
    RpcOptions& number(std::string_view name, std::uint64_t value);
    RpcOptions& flag(std::string_view name, bool value);
    RpcOptions& commitment(Commitment commitment);
    /// Nothing when it is 0, which older nodes would not know anyway.
    RpcOptions& min_context_slot(std::uint64_t slot);

    /// The object.
    std::string written() const { return "{" + inside_ + "}"; }

private:
    std::string inside_;
};

/// `["a","b"]`.
std::string json_list(const std::vector<std::string>& texts);
/// The same for keys in base58.
std::string json_list(const std::vector<PublicKey>& keys);
/// `text` with its quotes; it needs no escapes.
std::string quoted(std::string_view text);
/// Whether it is base58 of 64 bytes.
bool is_signature(std::string_view text);

}  // namespace libexec
