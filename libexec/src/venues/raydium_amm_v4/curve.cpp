#include "curve.hpp"

#include "../pools/constant_product.hpp"
#include "../pools/pool_side.hpp"
#include "../pools/wide.hpp"

namespace libexec::raydium_amm_v4_pool {

using namespace pools;

Result<Fill> fill_exact_in(const Curve& curve, std::uint64_t in) {
    Fill fill;
    fill.in = in;
    // The fraction is below 1, so the fee is not above the input.
    fill.fee = static_cast<std::uint64_t>(div_up(Wide(in) * curve.fee_numerator, curve.fee_denominator));
    const std::uint64_t traded = in - fill.fee;
    fill.out = paid_for(traded, curve.reserve_in, curve.reserve_out);
    if (fill.out == 0) return nothing_left("pay nothing");
    fill.impact_bps = product_impact_bps(traded, curve.reserve_in);
    return fill;
}

Result<Fill> fill_exact_out(const Curve& curve, std::uint64_t out) {
    const auto traded = price_of(out, curve.reserve_in, curve.reserve_out);
    const auto in = traded ? before_fee(*traded, curve.fee_numerator, curve.fee_denominator) : std::nullopt;
    if (!in)
        return reject(Reason::insufficient_liquidity,
                      "the pool has " + std::to_string(curve.reserve_out) + " base units on that side");
    Fill fill;
    fill.in = *in;
    fill.out = out;
    fill.fee = *in - *traded;
    fill.impact_bps = product_impact_bps(*traded, curve.reserve_in);
    return fill;
}

}  // namespace libexec::raydium_amm_v4_pool
