#include "libexec/json/time_text.hpp"

#include <charconv>
#include <chrono>

namespace libexec {
namespace {

std::optional<unsigned> digits(std::string_view text, std::size_t from, std::size_t count) {
    unsigned value = 0;
    const char* const begin = text.data() + from;
    const auto [stop, error] = std::from_chars(begin, begin + count, value);
    if (error != std::errc{} || stop != begin + count) return std::nullopt;
    return value;
}

/// What follows the seconds: nothing, or a point and one to six digits.
std::optional<unsigned> micros(std::string_view fraction) {
    if (fraction.empty()) return 0;
    if (fraction.front() != '.' || fraction.size() < 2 || fraction.size() > 7) return std::nullopt;
    auto value = digits(fraction, 1, fraction.size() - 1);
    for (std::size_t i = fraction.size(); value && i < 7; ++i) *value *= 10;
    return value;
}

}  // namespace

std::optional<Time> parse_rfc3339(std::string_view text) {
    using namespace std::chrono;
    constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd";
    if (text.size() < shape.size() + 1 || text.back() != 'Z') return std::nullopt;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] != 'd' && text[i] != shape[i]) return std::nullopt;
    }
    const auto years = digits(text, 0, 4), months = digits(text, 5, 2), dates = digits(text, 8, 2);
    const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
    const auto rest = micros(text.substr(shape.size(), text.size() - shape.size() - 1));
    if (!years || !months || !dates || !hour || !minute || !second || !rest) return std::nullopt;
    const year_month_day date{year(static_cast<int>(*years)), month(*months), day(*dates)};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    return sys_days(date) + hours(*hour) + minutes(*minute) + seconds(*second) + microseconds(*rest);
}

}  // namespace libexec
