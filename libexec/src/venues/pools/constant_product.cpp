#include "constant_product.hpp"

#include "libexec/model/money.hpp"
#include "pool_side.hpp"
#include "wide.hpp"

namespace libexec::pools {
namespace {

/// floor(reserve_out * given / (reserve_in + given)). 0 when both reserve_in and given are.
std::uint64_t paid_for(std::uint64_t given, const ProductCurve& curve) {
    const Wide after = Wide(curve.reserve_in) + given;
    if (after == 0) return 0;
    // At most reserve_out, since given is at most `after`.
    return static_cast<std::uint64_t>(Wide(curve.reserve_out) * given / after);
}

/// The least that `wanted` is paid for: ceil(reserve_in * wanted / (reserve_out - wanted)). Nothing when the
/// reserve does not have more than that, when it has no price since the other one is empty, or for more than
/// 64 bits.
std::optional<std::uint64_t> price_of(std::uint64_t wanted, const ProductCurve& curve) {
    if (curve.reserve_in == 0 || wanted >= curve.reserve_out) return std::nullopt;
    return as_u64(div_up(Wide(curve.reserve_in) * wanted, curve.reserve_out - wanted));
}

/// How far the average price falls short of the first unit's, in basis points rounded up: the share that
/// `given` is of the reserve it comes to.
std::uint32_t impact_bps(std::uint64_t given, const ProductCurve& curve) {
    const Wide after = Wide(curve.reserve_in) + given;
    if (after == 0) return 0;
    return static_cast<std::uint32_t>(div_up(Wide(given) * Bps::whole, after));
}

}  // namespace

Result<Fill> fill_exact_in(const ProductCurve& curve, std::uint64_t in) {
    Fill fill;
    fill.in = in;
    fill.fee = share_up(in, curve.fee_numerator, curve.fee_denominator);
    const std::uint64_t traded = in - fill.fee;
    fill.out = paid_for(traded, curve);
    if (fill.out == 0) return nothing_left("pay nothing");
    fill.impact_bps = impact_bps(traded, curve);
    return fill;
}

Result<Fill> fill_exact_out(const ProductCurve& curve, std::uint64_t out) {
    const auto traded = price_of(out, curve);
    const auto in = traded ? before_fee(*traded, curve.fee_numerator, curve.fee_denominator) : std::nullopt;
    if (!in) return beyond_reserve(curve);
    Fill fill;
    fill.in = *in;
    fill.out = out;
    fill.fee = *in - *traded;
    fill.impact_bps = impact_bps(*traded, curve);
    return fill;
}

std::uint64_t share_up(std::uint64_t amount, std::uint64_t rate, std::uint64_t whole) {
    return static_cast<std::uint64_t>(div_up(Wide(amount) * rate, whole));
}

std::optional<std::uint64_t> before_fee(std::uint64_t net, std::uint64_t rate, std::uint64_t whole) {
    if (rate >= whole) return std::nullopt;
    return as_u64(div_up(Wide(net) * whole, whole - rate));
}

Rejection beyond_reserve(const ProductCurve& curve) {
    return reject(Reason::insufficient_liquidity,
                  "the pool has " + std::to_string(curve.reserve_out) + " base units on that side");
}

}  // namespace libexec::pools
