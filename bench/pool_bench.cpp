// What a pool on the chain costs: reading its accounts, a quote, and each tick or bin a quote crosses.
#include <chrono>
#include <cstdio>
#include <functional>

#include "libexec/venues/pools/pool.hpp"
#include "table.hpp"
#include "venues/synthetic_clmm.hpp"
#include "venues/synthetic_damm.hpp"
#include "venues/synthetic_dlmm.hpp"
#include "venues/synthetic_pools.hpp"

using namespace libexec;

namespace {

constexpr ChainClock now{1'000, 1'800'000'000, 900};

/// ns a call, of seven runs. `work` gives a number that depends on what it did, so that none of it is left
/// out.
std::vector<double> measure(int rounds, const std::function<std::uint64_t()>& work, std::uint64_t& sum) {
    std::vector<double> runs;
    for (int run = 0; run < 7; ++run) {
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < rounds; ++i) sum += work();
        const auto end = std::chrono::steady_clock::now();
        runs.push_back(std::chrono::duration<double, std::nano>(end - start).count() / rounds);
    }
    return runs;
}

void give_reserves(test::SyntheticPool& pool) {
    pool.tokens[0].held = 50'000'000'000'000;
    pool.tokens[1].held = 7'000'000'000'000;
}

/// Liquidity in every tenth usable tick, and the same everywhere else.
test::SyntheticWhirlpool whirlpool() {
    test::SyntheticWhirlpool pool;
    for (auto& token : pool.tokens) token.held = std::uint64_t{1} << 60;
    pool.liquidity = 1'000'000'000'000;
    for (int i = 1; i < 25; ++i) {
        pool.ticks[-640 * i] = i % 2 == 0 ? 1'000'000'000 : -1'000'000'000;
        pool.ticks[640 * i] = i % 2 == 0 ? -1'000'000'000 : 1'000'000'000;
    }
    return pool;
}

/// The same.
test::SyntheticClmm clmm() {
    test::SyntheticClmm pool;
    for (auto& token : pool.tokens) token.held = std::uint64_t{1} << 60;
    pool.liquidity = 1'000'000'000'000;
    for (int i = 1; i < 25; ++i) {
        pool.ticks[-100 * i] = i % 2 == 0 ? 1'000'000'000 : -1'000'000'000;
        pool.ticks[100 * i] = i % 2 == 0 ? -1'000'000'000 : 1'000'000'000;
    }
    return pool;
}

/// Liquidity in every bin of two arrays and a half each way, and no orders.
test::SyntheticDlmm dlmm() {
    test::SyntheticDlmm pool;
    for (auto& token : pool.tokens) token.held = std::uint64_t{1} << 60;
    pool.step = 10;
    pool.control = 30'000;
    pool.function = 1;
    for (std::int32_t id = -175; id <= 175; ++id) {
        if (id <= 0) pool.bins[id].y = 1'000'000'000'000;
        if (id >= 0) pool.bins[id].x = 1'000'000'000'000;
    }
    return pool;
}

/// The amount whose sale crosses so many ticks, found by doubling and halving.
std::uint64_t amount_that_crosses(const Pool& pool, std::uint32_t crossings) {
    std::uint64_t low = 1'000;  // less is all fee in some pools, and refused
    std::uint64_t high = low;
    const auto crosses = [&](std::uint64_t amount) {
        const auto trade = pool.sell(pool.mint_a(), amount, now);
        return !trade || trade.value().crossings >= crossings;
    };
    while (!crosses(high)) high *= 2;
    while (high - low > 1) {
        const std::uint64_t middle = low + (high - low) / 2;
        (crosses(middle) ? high : low) = middle;
    }
    return high;
}

template <class Synthetic>
std::unique_ptr<Pool> measure_pool(const Synthetic& synthetic, std::uint64_t& sum) {
    const AccountStates accounts = synthetic.encode();
    const PoolFamily& family = *family_of(accounts.at(synthetic.address));
    const std::string name(family.name());
    bench::print_row(
        name + ": read the accounts",
        measure(
            2'000, [&] { return family.open(synthetic.address, accounts).value()->mint_a().bytes()[0]; },
            sum),
        "ns");
    auto pool = std::move(family.open(synthetic.address, accounts)).value();
    std::uint64_t amount = 1'000'000;
    bench::print_row(
        name + ": quote a sale",
        measure(
            50'000, [&] { return pool->sell(pool->mint_a(), ++amount, now).value().amount_out; }, sum),
        "ns");
    bench::print_row(
        name + ": quote a purchase",
        measure(
            50'000, [&] { return pool->buy(pool->mint_b(), ++amount, now).value().amount_in; }, sum),
        "ns");
    return pool;
}

void measure_crossings(const Pool& pool, const std::string& name, const std::string& what,
                       std::uint64_t& sum) {
    std::vector<double> without;
    for (const std::uint32_t crossings : {0u, 1u, 5u, 15u}) {
        const std::uint64_t amount = crossings == 0 ? 1'000'000 : amount_that_crosses(pool, crossings);
        const auto runs = measure(
            5'000, [&] { return pool.sell(pool.mint_a(), amount, now).value().amount_out; }, sum);
        bench::print_row(name + ": " + std::to_string(crossings) + " " + what + "s crossed", runs, "ns");
        if (crossings == 0) without = runs;
        if (crossings == 15)
            std::printf("%-44s %10.2f ns\n", (name + ": one " + what + " crossed").c_str(),
                        (bench::median(runs) - bench::median(without)) / crossings);
    }
}

}  // namespace

int main() {
    std::uint64_t sum = 0;
    test::SyntheticCpmm cpmm;
    give_reserves(cpmm);
    test::SyntheticAmm amm;
    give_reserves(amm);
    measure_pool(cpmm, sum);
    measure_pool(amm, sum);
    measure_crossings(*measure_pool(whirlpool(), sum), "orca_whirlpool", "tick", sum);
    measure_crossings(*measure_pool(clmm(), sum), "raydium_clmm", "tick", sum);
    measure_crossings(*measure_pool(dlmm(), sum), "meteora_dlmm", "bin", sum);
    test::SyntheticDamm damm;
    give_reserves(damm);
    damm.liquidity = Wide(1'000'000'000'000) << 64;
    damm.volatility = test::SyntheticVolatility();
    measure_pool(damm, sum);
    return sum == 0 ? 1 : 0;
}
