#include "wide.hpp"

#include <limits>

#include "wider.hpp"

namespace libexec::pools {
namespace {

constexpr Wide u64_most = std::numeric_limits<std::uint64_t>::max();

std::optional<Wide> mul_div_if(Wide a, Wide b, Wide by, bool up) {
    if (by == 0) return std::nullopt;
    const Product product = multiply(a, b);
    if (product.high == 0) return up ? div_up(product.low, by) : product.low / by;
    if (product.high >= by) return std::nullopt;
    return narrow(divide(wider(product), wider(by), up));
}

}  // namespace

std::optional<Wide> mul_div(Wide a, Wide b, Wide by) { return mul_div_if(a, b, by, false); }

std::optional<Wide> mul_div_up(Wide a, Wide b, Wide by) { return mul_div_if(a, b, by, true); }

Product multiply(Wide a, Wide b) {
    // By halves, as on paper. No sum below overflows: (2^64 - 1)^2 + 2 * (2^64 - 1) is 2^128 - 1.
    const Wide a_low = a & u64_most;
    const Wide a_high = a >> 64;
    const Wide b_low = b & u64_most;
    const Wide b_high = b >> 64;
    const Wide low = a_low * b_low;
    const Wide first = a_high * b_low + (low >> 64);
    const Wide second = a_low * b_high + (first & u64_most);
    Product product;
    product.high = a_high * b_high + (first >> 64) + (second >> 64);
    product.low = second << 64 | (low & u64_most);
    return product;
}

std::optional<Wide> mul_shift(Wide a, Wide b, unsigned bits) {
    const Product product = multiply(a, b);
    if (bits == 0 || bits >= 128 || product.high >> bits != 0) return std::nullopt;
    return product.high << (128 - bits) | product.low >> bits;
}

std::optional<Wide> checked_mul(Wide a, Wide b) {
    Wide product = 0;
    if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
    return product;
}

std::optional<Wide> checked_add(Wide a, Wide b) {
    Wide sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
    return sum;
}

std::optional<Wide> checked_sub(Wide a, Wide b) {
    if (b > a) return std::nullopt;
    return a - b;
}

std::optional<std::uint64_t> as_u64(Wide value) {
    if (value > u64_most) return std::nullopt;
    return static_cast<std::uint64_t>(value);
}

std::optional<std::uint64_t> as_u64(std::optional<Wide> value) {
    return value ? as_u64(*value) : std::nullopt;
}

}  // namespace libexec::pools
