#include "libexec/json/value.hpp"

#include <charconv>

#include "json_value.hpp"
#include "json_writer.hpp"

namespace libexec {
namespace {

bool is_kind(const std::shared_ptr<const json::Value>& value, json::Value::Kind kind) {
    return value != nullptr && value->kind == kind;
}

/// Recursion ends: `json::parse` refuses what is deeper than `json::depth_most`.
void append(std::string& out, const json::Value& value) {
    using Kind = json::Value::Kind;
    const auto separate = [&out](bool first) {
        if (!first) out += ',';
    };
    switch (value.kind) {
        case Kind::null:
            out += "null";
            break;
        case Kind::boolean:
            out += value.truth ? "true" : "false";
            break;
        case Kind::number:
            out += value.chars;
            break;
        case Kind::text:
            out += to_json_string(value.chars);
            break;
        case Kind::list:
            out += '[';
            for (const json::Value& item : value.items) {
                separate(&item == value.items.data());
                append(out, item);
            }
            out += ']';
            break;
        case Kind::object:
            out += '{';
            for (const json::Value::Member& member : value.members) {
                separate(&member == value.members.data());
                out += to_json_string(member.name) + ":";
                append(out, member.value);
            }
            out += '}';
            break;
    }
}

template <class Number>
std::optional<Number> read_number(const std::shared_ptr<const json::Value>& value) {
    if (!is_kind(value, json::Value::Kind::number)) return std::nullopt;
    const std::string& digits = value->chars;
    const char* const end = digits.data() + digits.size();
    Number number = 0;
    const auto [stop, error] = std::from_chars(digits.data(), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

}  // namespace

Result<JsonValue> JsonValue::parse(std::string_view text) { return parse(text, json::values_unbounded); }

Result<JsonValue> JsonValue::parse(std::string_view text, std::size_t values_most) {
    Result<json::Value> parsed = json::parse(text, values_most);
    if (!parsed) return parsed.error();
    return JsonValue(std::make_shared<const json::Value>(std::move(parsed).value()));
}

bool JsonValue::is_null() const { return value_ == nullptr || value_->kind == json::Value::Kind::null; }
bool JsonValue::is_object() const { return is_kind(value_, json::Value::Kind::object); }
bool JsonValue::is_list() const { return is_kind(value_, json::Value::Kind::list); }
bool JsonValue::is_text() const { return is_kind(value_, json::Value::Kind::text); }
bool JsonValue::is_true() const { return is_kind(value_, json::Value::Kind::boolean) && value_->truth; }

bool JsonValue::is_false() const { return is_kind(value_, json::Value::Kind::boolean) && !value_->truth; }

const std::string& JsonValue::text() const {
    static const std::string nothing;
    // The analyser takes the shared value for null; both branches return what exists.
    // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.UndefReturn)
    return value_ != nullptr ? value_->chars : nothing;
}

std::optional<std::uint64_t> JsonValue::whole() const { return read_number<std::uint64_t>(value_); }
std::optional<std::int64_t> JsonValue::signed_whole() const { return read_number<std::int64_t>(value_); }

std::optional<Time> JsonValue::time() const {
    if (!is_kind(value_, json::Value::Kind::text)) return std::nullopt;
    return json::parse_rfc3339(value_->chars);
}

std::vector<JsonValue> JsonValue::items() const {
    std::vector<JsonValue> items;
    if (!is_kind(value_, json::Value::Kind::list)) return items;
    items.reserve(value_->items.size());
    for (const json::Value& item : value_->items) {
        items.push_back(JsonValue(std::shared_ptr<const json::Value>(value_, &item)));
    }
    return items;
}

std::vector<std::string> JsonValue::names() const {
    std::vector<std::string> names;
    if (!is_kind(value_, json::Value::Kind::object)) return names;
    for (const json::Value::Member& member : value_->members) names.push_back(member.name);
    return names;
}

JsonValue JsonValue::operator[](std::string_view name) const {
    const json::Value* const member = value_ != nullptr ? value_->find(name) : nullptr;
    if (member == nullptr) return {};
    return JsonValue(std::shared_ptr<const json::Value>(value_, member));
}

bool JsonValue::has(std::string_view name) const {
    return value_ != nullptr && value_->find(name) != nullptr;
}

std::string JsonValue::json() const {
    std::string out;
    if (value_ == nullptr) return "null";
    append(out, *value_);
    return out;
}

std::string to_json_string(std::string_view text) {
    std::string out;
    json::Writer(out).text_value(text);
    return out;
}

}  // namespace libexec
