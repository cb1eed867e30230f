#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rapidjson/writer.h>

#include "libexec/base/clock.hpp"
#include "libexec/model/money.hpp"

namespace libexec::json {

/// Whether `text` is well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

/// Writes JSON at the end of a string. Foreign bytes that are no UTF-8 become U+FFFD, so whatever went in,
/// what comes out can be parsed.
class Writer {
public:
    explicit Writer(std::string& out) : sink_{out}, writer_(sink_) {}

    void begin_object() { writer_.StartObject(); }
    void end_object() { writer_.EndObject(); }
    void begin_list() { writer_.StartArray(); }
    void end_list() { writer_.EndArray(); }

    void key(std::string_view name) { writer_.Key(name.data(), size_of(name)); }
    void object(std::string_view name) { key(name), begin_object(); }
    void list(std::string_view name) { key(name), begin_list(); }

    void text_value(std::string_view value);
    void null_value() { writer_.Null(); }

    void text(std::string_view name, std::string_view value) { key(name), text_value(value); }
    /// Empty means "there is none": null.
    void text_or_null(std::string_view name, std::string_view value);
    void number(std::string_view name, std::uint64_t value) { key(name), writer_.Uint64(value); }
    void flag(std::string_view name, bool value) { key(name), writer_.Bool(value); }
    void null(std::string_view name) { key(name), null_value(); }
    void money(std::string_view name, TokenAmount value) { text(name, to_text(value)); }
    void money(std::string_view name, const std::optional<Amount>& value, std::uint8_t decimals);
    void time(std::string_view name, Time value) { text(name, to_rfc3339(value)); }
    void time(std::string_view name, const std::optional<Time>& value);
    /// A number of milliseconds with three decimals, never through a double.
    void milliseconds(std::string_view name, std::chrono::microseconds value);
    /// An object or a list that is JSON already.
    void json(std::string_view name, std::string_view text) { key(name), json_value(text); }
    void json_value(std::string_view text) {
        writer_.RawValue(text.data(), text.size(), rapidjson::kObjectType);
    }

private:
    struct Sink {
        using Ch = char;
        std::string& out;
        void Put(char c) { out.push_back(c); }
        void Flush() {}
    };
    static rapidjson::SizeType size_of(std::string_view text) {
        return static_cast<rapidjson::SizeType>(text.size());
    }

    Sink sink_;
    rapidjson::Writer<Sink> writer_;
};

}  // namespace libexec::json
