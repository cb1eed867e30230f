#include "field_errors.hpp"

#include <utility>

#include "libexec/base/front_of.hpp"

namespace libexec::json {
namespace {

constexpr std::size_t errors_most = 32;
constexpr std::size_t shown_bytes_most = 64;

/// RFC 6901: '~' and '/' are spelled ~0 and ~1.
std::string pointer_to(std::string_view name) {
    std::string pointer = "/";
    for (const char c : front_of(name, shown_bytes_most)) {
        if (c == '~') {
            pointer += "~0";
        } else if (c == '/') {
            pointer += "~1";
        } else {
            pointer += c;
        }
    }
    return pointer;
}

}  // namespace

std::string shown(std::string_view text) {
    std::string safe = "'";
    for (const char c : front_of(text, shown_bytes_most)) {
        const auto byte = static_cast<unsigned char>(c);
        safe += byte < 0x20 || byte == 0x7f ? '?' : c;
    }
    return safe + (text.size() > shown_bytes_most ? "...'" : "'");
}

void FieldErrors::add(std::string_view name, std::string rule) {
    only_unknown_tokens_ = false;
    errors_.push_back(
        {pointer_to(name), std::string(front_of(name, shown_bytes_most)) + ": " + std::move(rule)});
}

void FieldErrors::add_unknown_token(std::string_view name, std::string rule) {
    const bool only_unknown_tokens = only_unknown_tokens_;
    add(name, std::move(rule));
    only_unknown_tokens_ = only_unknown_tokens;
}

Problem FieldErrors::problem() && {
    const std::size_t count = errors_.size();
    std::string detail =
        count == 1 ? errors_.front().message : std::to_string(count) + " fields are not valid";
    if (count > errors_most) {
        errors_.resize(errors_most);
        errors_.push_back({"", std::to_string(count - errors_most) + " more errors are not listed"});
    }
    Problem problem =
        make_problem(only_unknown_tokens_ ? "unknown_token" : "invalid_body", std::move(detail));
    problem.errors = std::move(errors_);
    return problem;
}

std::variant<Value, Problem> read_object(std::string_view body, const std::string& fix) {
    const auto refused = [](std::string rule) {
        Problem problem = make_problem("invalid_body", rule);
        problem.errors.push_back({"", std::move(rule)});
        return problem;
    };
    if (body.find_first_not_of(" \t\r\n") == std::string_view::npos)
        return refused("the body is empty: " + fix);
    Result<Value> parsed = parse(body);
    if (!parsed) return refused("the body is " + parsed.error().detail);
    if (parsed.value().kind != Value::Kind::object)
        return refused("the body is " + std::string(word_for(parsed.value().kind)) + ": " + fix);
    return std::move(parsed).value();
}

}  // namespace libexec::json
