#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/base/result.hpp"
#include "libexec/json/time_text.hpp"
#include "libexec/model/money.hpp"

namespace libexec::json {

using libexec::parse_rfc3339;

inline constexpr int depth_most = 16;
inline constexpr std::size_t values_unbounded = SIZE_MAX;

/// A parsed JSON value. Numbers keep the text they were written with; nothing here ever was a double.
/// Members keep their order and their duplicates: whoever reads decides.
struct Value {
    enum class Kind : std::uint8_t { null, boolean, number, text, list, object };
    struct Member;

    Kind kind = Kind::null;
    bool truth = false;
    std::string chars;            ///< of a text, or a number as written
    std::vector<Value> items;     ///< of a list
    std::vector<Member> members;  ///< of an object

    /// The first member of that name; null when there is none.
    const Value* find(std::string_view name) const;
};

struct Value::Member {
    std::string name;
    Value value;
};

/// "a text", "a number" ...: for messages.
std::string_view word_for(Value::Kind kind);

/// The one value that `text` is.
/// Errors: `invalid_body` with what is wrong and at which byte: not JSON, not UTF-8, a NUL byte, more than
///         `depth_most` levels, more than `values_most` values, anything after the value.
Result<Value> parse(std::string_view text, std::size_t values_most = values_unbounded);

/// Reads members of an object we wrote ourselves. The first thing missing or malformed is remembered and
/// everything after it reads as empty, so a decoder checks once, at its end.
class Fields {
public:
    Fields(const Value& object, std::string& trouble);

    std::string_view text(std::string_view name);
    /// An absent or null text is empty.
    std::string_view text_or_empty(std::string_view name);
    std::uint64_t number(std::string_view name);
    bool flag(std::string_view name);
    TokenAmount money(std::string_view name);
    /// Money whose mint is known: other decimals are trouble.
    Amount money(std::string_view name, std::uint8_t decimals);
    Time time(std::string_view name);
    std::chrono::microseconds milliseconds(std::string_view name);
    const Value* object_or_null(std::string_view name);
    const std::vector<Value>& list(std::string_view name);
    bool has(std::string_view name) const { return object_.find(name) != nullptr; }

    void complain(std::string_view name, std::string_view rule);

private:
    const Value* member(std::string_view name, Value::Kind kind);

    const Value& object_;
    std::string& trouble_;
};

}  // namespace libexec::json
