#include "arguments.hpp"

#include <charconv>

#include "libexec/json/time_text.hpp"
#include "text.hpp"
#include "trouble.hpp"

namespace libexec::cli {

std::string Arguments::text(std::string_view name, std::string_view fallback) const {
    const auto found = texts_.find(name);
    return found == texts_.end() || found->second.empty() ? std::string(fallback) : found->second.back();
}

std::vector<std::string> Arguments::texts(std::string_view name) const {
    const auto found = texts_.find(name);
    return found == texts_.end() ? std::vector<std::string>() : found->second;
}

std::optional<std::uint64_t> Arguments::whole(std::string_view name, std::uint64_t least,
                                              std::uint64_t most) const {
    if (!has(name)) return std::nullopt;
    const std::string word = text(name);
    std::uint64_t number = 0;
    const char* const end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, number);
    if (error != std::errc{} || stop != end || number < least || number > most) {
        throw Trouble(usage_complaint(
            "--" + std::string(name) + " '" + word + "' is not possible",
            "write a whole number from " + std::to_string(least) + " to " + std::to_string(most)));
    }
    return number;
}

std::optional<std::chrono::milliseconds> Arguments::duration(std::string_view name) const {
    if (!has(name)) return std::nullopt;
    const std::string word = text(name);
    const auto time = parse_duration(word);
    if (!time) {
        throw Trouble(
            usage_complaint("--" + std::string(name) + " '" + word + "' is not a time",
                            "write --" + std::string(name) + " with a unit, such as 500ms, 30s, 2m or 1h"));
    }
    return time;
}

std::optional<Time> Arguments::moment(std::string_view name, Time now) const {
    if (!has(name)) return std::nullopt;
    const std::string word = text(name);
    if (const auto ago = parse_duration(word)) return now - *ago;
    if (const auto moment = parse_rfc3339(word)) return moment;
    throw Trouble(usage_complaint("--" + std::string(name) + " '" + word + "' is not a moment",
                                  "write how long ago, such as 24h, or a UTC time such as "
                                  "2026-01-02T03:04:05Z"));
}

}  // namespace libexec::cli
