#include "accept.hpp"

#include <algorithm>

namespace libexec::server {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    const std::size_t from = text.find_first_not_of(blanks);
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

/// The text up to `mark`, which is taken off `rest` with it; a mark inside quotes does not count.
std::string_view take_until(std::string_view& rest, char mark) {
    bool quoted = false;
    std::size_t at = 0;
    for (; at < rest.size(); ++at) {
        if (rest[at] == '\\' && quoted) {
            ++at;
        } else if (rest[at] == '"') {
            quoted = !quoted;
        } else if (rest[at] == mark && !quoted) {
            break;
        }
    }
    const std::string_view part = rest.substr(0, at);
    rest.remove_prefix(std::min(at + 1, rest.size()));
    return trimmed(part);
}

/// `0`, `1`, `0.5`, `1.000`: a weight in thousandths.
std::optional<int> parse_weight(std::string_view text) {
    constexpr std::size_t digits_most = 3;
    if (text.empty() || (text[0] != '0' && text[0] != '1')) return std::nullopt;
    int value = (text[0] - '0') * 1'000;
    text.remove_prefix(1);
    if (text.empty()) return value;
    if (text[0] != '.' || text.size() > digits_most + 1) return std::nullopt;
    text.remove_prefix(1);
    int unit = 100;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value += (c - '0') * unit;
        unit /= 10;
    }
    return value <= 1'000 ? std::optional<int>(value) : std::nullopt;
}

/// How closely a range describes `type`: 0 not at all, 3 by its name.
int closeness(std::string_view range, std::string_view type) {
    constexpr int by_name = 3, by_kind = 2, by_all = 1;
    if (equal_ignoring_case(range, type)) return by_name;
    if (range == "*/*") return by_all;
    const std::string_view kind = type.substr(0, type.find('/') + 1);
    return range.size() == kind.size() + 1 && range.ends_with('*') &&
                   equal_ignoring_case(range.substr(0, kind.size()), kind)
               ? by_kind
               : 0;
}

}  // namespace

Preference preference_for(const HttpRequest& request, std::string_view type) {
    bool asked = false;
    int closest = 0;
    Preference preference;
    for (const HttpField& field : request.fields) {
        if (!equal_ignoring_case(field.name, "accept")) continue;
        std::string_view rest = field.value;
        while (!rest.empty()) {
            std::string_view item = take_until(rest, ',');
            const std::string_view range = take_until(item, ';');
            if (range.find('/') == std::string_view::npos) continue;
            std::optional<int> weight = 1'000;
            while (!item.empty()) {
                const std::string_view parameter = take_until(item, ';');
                if (parameter.starts_with("q=") || parameter.starts_with("Q="))
                    weight = parse_weight(parameter.substr(2));
            }
            if (!weight) continue;
            asked = true;
            const int close = closeness(range, type);
            if (close > closest) {
                closest = close;
                preference = {*weight, close == 3};
            }
        }
    }
    if (!asked) preference = {1'000, false};
    return preference;
}

std::optional<std::string_view> preferred_type(const HttpRequest& request,
                                               std::initializer_list<std::string_view> offers) {
    std::optional<std::string_view> best;
    int most = 0;
    for (const std::string_view offer : offers) {
        const int wanted = preference_for(request, offer).thousandths;
        if (wanted > most) {
            most = wanted;
            best = offer;
        }
    }
    return best;
}

}  // namespace libexec::server
