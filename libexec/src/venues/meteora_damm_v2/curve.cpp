#include "curve.hpp"

#include <algorithm>

#include "../pools/pool_side.hpp"
#include "../pools/wide.hpp"
#include "../pools/wider.hpp"

namespace libexec::meteora_damm_v2_pool {

using namespace pools;

namespace {

/// Where the price goes, or nothing where the program's arithmetic refuses. Rounded to the good of the pool.
std::optional<Wide> price_behind(const Range& range, std::uint64_t amount, bool comes, bool first) {
    if (amount == 0) return range.price;
    if (first) {
        const Wider there = wider(range.liquidity);
        const Wider moved = wider(multiply(range.price, amount));
        if (!comes && there <= moved) return std::nullopt;
        return narrow(divide(wider(multiply(range.liquidity, range.price)),
                             comes ? Wider(there + moved) : Wider(there - moved), true));
    }
    const auto change = narrow(divide(Wider(amount) << 128, wider(range.liquidity), !comes));
    if (!change) return std::nullopt;
    return comes ? checked_add(range.price, *change) : checked_sub(range.price, *change);
}

Result<Wide> price_in_range(const Range& range, std::uint64_t amount, bool comes, bool a_to_b) {
    if (range.liquidity == 0) return reject(Reason::insufficient_liquidity, "the pool has no liquidity");
    const auto price = price_behind(range, amount, comes, a_to_b == comes);
    if (!price) return beyond_numbers();
    if (a_to_b ? *price < range.least_price : *price > range.most_price)
        return reject(Reason::insufficient_liquidity,
                      "the trade drives the price out of the range of the pool");
    return *price;
}

}  // namespace

std::optional<std::uint64_t> first_between(const Range& range, Wide p, Wide q, bool up) {
    const auto [low, high] = std::minmax(p, q);
    if (low == 0) return std::nullopt;
    const Wider moved = wider(multiply(range.liquidity, high - low));
    const auto amount = narrow(divide(moved, wider(multiply(low, high)), up));
    return as_u64(amount);
}

std::optional<std::uint64_t> second_between(const Range& range, Wide p, Wide q, bool up) {
    const auto [low, high] = std::minmax(p, q);
    const Product moved = multiply(range.liquidity, high - low);
    return as_u64(checked_add(moved.high, up && moved.low != 0 ? 1 : 0));
}

Result<Moved> pay(const Range& range, std::uint64_t in, bool a_to_b) {
    const auto price = price_in_range(range, in, true, a_to_b);
    if (!price) return price.error();
    const auto out = a_to_b ? second_between(range, range.price, price.value(), false)
                            : first_between(range, range.price, price.value(), false);
    if (!out) return beyond_numbers();
    return Moved{*out, price.value()};
}

Result<Moved> charge(const Range& range, std::uint64_t out, bool a_to_b) {
    const auto price = price_in_range(range, out, false, a_to_b);
    if (!price) return price.error();
    const auto in = a_to_b ? first_between(range, range.price, price.value(), true)
                           : second_between(range, range.price, price.value(), true);
    if (!in) return beyond_numbers();
    return Moved{*in, price.value()};
}

}  // namespace libexec::meteora_damm_v2_pool
