#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libexec/base/clock.hpp"

namespace libexec::cli {

/// What a command line said: the texts of words and options by name ("IN", "limit"). Only what was given is
/// in it. Every question that finds a text of the wrong kind throws Trouble (usage) naming option, text and
/// rule.
class Arguments {
public:
    void set(std::string name, std::vector<std::string> texts) { texts_[std::move(name)] = std::move(texts); }

    bool has(std::string_view name) const { return texts_.contains(name); }
    /// The text given, or `fallback`.
    std::string text(std::string_view name, std::string_view fallback = {}) const;
    /// All texts given, in order.
    std::vector<std::string> texts(std::string_view name) const;
    std::optional<std::uint64_t> whole(std::string_view name, std::uint64_t least, std::uint64_t most) const;
    /// A time with a unit, such as 30s.
    std::optional<std::chrono::milliseconds> duration(std::string_view name) const;
    /// A moment: RFC 3339, or a time before `now` such as 24h.
    std::optional<Time> moment(std::string_view name, Time now) const;

private:
    std::map<std::string, std::vector<std::string>, std::less<>> texts_;
};

}  // namespace libexec::cli
