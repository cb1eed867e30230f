#include "../pools/family.hpp"

#include <algorithm>
#include <array>

#include "../pools/liquidity.hpp"
#include "../pools/pool_side.hpp"
#include "../pools/sale_shape.hpp"
#include "oracle.hpp"
#include "state.hpp"
#include "walk.hpp"

namespace libexec {

using namespace std::string_view_literals;
using namespace pools;

namespace orca_whirlpool_pool {
namespace {

constexpr SaleShape sale_of(bool a_to_b) {
    return {.program = program,
            .name = "\x2b\x04\xed\x0b\x1a\xc9\x1e\x62"sv,  // swap_v2
            // No price limit, the amount is the input's, which token is sold, no further accounts.
            .manner = a_to_b ? "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\1\0"sv
                             : "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0"sv,
            .accounts_least = 15,
            .accounts_most = 15,
            .user = 3,
            .token_in = a_to_b ? 7U : 9U,
            .token_out = a_to_b ? 9U : 7U,
            .mint_in = a_to_b ? 5U : 6U};
}

/// Both ways out of the present price: down (A is sold) and up.
struct Ways {
    std::vector<std::int32_t> down;
    std::vector<std::int32_t> up;

    explicit Ways(const State& state)
        : down(arrays_on_the_way(state.tick, state.spacing, true)),
          up(arrays_on_the_way(state.tick, state.spacing, false)) {}

    /// Every start there is, once, in ascending order.
    std::vector<std::int32_t> all() const {
        std::vector<std::int32_t> starts(down.rbegin(), down.rend());
        for (const std::int32_t start : up) {
            if (starts.empty() || start > starts.back()) starts.push_back(start);
        }
        return starts;
    }
};

/// What the accounts of a pool say.
struct Contents {
    State state;
    PublicKey oracle_key;
    std::optional<Oracle> oracle;
    std::vector<PublicKey> array_keys;
    std::vector<TickArray> arrays;  ///< in ascending order, with the keys
};

class Whirlpool final : public Pool {
public:
    Whirlpool(const PublicKey& address, Contents contents, PoolSide a, PoolSide b)
        : address_(address), contents_(std::move(contents)), a_(a), b_(b) {
        const Ways ways(contents_.state);
        terrains_[0] = terrain(ways.up);
        terrains_[1] = terrain(ways.down);
    }

    const PublicKey& address() const override { return address_; }
    const PublicKey& mint_a() const override { return a_.mint; }
    const PublicKey& mint_b() const override { return b_.mint; }

    Result<PoolTrade> sell(const PublicKey& mint_in, std::uint64_t amount_in,
                           const ChainClock& clock) const override {
        const auto way = direction_of_sale(a_, b_, mint_in);
        if (!way) return way.error();
        if (const auto open = check_open(clock); !open) return open.error();
        const auto& [in, out, a_to_b] = way.value();

        const std::uint64_t arrived = in.arrives(amount_in, clock);
        if (arrived == 0) return nothing_left("take nothing");
        const auto walked = go(arrived, Fixed::input, a_to_b, clock);
        if (!walked) return walked.error();
        // At the end of all ticks only a part is taken, and the rest stays with the trader.
        const auto given =
            walked.value().in == arrived ? Result(amount_in) : in.to_deliver(walked.value().in, clock);
        if (!given) return given.error();
        return trade(way.value(), walked.value(), given.value(), out.arrives(walked.value().out, clock));
    }

    Result<PoolTrade> buy(const PublicKey& mint_out, std::uint64_t amount_out,
                          const ChainClock& clock) const override {
        const auto way = direction_of_purchase(a_, b_, mint_out);
        if (!way) return way.error();
        if (const auto open = check_open(clock); !open) return open.error();
        if (amount_out == 0) return nothing_left("pay nothing");
        const auto& [in, out, a_to_b] = way.value();

        const auto sent = out.to_deliver(amount_out, clock);
        if (!sent) return sent.error();
        const auto walked = go(sent.value(), Fixed::output, a_to_b, clock);
        if (!walked) return walked.error();
        const auto given = in.to_deliver(walked.value().in, clock);
        if (!given) return given.error();
        return trade(way.value(), walked.value(), given.value(), amount_out);
    }

    Result<Instruction> swap(const PoolSwap& swap, const ChainClock& clock) const override {
        const auto way = direction_of_sale(a_, b_, swap.mint_in);
        if (!way) return way.error();
        if (const auto open = check_open(clock); !open) return open.error();
        const bool a_to_b = way.value().forward;
        const auto arrays = array_keys(a_to_b);
        if (arrays.empty()) return reject(Reason::insufficient_liquidity, "there are no ticks that way");

        Instruction made;
        made.program = program;
        made.accounts = {readable(a_.token.token_program),
                         readable(b_.token.token_program),
                         readable(well_known::memo_program),
                         signing(swap.user),
                         writable(address_),
                         readable(a_.mint),
                         readable(b_.mint),
                         writable(a_to_b ? swap.user_token_in : swap.user_token_out),
                         writable(a_.vault),
                         writable(a_to_b ? swap.user_token_out : swap.user_token_in),
                         writable(b_.vault)};
        // Three are always named; at the end of all ticks the last one stands for those that cannot be.
        for (std::size_t i = 0; i < 3; ++i)
            made.accounts.push_back(writable(arrays[std::min(i, arrays.size() - 1)]));
        made.accounts.push_back(writable(contents_.oracle_key));
        made.data = sale_of(a_to_b).data(swap);
        return made;
    }

private:
    Result<Done> check_open(const ChainClock& clock) const {
        const State& state = contents_.state;
        if (clock.unix_timestamp < 0 ||
            static_cast<std::uint64_t>(clock.unix_timestamp) < state.rewards_updated_at)
            return reject(Reason::bad_account,
                          "the pool is of unix time " + std::to_string(state.rewards_updated_at) +
                              ", the clock shows " + std::to_string(clock.unix_timestamp));
        if (contents_.oracle && static_cast<std::uint64_t>(clock.unix_timestamp) < contents_.oracle->opens_at)
            return reject(Reason::pool_closed,
                          "the pool opens at unix time " + std::to_string(contents_.oracle->opens_at));
        return Done{};
    }

    Result<Walk> go(std::uint64_t amount, Fixed fixed, bool a_to_b, const ChainClock& clock) const {
        const State& state = contents_.state;
        auto rate = Result(FeeRate(state.fee_rate));
        if (contents_.oracle)
            rate = FeeRate::adaptive(state.fee_rate, *contents_.oracle, state.tick,
                                     static_cast<std::uint64_t>(clock.unix_timestamp), a_to_b);
        if (!rate) return rate.error();
        return walk(terrains_[a_to_b ? 1 : 0], rate.value(), amount, fixed, a_to_b);
    }

    Result<PoolTrade> trade(const Direction& way, const Walk& walked, std::uint64_t given,
                            std::uint64_t received) const {
        Fill fill;
        fill.in = walked.in;
        fill.out = walked.out;
        fill.fee = walked.fee;
        fill.impact_bps = liquidity_impact_bps(contents_.state.price, walked.price, walked.in - walked.fee,
                                               walked.out, way.forward);
        fill.crossings = walked.crossings;
        return settle(way, fill, given, received);
    }

    Terrain terrain(const std::vector<std::int32_t>& starts) const {
        Terrain made;
        made.price = contents_.state.price;
        made.liquidity = contents_.state.liquidity;
        made.tick = contents_.state.tick;
        made.spacing = contents_.state.spacing;
        for (const std::int32_t start : starts) made.arrays.push_back(&contents_.arrays[place_of(start)]);
        return made;
    }

    std::size_t place_of(std::int32_t start) const {
        std::size_t i = 0;
        while (contents_.arrays[i].start != start) ++i;  // every start of either way is there
        return i;
    }

    std::vector<PublicKey> array_keys(bool a_to_b) const {
        std::vector<PublicKey> keys;
        for (const TickArray* array : terrains_[a_to_b ? 1 : 0].arrays)
            keys.push_back(contents_.array_keys[place_of(array->start)]);
        return keys;
    }

    PublicKey address_;
    Contents contents_;
    PoolSide a_;
    PoolSide b_;
    std::array<Terrain, 2> terrains_;  ///< up, down; they point into `contents_`
};

class Family final : public PoolFamily {
public:
    std::string_view name() const override { return "orca_whirlpool"; }
    const PublicKey& program() const override { return orca_whirlpool_pool::program; }
    const PoolLayout& layout() const override { return pool_layout; }

    Result<std::vector<PublicKey>> wanted(const PublicKey& pool, const AccountStates& known) const override {
        std::vector keys{pool};
        if (!known.contains(pool)) return keys;
        const auto state = read_state(pool, known);
        if (!state) return state.error();
        for (std::size_t i = 0; i < 2; ++i) {
            keys.push_back(state.value().mints[i]);
            keys.push_back(state.value().vaults[i]);
        }
        keys.push_back(oracle_address(pool));
        for (const std::int32_t start : Ways(state.value()).all()) keys.push_back(array_address(pool, start));
        return keys;
    }

    Result<std::unique_ptr<Pool>> open(const PublicKey& pool, const AccountStates& accounts) const override {
        const auto state = read_state(pool, accounts);
        if (!state) return state.error();
        auto a = open_side(accounts, state.value().mints[0], state.value().vaults[0], pool);
        if (!a) return a.error();
        auto b = open_side(accounts, state.value().mints[1], state.value().vaults[1], pool);
        if (!b) return b.error();

        Contents contents;
        contents.state = state.value();
        contents.oracle_key = oracle_address(pool);
        const auto oracle = read_oracle(pool, contents.state.spacing, contents.oracle_key, accounts);
        if (!oracle) return oracle.error();
        contents.oracle = oracle.value();
        if (contents.state.is_adaptive() && !contents.oracle)
            return bad_account("the oracle", contents.oracle_key,
                               "the fee of the pool follows it, and it is missing");
        for (const std::int32_t start : Ways(contents.state).all()) {
            const PublicKey key = array_address(pool, start);
            const auto array = read_tick_array({pool, start, contents.state.spacing, key}, accounts);
            if (!array) return array.error();
            contents.array_keys.push_back(key);
            contents.arrays.push_back(array.value());
        }
        return std::unique_ptr<Pool>(
            new Whirlpool(pool, std::move(contents), std::move(a).value(), std::move(b).value()));
    }

    std::optional<PoolSwap> read_swap(const Instruction& instruction) const override {
        const auto of_a = sale_of(true).read(instruction);
        return of_a ? of_a : sale_of(false).read(instruction);
    }
};

}  // namespace
}  // namespace orca_whirlpool_pool

const PoolFamily& orca_whirlpool() {
    static const orca_whirlpool_pool::Family family;
    return family;
}

}  // namespace libexec
