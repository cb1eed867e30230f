#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libexec/base/result.hpp"

namespace libexec {

/// One thing wrong with a request. The pointer is RFC 6901 into the body ("/amountIn"), or the name of a
/// header or query parameter.
struct FieldError {
    std::string pointer;
    std::string message;  ///< names the field, the rule and what to send instead

    friend bool operator==(const FieldError&, const FieldError&) = default;
};

/// A kind of problem: what its code, status and title are. The code is part of the wire contract.
struct ProblemType {
    std::string_view code;
    int status;
    std::string_view title;
    bool retryable;         ///< the same request may succeed later
    std::string_view help;  ///< what it means and what to do, for the page behind `type`
};

/// Every kind a response may carry.
std::span<const ProblemType> problem_types();
/// The kind with this code; null when there is none.
const ProblemType* find_problem_type(std::string_view code);

/// An answer that is not what was asked for.
/// Source: RFC 9457 (problem details), with the members older clients read.
struct Problem {
    const ProblemType* type = nullptr;  ///< never null once made by `make_problem`
    std::string detail;
    std::string instance;  ///< the path asked for
    std::vector<FieldError> errors;
    std::optional<std::chrono::seconds> retry_after;
    std::string order_id;         ///< of `outcome_unknown`, `in_flight` and conflicts, where known
    std::string client_order_id;  ///< on the submit socket, so that its client knows what was declined
    std::string request_id;
};

/// `code` is one of `problem_types()`; another one becomes `internal`.
Problem make_problem(std::string_view code, std::string detail);
Problem make_problem(const Rejection& why);

/// `{"type":...,"code":...,"title":...,"status":...,"retryable":...,"help":...}`: what the page behind `type`
/// says to programs.
std::string encode_problem_type(const ProblemType& type);

/// The body, `application/problem+json`.
std::string encode_problem(const Problem& problem);

}  // namespace libexec
