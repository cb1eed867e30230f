#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/base/result.hpp"

namespace libexec {

namespace json {
struct Value;
}

/// Any JSON document, for programs that read somebody else's answers.
/// Shape:  an immutable tree of at most 16 levels; copies are cheap and keep the document alive.
/// Unit:   numbers stay the text they were written as, so no amount ever passes through floating point.
/// Errors: asking a value for what it is not gives the empty answer (null, no items, no text), never an
///         exception: whoever reads an answer decides what a missing member means.
class JsonValue {
public:
    /// Null.
    JsonValue() = default;

    /// Errors: `invalid_body` for text that is not one JSON document, nested too deep, or not UTF-8.
    static Result<JsonValue> parse(std::string_view text);
    /// The same for a text somebody may have filled with countless tiny values, each of which takes far more
    /// memory than text: with more than `values_most` it is refused.
    static Result<JsonValue> parse(std::string_view text, std::size_t values_most);

    /// Whether it is null, or absent.
    bool is_null() const;
    /// Whether it is an object.
    bool is_object() const;
    /// Whether it is an array.
    bool is_list() const;
    /// Whether it is a string.
    bool is_text() const;
    /// Whether it is the word true.
    bool is_true() const;
    /// Whether it is the word false.
    bool is_false() const;
    /// What a string says, or how a number was written; empty for everything else.
    const std::string& text() const;
    /// A number that is a whole one within 64 bits.
    std::optional<std::uint64_t> whole() const;
    /// The same with a sign.
    std::optional<std::int64_t> signed_whole() const;
    /// A string that is a UTC time as `to_rfc3339` writes it.
    std::optional<Time> time() const;

    /// The elements of an array.
    std::vector<JsonValue> items() const;
    /// The names of an object's members, in their order.
    std::vector<std::string> names() const;
    /// The member of an object, the first one of that name; null when absent.
    JsonValue operator[](std::string_view name) const;
    /// Whether an object has a member of that name, be it null.
    bool has(std::string_view name) const;

    /// The value as JSON on one line: members in their order, numbers as they were written.
    std::string json() const;

private:
    JsonValue(std::shared_ptr<const json::Value> value) : value_(std::move(value)) {}
    std::shared_ptr<const json::Value> value_;  ///< shares the root's ownership; null: a JSON null
};

/// `text` as a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD.
std::string to_json_string(std::string_view text);

}  // namespace libexec
