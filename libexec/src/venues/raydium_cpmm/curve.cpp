#include "curve.hpp"

#include "../pools/pool_side.hpp"
#include "state.hpp"

namespace libexec::raydium_cpmm_pool {

using namespace pools;

Result<Fill> fill_exact_in(const Curve& curve, std::uint64_t in) {
    auto gross = pools::fill_exact_in(curve.product, in);
    if (!gross) return gross;
    Fill fill = gross.value();
    fill.out -= share_up(fill.out, curve.creator_rate_on_output, whole);
    if (fill.out == 0) return nothing_left("pay nothing");
    return fill;
}

Result<Fill> fill_exact_out(const Curve& curve, std::uint64_t out) {
    const auto gross = before_fee(out, curve.creator_rate_on_output, whole);
    if (!gross) return beyond_reserve(curve.product);
    auto paid = pools::fill_exact_out(curve.product, *gross);
    if (!paid) return paid;
    Fill fill = paid.value();
    fill.out = out;
    return fill;
}

}  // namespace libexec::raydium_cpmm_pool
