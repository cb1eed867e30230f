#pragma once

#include <boost/multiprecision/cpp_int.hpp>

#include "libexec/model/money.hpp"

namespace libexec::test {

/// A whole number without bounds: what the arithmetic of the pools is held against.
using Whole =
    boost::multiprecision::number<boost::multiprecision::cpp_int_backend<>, boost::multiprecision::et_off>;

/// The same number, without bounds.
inline Whole whole(Wide value) {
    Whole made(static_cast<std::uint64_t>(value >> 64));
    made <<= 64;
    made += static_cast<std::uint64_t>(value);
    return made;
}

/// The least whole number that is not below numerator / by.
inline Whole least_above(const Whole& numerator, const Whole& by) { return (numerator + by - 1) / by; }

}  // namespace libexec::test
