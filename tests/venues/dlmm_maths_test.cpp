// The arithmetic of Meteora DLMM against whole numbers without bounds, written from the definitions.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <vector>

#include "random_dlmm.hpp"
#include "venues/meteora_dlmm/bin_price.hpp"
#include "venues/meteora_dlmm/walk.hpp"
#include "whole_numbers.hpp"

using namespace libexec;
using namespace libexec::test;
namespace dlmm = libexec::meteora_dlmm_pool;
using dlmm::Fixed;

namespace {

constexpr std::int64_t moment = 1'800'000'000;
const Whole billion = 1'000'000'000;

Whole price_of(const SyntheticDlmm& pool, std::int32_t bin) {
    return whole(*dlmm::price_of_bin(bin, pool.step));
}

/// What the fee of a trade is measured from.
struct Memory {
    std::uint32_t reference = 0;
    std::int32_t bin = 0;
};

/// Trades within the filter period are measured from where the first of them was; later ones from the price,
/// and of what was counted before a part stays for a while.
Memory memory_of(const SyntheticDlmm& pool) {
    const std::int64_t elapsed = moment - pool.updated_at;
    if (elapsed < pool.filter) return {pool.reference, pool.bin_reference};
    if (elapsed >= pool.decay) return {0, pool.active};
    const Whole kept = Whole(pool.volatility) * pool.reduction / 10'000;
    return {static_cast<std::uint32_t>(kept), pool.active};
}

/// The fee in a bin, over a billion: that of the pair, and one that grows with the square of the way.
Whole rate_by_hand(const SyntheticDlmm& pool, const Memory& memory, std::int32_t bin) {
    const Whole way = Whole(memory.reference) + Whole(10'000) * std::abs(memory.bin - bin);
    const Whole moved = std::min<Whole>(way, pool.volatility_most) * pool.step;
    Whole rate = Whole(pool.base_factor) * pool.step * 10;
    for (int i = 0; i < pool.base_power; ++i) rate *= 10;
    rate += least_above(moved * moved * pool.control, Whole(100'000'000'000));
    return std::min<Whole>(rate, billion / 10);
}

/// What of a bin is paid for one of its tokens, the liquidity's first.
std::vector<std::uint64_t*> parts_of(SyntheticDlmm& pool, SyntheticBin& bin, bool x_to_y) {
    std::vector<std::uint64_t*> parts{x_to_y ? &bin.y : &bin.x};
    const bool has_orders = pool.function == 2 || (pool.function == 0 && !pool.has_reward);
    if (has_orders && bin.asks != x_to_y) parts.insert(parts.end(), {&bin.begun, &bin.fresh});
    return parts;
}

struct Sold {
    Whole out = 0;
    Whole fee = 0;
};

/// A sale as a trader would write it down, bin after bin. The pool is afterwards what the sale leaves: what
/// is paid is gone, what is given for liquidity is there to be bought back, and what is given for orders
/// belongs to those who placed them. Nothing when the pool does not have enough.
std::optional<Sold> sell_by_hand(SyntheticDlmm& pool, Whole left, bool x_to_y) {
    const bool fee_on_input = pool.fee_mode == 0 || !x_to_y;
    std::vector<std::int32_t> ids;
    for (const auto& [id, bin] : pool.bins) {
        if (x_to_y ? id <= pool.active : id >= pool.active) ids.push_back(id);
    }
    if (x_to_y) std::reverse(ids.begin(), ids.end());
    const Memory memory = memory_of(pool);
    Sold sold;
    for (const std::int32_t id : ids) {
        const auto parts = parts_of(pool, pool.bins[id], x_to_y);
        if (std::all_of(parts.begin(), parts.end(), [](auto* part) { return *part == 0; })) continue;
        const Whole rate = rate_by_hand(pool, memory, id);
        const Whole price = price_of(pool, id);
        const std::uint64_t fresh = pool.bins[id].fresh;
        // What is left of the input once the fee is off; the fee is what is not.
        const Whole net = fee_on_input ? Whole(left * (billion - rate) / billion) : left;
        Whole unspent = net;
        Whole paid = 0;
        for (std::size_t i = 0; i < parts.size() && unspent > 0; ++i) {
            const Whole here = *parts[i];
            const Whole needed =
                x_to_y ? least_above(here << 64, price) : least_above(here * price, Whole(1) << 64);
            if (needed >> 64 != 0) return std::nullopt;  // more than anybody can give: the program refuses
            const Whole given = std::min(needed, unspent);
            Whole got = x_to_y ? Whole(given * price >> 64) : Whole((given << 64) / price);
            got = std::min(got, here);
            *parts[i] -= static_cast<std::uint64_t>(got);
            (x_to_y ? pool.bins[id].x : pool.bins[id].y) += i == 0 ? static_cast<std::uint64_t>(given) : 0;
            paid += got;
            unspent -= given;
        }
        // The least that leaves as much as the bin took, when there is more.
        const Whole taken = net - unspent;
        const Whole gross = unspent == 0   ? left
                            : fee_on_input ? least_above(taken * billion, billion - rate)
                                           : taken;
        const Whole kept = fee_on_input ? paid : Whole(paid * (billion - rate) / billion);
        sold.out += kept;
        sold.fee += fee_on_input ? Whole(gross - taken) : Whole(paid - kept);
        left -= gross;
        // Orders that were begun and not finished wait as such.
        SyntheticBin& bin = pool.bins[id];
        if (parts.size() > 1 && bin.begun == 0 && bin.fresh < fresh) std::swap(bin.begun, bin.fresh);
        if (left == 0) {
            pool.active = id;
            pool.updated_at = moment;
            pool.reference = memory.reference;
            pool.bin_reference = memory.bin;
            return sold;
        }
    }
    return std::nullopt;
}

/// The same pool without any account.
struct Laid {
    dlmm::State state;
    std::map<std::int32_t, dlmm::BinArray> arrays;

    explicit Laid(const SyntheticDlmm& pool) {
        state.step = pool.step;
        state.active = pool.active;
        state.volatility = {pool.filter,    pool.decay,           pool.reduction,
                            pool.control,   pool.volatility_most, pool.volatility,
                            pool.reference, pool.bin_reference,   pool.updated_at};
        Whole base = Whole(pool.base_factor) * pool.step * 10;
        if (pool.base_power == 1) base *= 10;
        state.base_rate = static_cast<std::uint64_t>(std::min<Whole>(base, billion / 10));
        state.fee_in_y = pool.fee_mode == 1;
        const bool has_orders = pool.function == 2 || (pool.function == 0 && !pool.has_reward);
        for (const auto& [id, bin] : pool.bins) {
            dlmm::BinArray& array = arrays[dlmm::array_of(id)];
            array.index = dlmm::array_of(id);
            dlmm::Bin& laid = array.bins[static_cast<std::size_t>(id - array.first())];
            laid.price = *dlmm::price_of_bin(id, pool.step);
            laid.layers = {{{bin.x, 0, 0}, {bin.y, 0, 0}}};
            if (has_orders) {
                laid.layers[bin.asks ? 0 : 1][1] = bin.begun;
                laid.layers[bin.asks ? 0 : 1][2] = bin.fresh;
            }
        }
    }

    dlmm::Course course(bool x_to_y, Fixed fixed) const {
        return {x_to_y, state.fee_on_input(x_to_y), fixed};
    }

    Result<dlmm::Walk> walk(std::uint64_t amount, bool x_to_y, Fixed fixed = Fixed::input) const {
        dlmm::Terrain terrain{state.active, dlmm::first_bin, dlmm::last_bin, {}};
        for (const auto& [index, array] : arrays) {
            const std::int32_t from = dlmm::array_of(state.active);
            if (x_to_y ? index <= from : index >= from) terrain.arrays.push_back(&array);
        }
        if (x_to_y) std::reverse(terrain.arrays.begin(), terrain.arrays.end());
        return dlmm::walk(terrain, dlmm::FeeRate::at(state, moment).value(), amount, course(x_to_y, fixed));
    }
};

}  // namespace

TEST_SUITE("venues/dlmm_maths") {
    TEST_CASE("the price of a bin is the program's, and grows by its step") {
        Random random(81);
        for (int i = 0; i < 400; ++i) {
            const auto step = static_cast<std::uint16_t>(1 + random.below(400));
            const auto range = static_cast<std::int32_t>(440'000 / step);
            const auto bin =
                static_cast<std::int32_t>(random.below(2 * static_cast<std::uint64_t>(range))) - range;
            CAPTURE(step);
            CAPTURE(bin);
            const auto price = dlmm::price_of_bin(bin, step);
            REQUIRE(price.value_or(0) == price_by_hand(bin, step));
            // As far as 64 bits behind the point can say so.
            const auto next = dlmm::price_of_bin(bin + 1, step);
            if (!next || *price >> 32 == 0 || *next >> 100 != 0) continue;
            const Whole grown = whole(*price) * (10'000 + step);
            const Whole off = grown - whole(*next) * 10'000;
            REQUIRE((off < 0 ? Whole(-off) : off) <= grown >> 24);
        }
        CHECK((dlmm::price_of_bin(0, 25) == Wide(1) << 64));
        CHECK(!dlmm::price_of_bin(dlmm::last_bin + 1, 1).has_value());
        CHECK(!dlmm::price_of_bin(dlmm::first_bin - 1, 1).has_value());
        CHECK(!dlmm::price_of_bin(2'000, 400).has_value());
        CHECK(!dlmm::price_of_bin(-2'000, 400).has_value());
    }

    TEST_CASE("30 000 random pools pay what the definition says") {
        Random random(82);
        int priced = 0;
        int crossings = 0;
        for (int i = 0; i < 30'000; ++i) {
            CAPTURE(i);
            const SyntheticDlmm pool = draw_dlmm(random, 6);
            const bool x_to_y = random.below(2) == 1;
            const std::uint64_t amount = any_size(random, 40);
            SyntheticDlmm after = pool;
            const auto expected = sell_by_hand(after, amount, x_to_y);
            const auto walked = Laid(pool).walk(amount, x_to_y);
            REQUIRE(static_cast<bool>(walked) == expected.has_value());
            if (!walked) {
                REQUIRE(walked.error().reason == Reason::insufficient_liquidity);
                continue;
            }
            REQUIRE(walked.value().in == amount);
            REQUIRE(Whole(walked.value().out) == expected->out);
            REQUIRE(Whole(walked.value().fee) == expected->fee);
            ++priced;
            crossings += static_cast<int>(walked.value().crossings);
        }
        CHECK(priced > 8'000);
        CHECK(crossings > 4'000);
    }

    // All of it is at one time. A fee that follows the volatility is then the same in each bin for whoever
    // comes: it is measured from a bin that stays until the filter period is over. After that a second part
    // may well meet a lower fee than the whole would have, and does.
    TEST_CASE("a way there and back, and a way in parts, never gain") {
        Random random(83);
        int returned = 0;
        int parted = 0;
        for (int i = 0; i < 6'000; ++i) {
            CAPTURE(i);
            const SyntheticDlmm pool = draw_dlmm(random, 6);
            const bool x_to_y = random.below(2) == 1;
            const std::uint64_t amount = any_size(random, 36);
            SyntheticDlmm after = pool;
            const auto there = sell_by_hand(after, amount, x_to_y);
            if (!there || there->out == 0) continue;
            const Laid laid(after);
            if (const auto back = laid.walk(static_cast<std::uint64_t>(there->out), !x_to_y)) {
                REQUIRE(back.value().out <= amount);
                ++returned;
            }
            const std::uint64_t rest = any_size(random, 36);
            const auto second = laid.walk(rest, x_to_y);
            const auto both = Laid(pool).walk(amount + rest, x_to_y);
            if (!second || !both) continue;
            REQUIRE(there->out + second.value().out <= Whole(both.value().out));
            ++parted;
        }
        CHECK(returned > 1'000);
        CHECK(parted > 1'000);
    }

    TEST_CASE(
        "what an amount costs is the least that it is sold for, or two units more where there are orders") {
        Random random(84);
        int bought = 0;
        for (int i = 0; i < 6'000; ++i) {
            CAPTURE(i);
            const SyntheticDlmm pool = draw_dlmm(random, 6);
            const bool x_to_y = random.below(2) == 1;
            const Laid laid(pool);
            const auto cost = laid.walk(any_size(random, 36), x_to_y, Fixed::output);
            if (!cost) continue;
            ++bought;
            const std::uint64_t in = cost.value().in;
            const auto sold = laid.walk(in, x_to_y);
            REQUIRE(sold);
            REQUIRE(sold.value().in == in);
            REQUIRE(sold.value().out >= cost.value().out);
            REQUIRE(cost.value().fee <=
                    (laid.state.fee_on_input(x_to_y) ? in : sold.value().out + cost.value().fee));
            if (in < 2) continue;
            const auto less = laid.walk(in - 1, x_to_y);
            // Three layers of a bin are each paid for in whole units: two of them at most are too many.
            const auto least = in < 4 ? less : laid.walk(in - 3, x_to_y);
            REQUIRE(less);
            const bool has_orders = std::any_of(pool.bins.begin(), pool.bins.end(), [](const auto& entry) {
                return entry.second.begun != 0 || entry.second.fresh != 0;
            });
            REQUIRE((less.value().out < cost.value().out ||
                     (has_orders && least.value().out < cost.value().out)));
        }
        CHECK(bought > 1'500);
    }
}
