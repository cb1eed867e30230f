#include "json_writer.hpp"

#include <algorithm>

namespace libexec::json {
namespace {

/// The length of the well-formed sequence at the start of `text`, or 0.
/// Source: the Unicode standard, table 3-7.
std::size_t sequence_size(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto within = [&](std::size_t i, unsigned low, unsigned high) {
        return i < text.size() && byte(i) >= low && byte(i) <= high;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return within(1, 0x80, 0xbf) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
        const unsigned high = first == 0xed ? 0x9f : 0xbf;
        return within(1, low, high) && within(2, 0x80, 0xbf) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        const unsigned low = first == 0xf0 ? 0x90 : 0x80;
        const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
        return within(1, low, high) && within(2, 0x80, 0xbf) && within(3, 0x80, 0xbf) ? 4 : 0;
    }
    return 0;
}

std::string repaired(std::string_view text) {
    std::string whole;
    while (!text.empty()) {
        const std::size_t size = sequence_size(text);
        whole += size > 0 ? text.substr(0, size) : std::string_view("\xef\xbf\xbd");
        text.remove_prefix(size > 0 ? size : 1);
    }
    return whole;
}

}  // namespace

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t size = sequence_size(text);
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

void Writer::text_value(std::string_view value) {
    if (is_utf8(value)) {
        writer_.String(value.data(), size_of(value));
        return;
    }
    const std::string whole = repaired(value);
    writer_.String(whole.data(), size_of(whole));
}

void Writer::text_or_null(std::string_view name, std::string_view value) {
    if (value.empty()) {
        null(name);
    } else {
        text(name, value);
    }
}

void Writer::money(std::string_view name, const std::optional<Amount>& value, std::uint8_t decimals) {
    if (value) {
        money(name, TokenAmount{*value, decimals});
    } else {
        null(name);
    }
}

void Writer::milliseconds(std::string_view name, std::chrono::microseconds value) {
    constexpr std::uint8_t decimals = 3;
    const std::string digits =
        to_text({Amount(static_cast<std::uint64_t>(std::max<std::int64_t>(0, value.count()))), decimals});
    key(name);
    writer_.RawValue(digits.data(), digits.size(), rapidjson::kNumberType);
}

void Writer::time(std::string_view name, const std::optional<Time>& value) {
    if (value) {
        time(name, *value);
    } else {
        null(name);
    }
}

}  // namespace libexec::json
