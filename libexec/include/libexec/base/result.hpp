#pragma once

#include <string>
#include <utility>
#include <variant>

#include "libexec/base/reason.hpp"
#include "libexec/base/uuid.hpp"

namespace libexec {

/// The world said no: the code is part of the wire protocol; the detail is for people.
struct Rejection {
    Reason reason = Reason::internal;
    std::string detail;
    Uuid order{};  ///< the order this is about, where the caller could not know it otherwise; else nil

    friend bool operator==(const Rejection&, const Rejection&) = default;
};

/// A function, so that it can become std::unexpected without touching callers.
inline Rejection reject(Reason reason, std::string detail) { return {reason, std::move(detail)}; }
inline Rejection reject(Reason reason, std::string detail, Uuid order) {
    return {reason, std::move(detail), order};
}

/// The value of a success that has nothing to say.
struct Done {
    friend bool operator==(const Done&, const Done&) = default;
};

/// A value, or the reason there is none. Member names follow std::expected (C++23).
template <class T>
class [[nodiscard]] Result {
public:
    /// No answer at all, which is an error. Asio hands one out beside an exception.
    Result() : state_(std::in_place_index<1>, Rejection{Reason::internal, "no answer"}) {}
    /// A success.
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    /// A refusal.
    Result(Rejection why) : state_(std::in_place_index<1>, std::move(why)) {}

    /// Whether there is a value.
    explicit operator bool() const noexcept { return state_.index() == 0; }
    /// Asking for the half that is absent is a caller's bug: throws std::bad_variant_access.
    const T& value() const& { return std::get<0>(state_); }
    /// The same, to be moved out of a result nobody needs any more.
    T&& value() && { return std::get<0>(std::move(state_)); }
    /// Why there is no value. Asking a success is a mistake, as above.
    const Rejection& error() const { return std::get<1>(state_); }

private:
    std::variant<T, Rejection> state_;
};

}  // namespace libexec
