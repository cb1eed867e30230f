#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "json_value.hpp"
#include "libexec/json/problem.hpp"

namespace libexec::json {

/// Outside text inside a message: short, on one line, in quotes.
std::string shown(std::string_view text);

/// Everything wrong with one body, in the order it was found.
class FieldErrors {
public:
    /// `rule` says what must hold and what to send instead; the field's name is put before it.
    void add(std::string_view name, std::string rule);
    void add_unknown_token(std::string_view name, std::string rule);

    bool empty() const { return errors_.empty(); }
    /// `unknown_token` when nothing else is wrong, else `invalid_body`. Long lists are cut.
    Problem problem() &&;

private:
    std::vector<FieldError> errors_;
    bool only_unknown_tokens_ = true;
};

/// The object that a body is, or the problem with the body as a whole; `fix` says what to send instead.
std::variant<Value, Problem> read_object(std::string_view body, const std::string& fix);

}  // namespace libexec::json
