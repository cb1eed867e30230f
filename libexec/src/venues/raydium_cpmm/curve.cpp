#include "curve.hpp"

#include "../pools/constant_product.hpp"
#include "../pools/pool_side.hpp"
#include "../pools/wide.hpp"
#include "state.hpp"

namespace libexec::raydium_cpmm_pool {

using namespace pools;

namespace {

std::uint64_t share_up(std::uint64_t amount, std::uint64_t rate) {
    // A rate is below the whole, so the share is below the amount, or 1 of 1.
    return static_cast<std::uint64_t>(div_up(Wide(amount) * rate, whole));
}

/// Both fees are rounded up once, together; the creator's part of them is cut out later and changes nothing.
std::uint64_t rate_on_input(const Curve& curve) {
    return curve.creator_pays_in ? curve.trade_rate + curve.creator_rate : curve.trade_rate;
}

}  // namespace

Result<Fill> fill_exact_in(const Curve& curve, std::uint64_t in) {
    Fill fill;
    fill.in = in;
    fill.fee = share_up(in, rate_on_input(curve));
    const std::uint64_t traded = in - fill.fee;
    fill.out = paid_for(traded, curve.reserve_in, curve.reserve_out);
    if (!curve.creator_pays_in) fill.out -= share_up(fill.out, curve.creator_rate);
    if (fill.out == 0) return nothing_left("pay nothing");
    fill.impact_bps = product_impact_bps(traded, curve.reserve_in);
    return fill;
}

Result<Fill> fill_exact_out(const Curve& curve, std::uint64_t out) {
    const auto gross =
        curve.creator_pays_in ? std::optional(out) : before_fee(out, curve.creator_rate, whole);
    const auto traded = gross ? price_of(*gross, curve.reserve_in, curve.reserve_out) : std::nullopt;
    const auto in = traded ? before_fee(*traded, rate_on_input(curve), whole) : std::nullopt;
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

}  // namespace libexec::raydium_cpmm_pool
