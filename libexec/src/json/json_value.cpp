#include "json_value.hpp"

#include <charconv>

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include "large_numbers.hpp"

namespace libexec::json {
namespace {

/// Builds the tree as the reader walks the text. Depth is capped here because the iterative reader has no cap
/// of its own and destroying a deep tree recurses.
class Builder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Builder> {
public:
    using Size = rapidjson::SizeType;

    /// `large`: numbers that stand as 0 in the text; null: none, as nearly always.
    Builder(const LargeNumbers* large, std::size_t values_most) : large_(large), values_left_(values_most) {}

    bool Null() { return put({}); }
    bool Bool(bool truth) {
        Value value;
        value.kind = Value::Kind::boolean;
        value.truth = truth;
        return put(std::move(value));
    }
    bool RawNumber(const char* chars, Size size, bool) {
        const std::size_t position = numbers_++;
        if (large_ == nullptr) return put_chars(Value::Kind::number, chars, size);
        const auto aside = large_->by_position.find(position);
        if (aside == large_->by_position.end()) return put_chars(Value::Kind::number, chars, size);
        return put_chars(Value::Kind::number, aside->second.data(), static_cast<Size>(aside->second.size()));
    }
    bool String(const char* chars, Size size, bool) {
        half_pair_ = holds_half_pair({chars, size});
        return !half_pair_ && put_chars(Value::Kind::text, chars, size);
    }
    bool Key(const char* chars, Size size, bool) {
        key_.assign(chars, size);
        return !(half_pair_ = holds_half_pair(key_));
    }
    bool StartObject() { return open(Value::Kind::object); }
    bool StartArray() { return open(Value::Kind::list); }
    bool EndObject(Size) { return close(); }
    bool EndArray(Size) { return close(); }

    bool too_deep() const { return too_deep_; }
    bool too_many() const { return too_many_; }
    bool half_pair() const { return half_pair_; }
    Value take() { return std::move(root_); }

private:
    /// The reader takes the second half of a surrogate pair without the first ("\\udc00") and makes bytes of
    /// it that are no UTF-8: 0xed and then one above 0x9f, which the characters before the surrogates never
    /// have.
    static bool holds_half_pair(std::string_view text) {
        for (auto at = text.find('\xed'); at != std::string_view::npos; at = text.find('\xed', at + 1)) {
            if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) > 0x9f) return true;
        }
        return false;
    }
    bool put_chars(Value::Kind kind, const char* chars, Size size) {
        Value value;
        value.kind = kind;
        value.chars.assign(chars, size);
        return put(std::move(value));
    }
    bool put(Value value) {
        if (!counted()) return false;
        place(std::move(value));
        return true;
    }
    bool counted() {
        too_many_ = values_left_ == 0;
        if (!too_many_) --values_left_;
        return !too_many_;
    }
    /// Pointers to open values stay good: a parent's vector never grows while its child is open.
    Value& place(Value value) {
        if (open_.empty()) return root_ = std::move(value);
        Value& parent = *open_.back();
        if (parent.kind == Value::Kind::list) return parent.items.emplace_back(std::move(value));
        return parent.members.emplace_back(Value::Member{key_, std::move(value)}).value;
    }
    bool open(Value::Kind kind) {
        if (open_.size() == static_cast<std::size_t>(depth_most)) {
            too_deep_ = true;
            return false;
        }
        if (!counted()) return false;
        Value value;
        value.kind = kind;
        open_.push_back(&place(std::move(value)));
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    const LargeNumbers* large_;
    std::size_t numbers_ = 0;
    Value root_;
    std::vector<Value*> open_;
    std::string key_;
    std::size_t values_left_;
    bool too_deep_ = false;
    bool too_many_ = false;
    bool half_pair_ = false;
};

constexpr unsigned parse_flags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag |
                                 rapidjson::kParseNumbersAsStringsFlag;

/// `too_large`: refused for nothing but a number out of the range of a double.
Result<Value> parse_with(const LargeNumbers* large, std::string_view text, std::size_t values_most,
                         bool& too_large) {
    rapidjson::MemoryStream stream(text.data(), text.size());
    rapidjson::Reader reader;
    Builder builder(large, values_most);
    const rapidjson::ParseResult parsed = reader.Parse<parse_flags>(stream, builder);
    too_large = parsed.Code() == rapidjson::kParseErrorNumberTooBig;
    if (builder.too_deep()) {
        return reject(Reason::invalid_body, "nested deeper than " + std::to_string(depth_most) + " levels");
    }
    if (builder.too_many())
        return reject(Reason::invalid_body, "more than " + std::to_string(values_most) + " values");
    if (parsed.IsError()) {
        return reject(Reason::invalid_body,
                      "not JSON at byte " + std::to_string(parsed.Offset()) + ": " +
                          (builder.half_pair() ? "half of a surrogate pair in a \\u escape"
                                               : rapidjson::GetParseError_En(parsed.Code())));
    }
    return builder.take();
}

}  // namespace

const Value* Value::find(std::string_view name) const {
    for (const Member& member : members) {
        if (member.name == name) return &member.value;
    }
    return nullptr;
}

std::string_view word_for(Value::Kind kind) {
    switch (kind) {
        case Value::Kind::null:
            return "null";
        case Value::Kind::boolean:
            return "true or false";
        case Value::Kind::number:
            return "a number";
        case Value::Kind::text:
            return "a text";
        case Value::Kind::list:
            return "a list";
        case Value::Kind::object:
            return "an object";
    }
    return "null";
}

Result<Value> parse(std::string_view text, std::size_t values_most) {
    // RapidJSON takes a NUL for the end of the text, so what follows one would go unseen.
    if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
        return reject(Reason::invalid_body, "a NUL byte at byte " + std::to_string(nul));
    }
    bool too_large = false;
    Result<Value> parsed = parse_with(nullptr, text, values_most, too_large);
    if (!too_large) return parsed;
    const LargeNumbers large = set_aside_large_numbers(text);
    return parse_with(&large, large.text, values_most, too_large);
}

Fields::Fields(const Value& object, std::string& trouble) : object_(object), trouble_(trouble) {
    if (object.kind != Value::Kind::object) complain("", "must be an object");
}

void Fields::complain(std::string_view name, std::string_view rule) {
    if (trouble_.empty()) trouble_ = "'" + std::string(name) + "' " + std::string(rule);
}

const Value* Fields::member(std::string_view name, Value::Kind kind) {
    const Value* const value = object_.find(name);
    if (value != nullptr && value->kind == kind) return value;
    complain(name, "must be " + std::string(word_for(kind)));
    return nullptr;
}

std::string_view Fields::text(std::string_view name) {
    const Value* const value = member(name, Value::Kind::text);
    return value != nullptr ? std::string_view(value->chars) : std::string_view();
}

std::string_view Fields::text_or_empty(std::string_view name) {
    const Value* const value = object_.find(name);
    return value == nullptr || value->kind == Value::Kind::null ? std::string_view() : text(name);
}

std::uint64_t Fields::number(std::string_view name) {
    const Value* const value = member(name, Value::Kind::number);
    std::uint64_t number = 0;
    if (value == nullptr) return number;
    const char* const end = value->chars.data() + value->chars.size();
    const auto [stop, error] = std::from_chars(value->chars.data(), end, number);
    if (error != std::errc{} || stop != end) complain(name, "must be a whole number");
    return number;
}

bool Fields::flag(std::string_view name) {
    const Value* const value = member(name, Value::Kind::boolean);
    return value != nullptr && value->truth;
}

TokenAmount Fields::money(std::string_view name) {
    const Value* const value = member(name, Value::Kind::text);
    if (value == nullptr) return {};
    Result<TokenAmount> amount = parse_token_amount(value->chars);
    if (amount) return amount.value();
    complain(name, "must be an amount: " + amount.error().detail);
    return {};
}

Amount Fields::money(std::string_view name, std::uint8_t decimals) {
    const TokenAmount amount = money(name);
    if (trouble_.empty() && amount.decimals != decimals) complain(name, "has other decimals than its mint");
    return amount.amount;
}

Time Fields::time(std::string_view name) {
    const auto time = parse_rfc3339(text(name));
    if (!time) complain(name, "must be a time");
    return time.value_or(Time{});
}

std::chrono::microseconds Fields::milliseconds(std::string_view name) {
    const Value* const value = member(name, Value::Kind::number);
    if (value == nullptr) return {};
    const Result<Amount> micros = parse_token_units(value->chars, 3, false);
    if (!micros) complain(name, "must be milliseconds with at most three decimals");
    return std::chrono::microseconds(micros ? static_cast<std::int64_t>(micros.value().base_units()) : 0);
}

const Value* Fields::object_or_null(std::string_view name) {
    const Value* const value = object_.find(name);
    if (value == nullptr || value->kind == Value::Kind::null) return nullptr;
    return member(name, Value::Kind::object);
}

const std::vector<Value>& Fields::list(std::string_view name) {
    static const std::vector<Value> none;
    const Value* const value = member(name, Value::Kind::list);
    return value != nullptr ? value->items : none;
}

}  // namespace libexec::json
