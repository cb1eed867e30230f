// Raydium CLMM against whole numbers without bounds, written from the definitions, and the laws that no pool
// may break.

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "pool_checks.hpp"
#include "synthetic_clmm.hpp"
#include "venues/raydium_clmm/tick_price.hpp"
#include "whole_numbers.hpp"

using namespace libexec;
using namespace libexec::test;
using raydium_clmm_pool::price_of_tick;
using raydium_clmm_pool::tick_of_price;

namespace {

const Whole one = Whole(1) << 64;
const Whole million = 1'000'000;

Whole up(const Whole& numerator, const Whole& by) { return least_above(numerator, by); }

Wide narrow(const Whole& value) {
    return Wide(static_cast<std::uint64_t>(value >> 64)) << 64 |
           static_cast<std::uint64_t>(value & (one - 1));
}

std::int32_t floor_of(std::int32_t value, std::int32_t by) { return (value - (value % by + by) % by) / by; }

/// What a trade moved, the pool behind it, and whether anything was left to trade.
struct Traded {
    Whole in = 0;
    Whole out = 0;
    Whole left = 0;
    SyntheticClmm after;
};

/// One trade as its definition says: from tick to tick, orders first, a fee for every spacing on the way.
class ByHand {
public:
    ByHand(const SyntheticClmm& pool, std::uint64_t amount, bool sells, bool a_to_b)
        : sells_(sells), a_to_b_(a_to_b), price_(whole(pool.price)), liquidity_(whole(pool.liquidity)) {
        traded_.left = amount;
        traded_.after = pool;
        fee_on_input_ = pool.fee_on == 0 || (pool.fee_on == 1) == a_to_b;
        if (pool.dynamic_fee) begin(*pool.dynamic_fee);
    }

    Traded go() {
        const std::vector<std::int32_t> stops = ticks_ahead();
        for (const std::int32_t stop : stops) {
            if (traded_.left > 0) go_to(stop);
        }
        traded_.after.price = narrow(price_);
        traded_.after.liquidity = narrow(liquidity_);
        return traded_;
    }

private:
    void begin(const SyntheticDynamicFee& fee) {
        group_ = floor_of(traded_.after.tick, traded_.after.spacing);
        reference_ = fee.reference;
        home_ = fee.group_reference;
        const auto elapsed =
            std::max<std::int64_t>(0, now.unix_timestamp - static_cast<std::int64_t>(fee.updated_at));
        if (elapsed < fee.filter) return;
        home_ = group_;
        reference_ = elapsed < fee.decay ? Whole(fee.volatility) * fee.reduction / 10'000 : 0;
    }

    /// Those of the first six arrays with any, nearest first.
    std::vector<std::int32_t> ticks_ahead() const {
        const SyntheticClmm& pool = traded_.after;
        std::set<std::int32_t> all;
        for (const auto& [at, net] : pool.ticks) all.insert(at);
        for (const auto& [at, left] : pool.orders) all.insert(at);
        std::vector<std::int32_t> ahead(all.begin(), all.end());
        if (a_to_b_) std::reverse(ahead.begin(), ahead.end());
        std::vector<std::int32_t> stops;
        std::set<std::int32_t> arrays;
        const std::int32_t here = pool.array_start(pool.tick);
        for (const std::int32_t at : ahead) {
            const std::int32_t start = pool.array_start(at);
            if (a_to_b_ ? start > here : start < here) continue;
            arrays.insert(start);
            if (arrays.size() > 6) break;
            if (a_to_b_ ? at <= pool.tick : at > pool.tick) stops.push_back(at);
        }
        return stops;
    }

    Whole volatility() const {
        const Whole away = group_ > home_ ? group_ - home_ : home_ - group_;
        const Whole counted = reference_ + away * 10'000;
        return std::min<Whole>(counted, traded_.after.dynamic_fee->volatility_most);
    }

    Whole rate() const {
        if (!traded_.after.dynamic_fee) return traded_.after.fee_rate;
        const Whole crossed = volatility() * traded_.after.spacing;
        const Whole added =
            up(crossed * crossed * traded_.after.dynamic_fee->control, Whole(10'000'000'000'000));
        return std::min<Whole>(traded_.after.fee_rate + added, 100'000);
    }

    void go_to(std::int32_t stop) {
        const Whole target = whole(price_of_tick(stop));
        do {
            const Whole rate_now = rate();
            const bool bounded = traded_.after.dynamic_fee && liquidity_ > 0 &&
                                 volatility() < traded_.after.dynamic_fee->volatility_most;
            Whole end = target;
            if (bounded) {
                const std::int32_t edge = (a_to_b_ ? group_ : group_ + 1) * traded_.after.spacing;
                const Whole price = whole(price_of_tick(std::clamp(edge, -443'636, 443'636)));
                end = a_to_b_ ? std::max(target, price) : std::min(target, price);
            }
            if (end != price_) slide(end, rate_now);
            if (price_ == target) {
                fill_orders(stop, rate_now);
                cross(stop);
            }
            if (!bounded) group_ = floor_of(stop, traded_.after.spacing) - (a_to_b_ ? 0 : 1);
            group_ += a_to_b_ ? -1 : 1;
        } while (traded_.left > 0 && price_ != target);
    }

    /// Of the first token L/p, of the second L*p.
    Whole given_to(const Whole& end) const {
        const Whole moved = a_to_b_ ? price_ - end : end - price_;
        return a_to_b_ ? up(liquidity_ * one * moved, price_ * end) : up(liquidity_ * moved, one);
    }
    Whole paid_to(const Whole& end) const {
        const Whole moved = a_to_b_ ? price_ - end : end - price_;
        return a_to_b_ ? liquidity_ * moved / one : liquidity_ * one * moved / (price_ * end);
    }

    Whole stop_after(const Whole& amount) const {
        const Whole weight = liquidity_ * one;
        if (a_to_b_ && sells_) return up(weight * price_, weight + amount * price_);
        if (!a_to_b_ && !sells_) return up(weight * price_, weight - amount * price_);
        return sells_ ? Whole(price_ + amount * one / liquidity_)
                      : Whole(price_ - up(amount * one, liquidity_));
    }

    void slide(const Whole& end, const Whole& rate) {
        const Whole kept = million - rate;
        Whole usable = traded_.left;
        if (sells_ && fee_on_input_) usable = usable * kept / million;
        if (!sells_ && !fee_on_input_) usable = up(usable * million, kept);
        const bool whole_way = usable >= (sells_ ? given_to(end) : paid_to(end)) &&
                               given_to(end) >> 64 == 0 && paid_to(end) >> 64 == 0;
        const Whole stop = whole_way ? end : stop_after(usable);
        Whole in = given_to(stop);
        Whole out = paid_to(stop);
        const bool all_of_it = sells_ && stop != end;  // whatever it is worth
        if (fee_on_input_) {
            out = sells_ ? out : std::min(out, traded_.left);
            in = all_of_it ? traded_.left : Whole(in + up(in * rate, kept));
        } else {
            out = out - up(out * rate, million);
            out = sells_ ? out : std::min(out, traded_.left);
            in = all_of_it ? traded_.left : in;
        }
        if (price_ != stop) traded_.after.tick = tick_of_price(narrow(stop));
        price_ = stop;
        book(in, out);
    }

    void fill_orders(std::int32_t stop, const Whole& rate) {
        const auto found = traded_.after.orders.find(stop);
        if (found == traded_.after.orders.end() || traded_.left == 0) return;
        const Whole kept = million - rate;
        const Whole standing = found->second;
        // The second token per first, to the good of whoever made the order.
        const Whole worth = a_to_b_ ? Whole(price_ * price_ / one) : up(price_ * price_, one);
        const auto price_of = [&](const Whole& out) {
            const Whole net = a_to_b_ ? up(out * one, worth) : up(out * worth, one);
            return fee_on_input_ ? Whole(net + up(net * rate, kept)) : net;
        };
        Whole in = 0;
        Whole out = standing;
        if (sells_) {
            const Whole net = fee_on_input_ ? Whole(traded_.left * kept / million) : traded_.left;
            const Whole worth_of_it = a_to_b_ ? Whole(net * worth / one) : Whole(net * one / worth);
            in = worth_of_it <= standing ? traded_.left : price_of(standing);
            out = std::min(worth_of_it, standing);
        } else {
            const Whole gross = fee_on_input_ ? traded_.left : up(traded_.left * million, kept);
            out = std::min(gross, standing);
            in = price_of(out);
        }
        found->second -= static_cast<std::uint64_t>(out);
        if (found->second == 0) traded_.after.orders.erase(found);
        book(in, fee_on_input_ ? out : Whole(out - up(out * rate, million)));
    }

    void cross(std::int32_t stop) {
        const bool orders_stand = traded_.after.orders.contains(stop);
        const auto found = traded_.after.ticks.find(stop);
        if (!orders_stand && found != traded_.after.ticks.end()) {
            const test::SignedWide net = found->second;
            const Whole change = net < 0 ? whole(-static_cast<Wide>(net)) : whole(static_cast<Wide>(net));
            liquidity_ += (net < 0) == a_to_b_ ? change : Whole(-change);
        }
        traded_.after.tick = a_to_b_ == orders_stand ? stop : stop - 1;
    }

    void book(const Whole& in, const Whole& out) {
        traded_.in += in;
        traded_.out += out;
        traded_.left -= sells_ ? in : out;
    }

    bool sells_;
    bool a_to_b_;
    bool fee_on_input_ = true;
    Whole price_;
    Whole liquidity_;
    std::int32_t group_ = 0;
    std::int32_t home_ = 0;
    Whole reference_ = 0;
    Traded traded_;
};

/// Five positions over each other around any price, with limit orders among their ticks, a fee on either side
/// and one in three a dynamic one.
SyntheticClmm draw_clmm(Random& random, bool may_have_transfer_fees) {
    SyntheticClmm pool;
    draw_tokens(pool, random, may_have_transfer_fees);
    for (SyntheticToken& token : pool.tokens) token.held = std::uint64_t{1} << 62;
    constexpr std::uint16_t spacings[] = {1, 10, 60};
    pool.spacing = spacings[random.below(3)];
    pool.fee_rate = static_cast<std::uint32_t>(random.below(30'000));
    pool.fee_on = static_cast<std::uint8_t>(random.below(3));
    pool.tick = static_cast<std::int32_t>(random.below(200'001)) - 100'000;
    const Wide low = price_of_tick(pool.tick);
    pool.price = low + random.below(static_cast<std::uint64_t>(price_of_tick(pool.tick + 1) - low));
    pool.liquidity = any_size(random, 40);
    const std::int32_t here = pool.array_start(pool.tick) / pool.spacing;
    for (int i = 0; i < 5; ++i) {
        const auto liquidity = static_cast<test::SignedWide>(any_size(random, 40));
        const auto from = static_cast<std::int32_t>(random.below(60 * 5)) - 60 * 2;
        const auto size = static_cast<std::int32_t>(1 + random.below(60 * 2));
        const std::int32_t lower = (here + from) * pool.spacing;
        const std::int32_t upper = lower + size * pool.spacing;
        pool.ticks[lower] += liquidity;
        pool.ticks[upper] -= liquidity;
        if (lower <= pool.tick && pool.tick < upper) pool.liquidity += static_cast<Wide>(liquidity);
        // Orders at ticks of their own, and where liquidity begins.
        if (random.below(3) == 0) pool.orders[upper + pool.spacing] = any_size(random, 40);
        if (random.below(3) == 0) pool.orders[lower] = any_size(random, 40);
    }
    if (random.below(3) != 0) return pool;
    SyntheticDynamicFee& fee = pool.dynamic_fee.emplace();
    fee.control = static_cast<std::uint32_t>(1 + random.below(50'000));
    fee.volatility_most = static_cast<std::uint32_t>(any_size(random, 21));
    fee.volatility = static_cast<std::uint32_t>(random.below(1 + fee.volatility_most));
    fee.reference = static_cast<std::uint32_t>(random.below(1 + fee.volatility_most));
    fee.group_reference =
        floor_of(pool.tick, pool.spacing) + static_cast<std::int32_t>(random.below(41)) - 20;
    fee.updated_at = static_cast<std::uint64_t>(now.unix_timestamp) - random.below(900);
    return pool;
}

/// What the pool did is what the definition says, refusals included. Whether it traded.
bool check_by_hand(const Result<PoolTrade>& trade, const Traded& expected) {
    if (expected.left > 0 || expected.in >> 64 != 0 || expected.out > Whole(1) << 62) {
        REQUIRE(!trade);
        REQUIRE(trade.error().reason == Reason::insufficient_liquidity);
        return false;
    }
    if (expected.in == 0 || expected.out == 0) {
        REQUIRE(!trade);
        REQUIRE(trade.error().reason == Reason::amount_too_small);
        return false;
    }
    REQUIRE_MESSAGE(trade, (trade ? "" : trade.error().detail));
    REQUIRE(Whole(trade.value().amount_in) == expected.in);
    REQUIRE(Whole(trade.value().amount_out) == expected.out);
    return true;
}

}  // namespace

TEST_SUITE("venues/raydium_clmm_laws") {
    TEST_CASE("800 random pools take and pay what the definition says, sold and bought") {
        Random random(81);
        int sold = 0;
        int bought = 0;
        std::uint32_t crossings = 0;
        for (int i = 0; i < 800; ++i) {
            CAPTURE(i);
            const SyntheticClmm pool = draw_clmm(random, false);
            const auto made = opened(pool);
            for (const bool a_to_b : {true, false}) {
                CAPTURE(a_to_b);
                const PublicKey& in = pool.mint(a_to_b ? 0 : 1);
                const PublicKey& out = pool.mint(a_to_b ? 1 : 0);
                const std::uint64_t amount = any_size(random, 45);
                const auto sale = made->sell(in, amount, now);
                sold += check_by_hand(sale, ByHand(pool, amount, true, a_to_b).go()) ? 1 : 0;
                if (sale) crossings += sale.value().crossings;
                const auto purchase = made->buy(out, amount, now);
                bought += check_by_hand(purchase, ByHand(pool, amount, false, a_to_b).go()) ? 1 : 0;
            }
        }
        CHECK(sold > 400);
        CHECK(bought > 400);
        CHECK(crossings > 200);
    }

    TEST_CASE("more gives more, and what an amount costs is what it is sold for") {
        Random random(82);
        int priced = 0;
        for (int i = 0; i < 100; ++i) {
            CAPTURE(i);
            const SyntheticClmm pool = draw_clmm(random, true);
            const auto made = opened(pool);
            for (int side = 0; side < 2; ++side) {
                for (int k = 0; k < 4; ++k)
                    check_prices(*made, pool.mint(side), pool.mint(1 - side), random, priced);
            }
        }
        CHECK(priced > 200);
    }

    TEST_CASE("a way there and back, and a way in two parts, never gain") {
        Random random(83);
        int tried = 0;
        int returned = 0;
        for (int i = 0; i < 300; ++i) {
            CAPTURE(i);
            SyntheticClmm pool = draw_clmm(random, false);
            pool.dynamic_fee.reset();
            const bool a_to_b = random.below(2) == 1;
            const int side = a_to_b ? 0 : 1;
            const std::uint64_t amount = any_size(random, 45);
            const auto there = sell(pool, side, amount);
            if (!there) continue;
            const Traded first = ByHand(pool, amount, true, a_to_b).go();
            REQUIRE(Whole(there.value().amount_out) == first.out);
            const auto back = sell(first.after, 1 - side, there.value().amount_out);
            if (back) REQUIRE(back.value().amount_out <= amount);
            returned += back ? 1 : 0;
            const std::uint64_t rest = any_size(random, 45);
            const auto second = sell(first.after, side, rest);
            const auto both = sell(pool, side, amount + rest);
            if (!second || !both) continue;
            ++tried;
            REQUIRE(there.value().amount_out + second.value().amount_out <= both.value().amount_out + 1);
        }
        CHECK(returned > 50);
        CHECK(tried > 30);
    }
}
