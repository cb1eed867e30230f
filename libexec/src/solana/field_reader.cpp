#include "field_reader.hpp"

#include <algorithm>
#include <optional>

#include "little_endian.hpp"

namespace libexec {
namespace {

/// Takes fields off the front. What would lie beyond the end is nothing, and so is all that follows.
class FieldReader {
public:
    explicit FieldReader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

    std::span<const std::uint8_t> rest() const { return rest_; }

    std::optional<std::string> read(FieldKind kind) {
        switch (kind) {
            case FieldKind::u8:
                return number<std::uint8_t>();
            case FieldKind::u16:
                return number<std::uint16_t>();
            case FieldKind::u32:
                return number<std::uint32_t>();
            case FieldKind::u64:
                return number<std::uint64_t>();
            case FieldKind::key:
                return key();
            case FieldKind::optional_key:
                return optional_key();
            case FieldKind::text:
                return text();
            case FieldKind::rest_of_text:
                return shown(take(rest_.size()).value_or(rest_));
            case FieldKind::u16_list:
                return u16_list();
            case FieldKind::key_list:
                return key_list();
        }
        return std::nullopt;
    }

private:
    std::optional<std::span<const std::uint8_t>> take(std::uint64_t size) {
        if (size > rest_.size()) return std::nullopt;
        const auto taken = rest_.first(static_cast<std::size_t>(size));
        rest_ = rest_.subspan(static_cast<std::size_t>(size));
        return taken;
    }

    template <class Number>
    std::optional<std::string> number() {
        const auto bytes = take(sizeof(Number));
        if (!bytes) return std::nullopt;
        return std::to_string(little_endian::read<Number>(*bytes, 0));
    }

    std::optional<std::string> key() {
        const auto bytes = take(32);
        if (!bytes) return std::nullopt;
        return little_endian::read_key(*bytes, 0).to_string();
    }

    std::optional<std::string> optional_key() {
        const auto there = take(1);
        if (!there || (*there)[0] > 1) return std::nullopt;
        if ((*there)[0] == 0) return "none";
        return key();
    }

    std::optional<std::uint64_t> length() {
        const auto bytes = take(8);
        if (!bytes) return std::nullopt;
        return little_endian::read<std::uint64_t>(*bytes, 0);
    }

    std::optional<std::string> text() {
        const auto size = length();
        if (!size) return std::nullopt;
        const auto bytes = take(*size);
        if (!bytes) return std::nullopt;
        return shown(*bytes);
    }

    std::optional<std::string> u16_list() {
        std::string list;
        while (!rest_.empty()) {
            const auto one = number<std::uint16_t>();
            if (!one) return std::nullopt;
            list += (list.empty() ? "" : ", ") + *one;
        }
        return list;
    }

    std::optional<std::string> key_list() {
        const auto count = length();
        if (!count || *count > rest_.size() / 32) return std::nullopt;
        std::string list;
        for (std::uint64_t i = 0; i < *count; ++i) list += (i == 0 ? "" : ", ") + key().value_or("");
        return list;
    }

    static std::string shown(std::span<const std::uint8_t> bytes) {
        const std::string text(bytes.begin(), bytes.end());
        return is_readable(text) ? text : "0x" + hex_of(bytes);
    }

    std::span<const std::uint8_t> rest_;
};

}  // namespace

void describe_by(std::span<const InstructionShape> shapes, std::uint32_t number,
                 std::span<const std::uint8_t> rest, InstructionWords& words) {
    const auto shape =
        std::find_if(shapes.begin(), shapes.end(),
                     [number](const InstructionShape& candidate) { return candidate.number == number; });
    if (shape == shapes.end()) return;
    FieldReader reader(rest);
    std::vector<InstructionWords::Field> fields;
    for (const FieldShape& field : shape->fields) {
        auto value = reader.read(field.kind);
        if (!value) return;
        fields.push_back({field.name, std::move(*value)});
    }
    if (!reader.rest().empty()) fields.push_back({"more", "0x" + hex_of(reader.rest())});
    words.name = shape->name;
    words.fields = std::move(fields);
    words.roles.assign(shape->roles.begin(), shape->roles.end());
}

std::string hex_of(std::span<const std::uint8_t> bytes) {
    std::string digits;
    digits.reserve(2 * bytes.size());
    for (const std::uint8_t byte : bytes) {
        digits += "0123456789abcdef"[byte >> 4];
        digits += "0123456789abcdef"[byte & 15];
    }
    return digits;
}

bool is_readable(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto first = static_cast<unsigned char>(text[at]);
        if (first < 0x80) {
            if ((first < 0x20 && first != '\n' && first != '\t') || first == 0x7f) return false;
            ++at;
            continue;
        }
        // How many bytes follow, and from which code point on so many are needed.
        const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
        constexpr std::uint32_t least[] = {0x80, 0x80, 0x800, 0x10000};
        if (first < 0xc2 || first > 0xf4 || at + static_cast<std::size_t>(more) >= text.size()) return false;
        std::uint32_t point = first & (0x3fu >> more);
        for (int i = 1; i <= more; ++i) {
            const auto next = static_cast<unsigned char>(text[at + static_cast<std::size_t>(i)]);
            if ((next & 0xc0u) != 0x80) return false;
            point = point << 6 | (next & 0x3fu);
        }
        const bool surrogate = point >= 0xd800 && point <= 0xdfff;
        if (point < least[more] || point > 0x10ffff || surrogate || (point >= 0x80 && point < 0xa0))
            return false;
        at += static_cast<std::size_t>(more) + 1;
    }
    return true;
}

}  // namespace libexec
