#include "../pools/family.hpp"

#include <algorithm>
#include <array>

#include "../pools/liquidity.hpp"
#include "../pools/pool_side.hpp"
#include "../pools/sale_shape.hpp"
#include "array_map.hpp"
#include "state.hpp"
#include "walk.hpp"

namespace libexec {

using namespace std::string_view_literals;
using namespace pools;

namespace raydium_clmm_pool {
namespace {

constexpr std::size_t named_accounts = 13;
constexpr std::size_t pool_place = 2;
// Behind those come the bitmap beyond the pool's own, where there is one, and one array at the least.
// Manner: no price limit, and the amount is the input's.
constexpr SaleShape sale = {.program = program,
                            .name = "\x2b\x04\xed\x0b\x1a\xc9\x1e\x62"sv,  // swap_v2
                            .manner = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"sv,
                            .accounts_least = named_accounts + 1,
                            .accounts_most = named_accounts + 1 + arrays_most,
                            .user = 0,
                            .token_in = 3,
                            .token_out = 4,
                            .mint_in = 11};
constexpr std::uint8_t swap_off = 1 << 4;

/// The arrays that a trade comes to in one direction, as far as they are known.
struct Way {
    std::vector<PublicKey> keys;
    std::vector<TickArray> arrays;
    bool begins_at_tick = false;
};

/// What the accounts of a pool say.
struct Contents {
    State state;
    std::uint32_t fee_rate = 0;
    std::optional<PublicKey> extension;
    std::array<Way, 2> ways;  ///< up, down
};

class ClmmPool final : public Pool {
public:
    ClmmPool(const PublicKey& address, Contents contents, PoolSide first, PoolSide second)
        : address_(address), contents_(std::move(contents)), first_(first), second_(second) {}

    const PublicKey& address() const override { return address_; }
    const PublicKey& mint_a() const override { return first_.mint; }
    const PublicKey& mint_b() const override { return second_.mint; }

    Result<PoolTrade> sell(const PublicKey& mint_in, std::uint64_t amount_in,
                           const ChainClock& clock) const override {
        const auto way = direction_of_sale(first_, second_, mint_in);
        if (!way) return way.error();
        if (const auto open = check_open(clock); !open) return open.error();
        const auto& [in, out, forward] = way.value();

        const std::uint64_t arrived = in.arrives(amount_in, clock);
        if (arrived == 0) return nothing_left("take nothing");
        const Course course = course_of(Fixed::input, forward);
        const auto walked = go(arrived, course, clock);
        if (!walked) return walked.error();
        return trade(way.value(), course, walked.value(), amount_in,
                     out.arrives(walked.value().exchange.out, clock));
    }

    Result<PoolTrade> buy(const PublicKey& mint_out, std::uint64_t amount_out,
                          const ChainClock& clock) const override {
        const auto way = direction_of_purchase(first_, second_, mint_out);
        if (!way) return way.error();
        if (const auto open = check_open(clock); !open) return open.error();
        if (amount_out == 0) return nothing_left("pay nothing");
        const auto& [in, out, forward] = way.value();

        const auto sent = out.to_deliver(amount_out, clock);
        if (!sent) return sent.error();
        const Course course = course_of(Fixed::output, forward);
        const auto walked = go(sent.value(), course, clock);
        if (!walked) return walked.error();
        const auto given = in.to_deliver(walked.value().exchange.in, clock);
        if (!given) return given.error();
        return trade(way.value(), course, walked.value(), given.value(), amount_out);
    }

    Result<Instruction> swap(const PoolSwap& swap, const ChainClock& clock) const override {
        const auto way = direction_of_sale(first_, second_, swap.mint_in);
        if (!way) return way.error();
        if (const auto open = check_open(clock); !open) return open.error();
        const auto& [in, out, forward] = way.value();
        const Way& arrays = contents_.ways[forward ? 1 : 0];
        if (arrays.keys.empty()) return reject(Reason::insufficient_liquidity, "there are no ticks that way");

        Instruction made;
        made.program = program;
        made.accounts = {signing(swap.user),
                         readable(contents_.state.config),
                         writable(address_),
                         writable(swap.user_token_in),
                         writable(swap.user_token_out),
                         writable(in.vault),
                         writable(out.vault),
                         writable(contents_.state.observation),
                         readable(well_known::token_program),
                         readable(well_known::token_2022_program),
                         readable(well_known::memo_program),
                         readable(in.mint),
                         readable(out.mint)};
        // The program stops reading at an account that does not exist.
        if (contents_.extension) made.accounts.push_back(writable(*contents_.extension));
        for (const PublicKey& key : arrays.keys) made.accounts.push_back(writable(key));
        made.data = sale.data(swap);
        return made;
    }

private:
    Result<Done> check_open(const ChainClock& clock) const {
        const State& state = contents_.state;
        if ((state.status & swap_off) != 0)
            return reject(Reason::pool_closed, "swaps of the pool are switched off");
        // The program compares without a sign as well, and lets the second itself pass.
        if (static_cast<std::uint64_t>(clock.unix_timestamp) <= state.open_time)
            return reject(Reason::pool_closed,
                          "the pool opens after unix time " + std::to_string(state.open_time));
        return Done{};
    }

    Course course_of(Fixed fixed, bool forward) const {
        Course course;
        course.fixed = fixed;
        course.a_to_b = forward;
        course.fee_on_input = contents_.state.fee_on == FeeOn::input ||
                              (contents_.state.fee_on == FeeOn::only_first) == forward;
        return course;
    }

    Result<Walk> go(std::uint64_t amount, const Course& course, const ChainClock& clock) const {
        const State& state = contents_.state;
        const Way& way = contents_.ways[course.a_to_b ? 1 : 0];
        Terrain terrain;
        terrain.price = state.price;
        terrain.liquidity = state.liquidity;
        terrain.tick = state.tick;
        terrain.spacing = state.spacing;
        terrain.begins_at_tick = way.begins_at_tick;
        for (const TickArray& array : way.arrays) terrain.arrays.push_back(&array);
        return walk(terrain, FeeRate(contents_.fee_rate, state, clock.unix_timestamp), amount, course);
    }

    Result<PoolTrade> trade(const Direction& way, const Course& course, const Walk& walked,
                            std::uint64_t given, std::uint64_t received) const {
        const Exchange& moved = walked.exchange;
        Fill fill;
        fill.in = moved.in;
        fill.out = moved.out;
        fill.fee = moved.fee;
        fill.fee_on_output = !course.fee_on_input;
        fill.impact_bps = liquidity_impact_bps(contents_.state.price, walked.price,
                                               moved.in - (fill.fee_on_output ? 0 : moved.fee),
                                               moved.out + (fill.fee_on_output ? moved.fee : 0), way.forward);
        fill.crossings = walked.crossings;
        return settle(way, fill, given, received);
    }

    PublicKey address_;
    Contents contents_;
    PoolSide first_;
    PoolSide second_;
};

/// The arrays that way, up to the first that is not there: no swap gets past it.
Result<Way> read_way(const PublicKey& pool, const State& state, const ArrayMap::Way& map,
                     const AccountStates& accounts) {
    Way way;
    way.begins_at_tick = map.begins_at_tick;
    for (const std::int32_t start : map.starts) {
        const PublicKey key = array_address(pool, start);
        if (!accounts.contains(key)) break;
        auto array = read_tick_array({pool, start, state.spacing, key}, accounts);
        if (!array) return array.error();
        way.keys.push_back(key);
        way.arrays.push_back(std::move(array).value());
    }
    return way;
}

class Family final : public PoolFamily {
public:
    std::string_view name() const override { return "raydium_clmm"; }
    const PublicKey& program() const override { return raydium_clmm_pool::program; }
    const PoolLayout& layout() const override { return pool_layout; }

    Result<std::vector<PublicKey>> wanted(const PublicKey& pool, const AccountStates& known) const override {
        if (!known.contains(pool)) return std::vector{pool};
        const auto state = read_state(pool, known);
        if (!state) return state.error();
        const State& read = state.value();
        const auto map = ArrayMap::read(pool, read, known);
        if (!map) return map.error();
        std::vector keys{pool,           read.config,    read.mints[0],          read.mints[1],
                         read.vaults[0], read.vaults[1], extension_address(pool)};
        std::vector<std::int32_t> starts = map.value().way(read.tick, true).starts;
        for (const std::int32_t start : map.value().way(read.tick, false).starts) {
            // Both ways may begin in the same one.
            if (starts.empty() || start != starts.front()) starts.push_back(start);
        }
        for (const std::int32_t start : starts) keys.push_back(array_address(pool, start));
        return keys;
    }

    Result<std::unique_ptr<Pool>> open(const PublicKey& pool, const AccountStates& accounts) const override {
        Contents contents;
        const auto state = read_state(pool, accounts);
        if (!state) return state.error();
        contents.state = state.value();
        const auto rate = read_fee_rate(contents.state, accounts);
        if (!rate) return rate.error();
        contents.fee_rate = rate.value();
        std::vector<PoolSide> sides;
        for (std::size_t i = 0; i < 2; ++i) {
            auto side = open_side(accounts, state.value().mints[i], state.value().vaults[i], pool);
            if (!side) return side.error();
            if (side.value().token.decimals != state.value().decimals[i])
                return bad_account("the pool", pool, "it says something else of its mints than they do");
            sides.push_back(std::move(side).value());
        }
        const auto map = ArrayMap::read(pool, contents.state, accounts);
        if (!map) return map.error();
        if (map.value().has_extension()) contents.extension = extension_address(pool);
        for (const bool a_to_b : {false, true}) {
            auto way = read_way(pool, contents.state, map.value().way(contents.state.tick, a_to_b), accounts);
            if (!way) return way.error();
            contents.ways[a_to_b ? 1 : 0] = std::move(way).value();
        }
        return std::unique_ptr<Pool>(new ClmmPool(pool, std::move(contents), sides[0], sides[1]));
    }

    std::optional<PoolSwap> read_swap(const Instruction& instruction) const override {
        const auto read = sale.read(instruction);
        if (!read) return std::nullopt;
        const auto& accounts = instruction.accounts;
        const bool is_extended = accounts[named_accounts].key == extension_address(accounts[pool_place].key);
        const std::size_t arrays = accounts.size() - named_accounts - (is_extended ? 1 : 0);
        return arrays < 1 || arrays > arrays_most ? std::nullopt : read;
    }
};

}  // namespace
}  // namespace raydium_clmm_pool

const PoolFamily& raydium_clmm() {
    static const raydium_clmm_pool::Family family;
    return family;
}

}  // namespace libexec
