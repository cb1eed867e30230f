#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <initializer_list>
#include <string>

#include "libexec/base/result.hpp"
#include "libexec/json/value.hpp"

/// Answers of nodes as texts, each with one thing changed.
namespace libexec::test {

inline JsonValue parsed(const std::string& text) {
    const Result<JsonValue> value = JsonValue::parse(text);
    REQUIRE_MESSAGE(value, text);
    return value.value();
}

/// `text` with the first `what` replaced: what a node might say instead.
inline std::string with(std::string text, const std::string& what, const std::string& instead) {
    const std::size_t at = text.find(what);
    REQUIRE_MESSAGE(at != std::string::npos, what);
    return text.replace(at, what.size(), instead);
}

struct AnswerChange {
    const char* what;
    const char* instead;
    const char* place;  ///< that the refusal names
};

/// Each change alone makes the answer one that is refused by that place.
template <class Read>
void check_refusals(const std::string& good, std::initializer_list<AnswerChange> changes, Read read) {
    CHECK(read(parsed(good)));
    for (const AnswerChange& change : changes) {
        CAPTURE(change.what);
        CAPTURE(change.instead);
        const auto refused = read(parsed(with(good, change.what, change.instead)));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().reason == Reason::invalid_body);
        CHECK_MESSAGE(refused.error().detail.find(change.place) == 0, refused.error().detail);
    }
    for (const char* other : {"null", "true", "7.5", "-1", "\"x\"", "[]", "{}", "[null]"}) {
        CAPTURE(other);
        CHECK_FALSE(read(parsed(other)));
    }
}

inline const std::string key_text = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
inline const std::string account_text =
    R"({"data":["AQID","base64"],"executable":false,"lamports":18446744073709551615,)"
    R"("owner":"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA","rentEpoch":0,"space":3})";

}  // namespace libexec::test
