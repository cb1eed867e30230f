#pragma once

#include <boost/multiprecision/cpp_int.hpp>

#include <optional>

#include "wide.hpp"

namespace libexec::pools {

/// 256 bits that wrap: whoever computes with them shows before each step that it fits.
using Wider = boost::multiprecision::uint256_t;

inline Wider wider(Wide value) {
    Wider made = static_cast<std::uint64_t>(value >> 64);
    made <<= 64;
    made |= static_cast<std::uint64_t>(value);
    return made;
}

inline Wider wider(const Product& value) { return wider(value.high) << 128 | wider(value.low); }

/// How many bits the value needs; 0 for 0.
inline unsigned bits_of(const Wider& value) {
    return value.is_zero() ? 0 : static_cast<unsigned>(boost::multiprecision::msb(value)) + 1;
}

inline std::optional<Wide> narrow(const Wider& value) {
    if (bits_of(value) > 128) return std::nullopt;
    const auto low = static_cast<std::uint64_t>(value & Wider(~std::uint64_t{0}));
    const auto high = static_cast<std::uint64_t>(value >> 64);
    return Wide(high) << 64 | low;
}

/// numerator / by, rounded up or down; `by` is not 0.
inline Wider divide(const Wider& numerator, const Wider& by, bool up) {
    Wider quotient;
    Wider rest;
    boost::multiprecision::divide_qr(numerator, by, quotient, rest);
    if (up && !rest.is_zero()) ++quotient;  // at most the numerator, so it fits
    return quotient;
}

}  // namespace libexec::pools
