#include "step.hpp"

#include <algorithm>

#include "../pools/pool_side.hpp"
#include "../pools/wide.hpp"
#include "state.hpp"

namespace libexec::raydium_clmm_pool {

using namespace pools;

namespace {

constexpr Wide one = Wide(1) << 64;
constexpr std::uint64_t amount_most = ~std::uint64_t{0};

/// ceil(amount * rate / by): the fee on an amount it is a part of, or beside.
std::optional<std::uint64_t> fee_of(std::uint64_t amount, std::uint32_t rate, std::uint32_t by) {
    return as_u64(div_up(Wide(amount) * rate, by));
}

/// What moves the price: without the fee where that is taken first, with it where it is taken last.
std::optional<std::uint64_t> traded_of(std::uint64_t amount, std::uint32_t rate, const Course& course) {
    if (course.fixed == Fixed::input)
        return course.fee_on_input ? as_u64(Wide(amount) * (whole - rate) / whole) : amount;
    return course.fee_on_input ? amount : as_u64(div_up(Wide(amount) * whole, whole - rate));
}

/// Takes the fee of what was paid off it; `most` is what shall be paid at the most.
bool take_fee_off(Exchange& exchange, std::uint32_t rate, std::uint64_t most) {
    const auto fee = fee_of(exchange.out, rate, whole);
    if (!fee || *fee > exchange.out) return false;
    const std::uint64_t net = std::min(exchange.out - *fee, most);
    exchange.fee = exchange.out - net;
    exchange.out = net;
    return true;
}

}  // namespace

Result<Step> take_step(std::uint64_t amount, std::uint32_t rate, Wide liquidity, Wide price, Wide target,
                       const Course& course) {
    const auto traded = traded_of(amount, rate, course);
    if (!traded) return beyond_numbers();
    const bool a_to_b = course.a_to_b;
    const bool input = course.fixed == Fixed::input;
    Delta given = given_between(price, target, liquidity, a_to_b);
    Delta paid = paid_between(price, target, liquidity, a_to_b);
    // Whatever 64 bits do not hold is out of reach, on either side.
    const bool arrived = given.fits() && paid.fits() && *traded >= (input ? given.amount : paid.amount);

    Step step;
    step.price = target;
    if (!arrived) {
        const auto reached = a_to_b == input ? price_after_a_exactly(price, liquidity, *traded, input)
                                             : price_after_b(price, liquidity, *traded, input);
        if (!reached || (a_to_b ? *reached < target : *reached > target)) return beyond_numbers();
        step.price = *reached;
        given = given_between(price, step.price, liquidity, a_to_b);
        paid = paid_between(price, step.price, liquidity, a_to_b);
        if (!given.fits() || !paid.fits()) return beyond_numbers();
    }

    Exchange& exchange = step.exchange;
    exchange.in = given.amount;
    exchange.out = paid.amount;
    const bool part = step.price != target;
    if (!course.fee_on_input) {
        if (!take_fee_off(exchange, rate, input ? amount_most : amount)) return beyond_numbers();
        // What the price cannot move for is the pool's.
        if (input && part) exchange.in = amount;
        return step;
    }
    if (!input) exchange.out = std::min(exchange.out, amount);
    if (input && part) {
        if (exchange.in > amount) return beyond_numbers();
        exchange.fee = amount - exchange.in;  // what is left of the input goes with it
        return step;
    }
    const auto fee = fee_of(exchange.in, rate, whole - rate);
    if (!fee) return beyond_numbers();
    exchange.fee = *fee;
    return step;
}

Result<Match> match_orders(std::uint64_t amount, std::uint32_t rate, std::uint64_t orders, Wide price,
                           const Course& course) {
    Match match;
    match.left = orders;
    if (amount == 0 || orders == 0) return match;
    // The second token per first in Q64.64, rounded to the good of the orders.
    const auto squared = mul_shift(price, price, 64);
    const bool exact = (multiply(price, price).low & (one - 1)) == 0;
    const auto worth = squared && !course.a_to_b && !exact ? checked_add(*squared, 1) : squared;
    if (!worth || *worth == 0) return beyond_numbers();
    const auto paid_for = [&](std::uint64_t in) {
        return course.a_to_b ? mul_div(in, *worth, one) : mul_div(in, one, *worth);
    };
    const auto price_of = [&](std::uint64_t out) {
        return as_u64(course.a_to_b ? mul_div_up(out, one, *worth) : mul_div_up(out, *worth, one));
    };

    Exchange& exchange = match.exchange;
    bool goes_whole = false;  // all of the input, whatever it is worth
    if (course.fixed == Fixed::input) {
        if (course.fee_on_input) exchange.fee = *fee_of(amount, rate, whole);  // at most `amount`
        exchange.in = amount - exchange.fee;
        const auto paid = paid_for(exchange.in);
        if (!paid) return beyond_numbers();
        exchange.out = static_cast<std::uint64_t>(std::min<Wide>(*paid, orders));
        goes_whole = *paid <= orders;
    } else {
        const std::uint64_t wanted = std::min(amount, orders);
        const auto gross = course.fee_on_input ? Wide(wanted) : div_up(Wide(wanted) * whole, whole - rate);
        if (!as_u64(gross)) return beyond_numbers();
        exchange.out = static_cast<std::uint64_t>(std::min<Wide>(gross, orders));
    }
    match.left = orders - exchange.out;
    if (!goes_whole) {
        const auto in = price_of(exchange.out);
        if (!in) return beyond_numbers();
        exchange.in = *in;
        const auto fee = fee_of(exchange.in, rate, whole - rate);
        if (!fee) return beyond_numbers();
        exchange.fee = *fee;
    }
    if (!course.fee_on_input && !take_fee_off(exchange, rate, amount_most)) return beyond_numbers();
    return match;
}

}  // namespace libexec::raydium_clmm_pool
