#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace libexec {

/// Whose orders a question is about: those of every account, or of one alone. What a viewer does not see does
/// not exist for it. Shape:  nothing, or the name of one account; ordered, so that it may be part of a key.
class Viewer {
public:
    /// Every account.
    Viewer() = default;
    /// That account alone. The empty name is one, too: of orders that were placed without any.
    explicit Viewer(std::string account) : account_(std::move(account)) {}

    /// Nothing: every account.
    const std::optional<std::string>& account() const { return account_; }
    /// Whether orders of that account are among those it sees.
    bool sees(std::string_view account) const { return !account_ || *account_ == account; }

    friend auto operator<=>(const Viewer&, const Viewer&) = default;

private:
    std::optional<std::string> account_;
};

}  // namespace libexec
