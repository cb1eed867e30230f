#include "libexec/venues/sim/sim_pool.hpp"

namespace libexec {
namespace {

Wide divide_up(Wide value, Wide by) { return (value + by - 1) / by; }

Amount amount_of(Wide base_units) { return Amount(static_cast<std::uint64_t>(base_units)); }

std::uint32_t impact_bps(Wide reserve_in, Wide traded_in) {
    return static_cast<std::uint32_t>(divide_up(traded_in * Bps::whole, reserve_in + traded_in));
}

Rejection too_deep(const SimPool& pool) {
    return reject(Reason::insufficient_liquidity,
                  "the pool holds " + pool.reserve_out.to_string() + " base units on that side");
}

}  // namespace

Result<SimFill> fill_exact_in(const SimPool& pool, Amount amount_in) {
    const Wide fee = divide_up(Wide(amount_in.base_units()) * pool.fee.points(), Bps::whole);
    const Wide traded = amount_in.base_units() - fee;
    const Wide reserve_in = pool.reserve_in.base_units();
    // Both factors are below 2^63, so the product fits with room to spare.
    const Wide out = traded == 0 ? 0 : traded * pool.reserve_out.base_units() / (reserve_in + traded);
    if (out == 0) return reject(Reason::no_route, "the amount is too small to give any output");
    SimFill fill;
    fill.amount_in = amount_in;
    fill.amount_out = amount_of(out);
    fill.venue_fee = amount_of(fee);
    fill.price_impact_bps = impact_bps(reserve_in, traded);
    return fill;
}

Result<SimFill> fill_exact_out(const SimPool& pool, Amount amount_out) {
    if (amount_out >= pool.reserve_out) return too_deep(pool);
    const Wide left = pool.reserve_out.base_units() - amount_out.base_units();
    const Wide reserve_in = pool.reserve_in.base_units();
    const Wide traded = divide_up(reserve_in * amount_out.base_units(), left);
    if (traded > Amount::most) return too_deep(pool);
    const Wide whole_in = divide_up(traded * Bps::whole, Bps::whole - pool.fee.points());
    if (whole_in > Amount::most) return too_deep(pool);
    SimFill fill;
    fill.amount_in = amount_of(whole_in);
    fill.amount_out = amount_out;
    fill.venue_fee = amount_of(whole_in - traded);
    fill.price_impact_bps = impact_bps(reserve_in, traded);
    return fill;
}

}  // namespace libexec
