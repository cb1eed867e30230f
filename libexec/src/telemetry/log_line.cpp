#include "log_line.hpp"

#include <array>
#include <cstdint>
#include <cstdio>

namespace libexec {
namespace {

struct CodePoint {
    std::uint32_t value = 0;
    std::size_t size_bytes = 0;  ///< 0: the first byte starts no valid sequence
};

/// The code point at the start of `text`. Overlong forms, surrogates and values past U+10FFFF are not valid.
CodePoint first_code_point(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const std::uint32_t lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {};
    std::uint32_t value = lead & (0xffU >> (size + 1));
    for (std::size_t at = 1; at < size; ++at) {
        if ((byte(at) & 0xc0U) != 0x80U) return {};
        value = (value << 6) | (byte(at) & 0x3fU);
    }
    constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    if (value < least[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return {};
    return {value, size};
}

/// Characters that move the cursor, end a line or reorder what stands beside them.
bool is_unsafe(std::uint32_t point) {
    return point < 0x20 || (point >= 0x7f && point <= 0x9f) || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0x061c || point == 0x200e || point == 0x200f ||
           point == 0xfeff;
}

std::string hex(const char* pattern, std::uint32_t value) {
    char text[16];
    std::snprintf(text, sizeof text, pattern, value);
    return text;
}

/// How `point` is written. The escapes are JSON's own in both formats.
std::string escaped(std::uint32_t point, std::string_view bytes, bool quoted) {
    if (point == '\n') return "\\n";
    if (point == '\r') return "\\r";
    if (point == '\t') return "\\t";
    if (is_unsafe(point)) return hex("\\u%04x", point);
    if (quoted && (point == '"' || point == '\\')) return std::string("\\").append(bytes);
    return std::string(bytes);
}

void append_value(std::string& line, std::string_view value, bool quoted) {
    const std::size_t start = line.size();
    while (!value.empty()) {
        const CodePoint point = first_code_point(value);
        const std::size_t taken = point.size_bytes == 0 ? 1 : point.size_bytes;
        // An invalid byte is text of our own making: its backslash is escaped like any other.
        const std::string piece =
            point.size_bytes == 0
                ? hex(quoted ? "\\\\x%02x" : "\\x%02x", static_cast<unsigned char>(value.front()))
                : escaped(point.value, value.substr(0, taken), quoted);
        if (line.size() - start + piece.size() > log_value_bytes_max) {
            line += "...(" + std::to_string(value.size()) + " bytes more)";
            return;
        }
        line += piece;
        value.remove_prefix(taken);
    }
}

/// `bare` is for numbers of our own making.
void append_json(std::string& line, std::string_view key, std::string_view value, bool bare = false) {
    line += line.empty() ? "{\"" : ",\"";
    append_value(line, key, true);
    line += bare ? "\":" : "\":\"";
    append_value(line, value, true);
    if (!bare) line += '"';
}

/// Whether a value can stand in a text line as it is, so that `key=value` pairs stay apart.
bool is_plain(std::string_view value) {
    if (value.empty()) return false;
    for (const char c : value) {
        if (c <= ' ' || c > '~' || c == '"' || c == '=' || c == '\\') return false;
    }
    return true;
}

}  // namespace

std::string_view to_string(LogLevel level) {
    constexpr std::array<std::string_view, 6> words{"trace", "debug", "info", "warn", "error", "off"};
    return words[static_cast<std::size_t>(level)];
}

std::string format_log_line(LogFormat format, Time time, LogLevel level, std::string_view event,
                            std::string_view message, std::initializer_list<LogField> fields) {
    std::string line;
    line.reserve(256);
    if (format == LogFormat::json) {
        append_json(line, "ts", to_rfc3339(time));
        append_json(line, "level", to_string(level));
        append_json(line, "event", event);
        append_json(line, "msg", message);
        for (const LogField& field : fields) append_json(line, field.key, field.value, field.is_number);
        line += '}';
        return line;
    }
    line += to_rfc3339(time);
    line += ' ';
    line += to_string(level);
    line.append(6 - to_string(level).size(), ' ');  // the messages of all levels stand in one column
    append_value(line, event, false);
    line += "  ";
    append_value(line, message, false);
    for (const LogField& field : fields) {
        line += ' ';
        append_value(line, field.key, false);
        line += '=';
        const bool plain = is_plain(field.value);
        if (!plain) line += '"';
        append_value(line, field.value, !plain);
        if (!plain) line += '"';
    }
    return line;
}

}  // namespace libexec
