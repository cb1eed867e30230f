#include "wake_payload.hpp"

#include <charconv>

namespace libexec {
namespace {

constexpr std::size_t node_most = 100;
constexpr std::size_t id_digits = 32;
constexpr std::string_view digits = "0123456789abcdef";

void add_id(std::string& text, const Uuid& id) {
    for (const std::uint8_t byte : id.bytes()) {
        text += digits[byte >> 4U];
        text += digits[byte & 0x0fU];
    }
}

std::optional<Uuid> parse_id(std::string_view text) {
    Uuid::Bytes bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const std::size_t high = digits.find(text[2 * i]);
        const std::size_t low = digits.find(text[2 * i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
        bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return Uuid(bytes);
}

std::optional<WakePayload::Item> parse_item(std::string_view text) {
    if (text.size() < id_digits + 2 || text[id_digits] != ':') return std::nullopt;
    const std::optional<Uuid> order = parse_id(text.substr(0, id_digits));
    const std::string_view number = text.substr(id_digits + 1);
    WakePayload::Item item;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), item.first);
    if (!order || number.front() == '0' || error != std::errc() || end != number.data() + number.size())
        return std::nullopt;
    item.order = *order;
    return item;
}

}  // namespace

std::string WakePayload::text() const {
    std::string text = node;
    for (std::size_t i = 0; i < items.size(); ++i) {
        text += i == 0 ? '|' : ',';
        add_id(text, items[i].order);
        text += ':';
        text += std::to_string(items[i].first);
    }
    return text;
}

std::optional<WakePayload> WakePayload::parse(std::string_view text) {
    const std::size_t bar = text.find('|');
    if (bar == std::string_view::npos || bar == 0 || bar > node_most) return std::nullopt;
    WakePayload payload;
    payload.node = text.substr(0, bar);
    for (std::size_t begin = bar + 1; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        const std::optional<Item> item = parse_item(text.substr(begin, end - begin));
        if (!item || payload.items.size() == items_most) return std::nullopt;
        payload.items.push_back(*item);
        begin = end + 1;
    }
    return payload;
}

}  // namespace libexec
