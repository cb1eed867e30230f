#include "text.hpp"

#include <algorithm>
#include <charconv>

namespace libexec::cli {
namespace {

std::string two_digits(std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

}  // namespace

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), to_lower);
    return lower;
}

std::string upper_case(std::string_view text) {
    std::string upper(text);
    std::transform(upper.begin(), upper.end(), upper.begin(), to_upper);
    return upper;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::string one_line(std::string_view json) {
    std::string line;
    line.reserve(json.size());
    for (const char c : trim(json)) {
        if (c != '\n' && c != '\r') line.push_back(c);
    }
    return line;
}

std::string elapsed_text(std::chrono::microseconds time) {
    const std::int64_t hundredths = std::max<std::int64_t>(time.count(), 0) / 10'000;
    const std::int64_t seconds = hundredths / 100;
    if (seconds < 10) return std::to_string(seconds) + "." + two_digits(hundredths % 100) + " s";
    if (seconds < 60) return std::to_string(seconds) + "." + std::to_string(hundredths % 100 / 10) + " s";
    return std::to_string(seconds / 60) + " min " + two_digits(seconds % 60) + " s";
}

std::string time_of_day_text(Time time) {
    // 2026-01-02T14:02:12.031456Z: the hour begins at 11, the thousandths end at 23.
    return to_rfc3339(time).substr(11, 12) + "Z";
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    std::uint32_t number = 0;
    const auto [unit, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number == 0) return std::nullopt;
    const std::string_view word(unit, static_cast<std::size_t>(text.data() + text.size() - unit));
    std::int64_t milliseconds = 0;
    if (word == "ms") milliseconds = 1;
    if (word == "s") milliseconds = 1'000;
    if (word == "m" || word == "min") milliseconds = 60'000;
    if (word == "h") milliseconds = 3'600'000;
    if (word == "d") milliseconds = 86'400'000;
    if (milliseconds == 0) return std::nullopt;
    const std::chrono::milliseconds duration(milliseconds * number);
    if (duration > std::chrono::hours(24 * 365)) return std::nullopt;
    return duration;
}

std::string without_trailing_zeros(std::string_view decimal) {
    if (decimal.find('.') == std::string_view::npos) return std::string(decimal);
    const std::size_t last = decimal.find_last_not_of('0');
    return std::string(decimal.substr(0, decimal[last] == '.' ? last : last + 1));
}

std::string percent_text(std::uint64_t bps) {
    return std::to_string(bps / 100) + "." + two_digits(static_cast<std::int64_t>(bps % 100)) + " %";
}

std::string tenth_bps_text(std::uint64_t tenths) {
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " bps";
}

std::string short_signature(std::string_view signature, std::string_view ellipsis) {
    if (signature.size() <= 12) return std::string(signature);
    return std::string(signature.substr(0, 4))
        .append(ellipsis)
        .append(signature.substr(signature.size() - 4));
}

}  // namespace libexec::cli
