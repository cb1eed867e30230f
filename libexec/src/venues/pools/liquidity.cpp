#include "liquidity.hpp"

#include <algorithm>

#include "wide.hpp"
#include "wider.hpp"

namespace libexec::pools {
namespace {

using Widest = boost::multiprecision::uint512_t;

/// What the program's numbers hold once they are shifted by 64 bits.
constexpr Wide most_before_shift = Wide(1) << 64;

Delta delta_of(std::optional<Wide> amount) {
    const auto small = as_u64(amount);
    if (!small) return {Delta::Kind::beyond, 0};
    return {Delta::Kind::fits, *small};
}

/// ceil(10000 * (1 - part / whole)), not below 0.
std::uint32_t shortfall_bps(const Widest& part, const Widest& whole) {
    if (part >= whole) return 0;
    Widest quotient;
    Widest rest;
    divide_qr(Widest((whole - part) * Bps::whole), whole, quotient, rest);
    if (!rest.is_zero()) ++quotient;
    return static_cast<std::uint32_t>(quotient);
}

Widest square(Wide value) { return Widest(wider(multiply(value, value))); }

}  // namespace

Delta delta_a(Wide p, Wide q, Wide liquidity, bool up) {
    const auto [low, high] = std::minmax(p, q);
    const Product moved = multiply(liquidity, high - low);
    if (moved.high >= most_before_shift) return {Delta::Kind::overflow, 0};
    const Product prices = multiply(low, high);
    if (prices.high == 0 && prices.low == 0) return {Delta::Kind::overflow, 0};
    return delta_of(narrow(divide(wider(moved) << 64, wider(prices), up)));
}

Delta delta_b(Wide p, Wide q, Wide liquidity, bool up) {
    const auto [low, high] = std::minmax(p, q);
    const Product moved = multiply(liquidity, high - low);
    if (moved.high != 0) return {Delta::Kind::beyond, 0};
    const Wide rest = moved.low & (most_before_shift - 1);
    return delta_of((moved.low >> 64) + (up && rest != 0 ? 1 : 0));
}

std::optional<Wide> price_after_a(Wide price, Wide liquidity, std::uint64_t amount, bool comes) {
    if (amount == 0) return price;
    const Product worth = multiply(liquidity, price);
    if (worth.high >= most_before_shift) return std::nullopt;
    const Wider there = wider(liquidity) << 64;
    const Wider moved = wider(multiply(price, amount));
    if (!comes && there <= moved) return std::nullopt;
    const Wider left = comes ? Wider(there + moved) : Wider(there - moved);
    if (left.is_zero()) return std::nullopt;
    return narrow(divide(wider(worth) << 64, left, true));
}

std::optional<Wide> price_after_a_exactly(Wide price, Wide liquidity, std::uint64_t amount, bool comes) {
    const Product worth = multiply(liquidity, price);
    if (amount == 0 || worth.high < most_before_shift) return price_after_a(price, liquidity, amount, comes);
    const Widest there = Widest(wider(liquidity)) << 64;
    const Widest moved(wider(multiply(price, amount)));
    if (!comes && there <= moved) return std::nullopt;
    Widest quotient;
    Widest rest;
    divide_qr(Widest(Widest(wider(worth)) << 64), comes ? Widest(there + moved) : Widest(there - moved),
              quotient, rest);
    if (!rest.is_zero()) ++quotient;
    return (quotient >> 128) == 0 ? narrow(Wider(quotient)) : std::nullopt;
}

std::optional<Wide> price_after_b(Wide price, Wide liquidity, std::uint64_t amount, bool comes) {
    if (liquidity == 0) return std::nullopt;
    const Wide scaled = Wide(amount) << 64;
    if (comes) return checked_add(price, scaled / liquidity);
    return checked_sub(price, div_up(scaled, liquidity));
}

std::uint32_t liquidity_impact_bps(Wide price_before, Wide price_after, std::uint64_t in, std::uint64_t out,
                                   bool a_to_b) {
    if (in == 0 || price_before == price_after) return 0;
    const Widest before = square(price_before);
    const Widest after = square(price_after);
    const Widest given(in);
    const Widest paid(out);
    const std::uint32_t by_amounts = a_to_b ? shortfall_bps(Widest(paid << 128), Widest(given * before))
                                            : shortfall_bps(Widest(paid * before), Widest(given << 128));
    const std::uint32_t by_price = a_to_b ? shortfall_bps(after, before) : shortfall_bps(before, after);
    return std::min(by_amounts, by_price);
}

}  // namespace libexec::pools
