#include "../pools/family.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "../pools/pool_side.hpp"
#include "../pools/sale_shape.hpp"
#include "bitmap.hpp"
#include "state.hpp"
#include "walk.hpp"

namespace libexec {

using namespace std::string_view_literals;
using namespace pools;

namespace meteora_dlmm_pool {
namespace {

constexpr std::size_t named_accounts = 16;
constexpr std::size_t host_fee = 9;
// Behind those come the arrays, one at the least. Manner: no further accounts, said in 32 bits.
constexpr SaleShape sale = {.program = program,
                            .name = "\x41\x4b\x3f\x4c\xeb\x5b\x5b\x88"sv,  // swap2
                            .manner = "\0\0\0\0"sv,
                            .accounts_least = named_accounts + 1,
                            .accounts_most = named_accounts + arrays_most,
                            .user = 10,
                            .token_in = 4,
                            .token_out = 5};
/// Where the program's events come from: derived from "__event_authority".
constexpr PublicKey event_authority = "D1ZN9Wj1fRSUQfCjhvnu1hqDMT7hzjzBBpi12nVniYD6"_key;

/// What the accounts of a pair say.
struct Contents {
    State state;
    std::optional<PublicKey> bitmap;  ///< the account, where there is one
    struct Held {
        PublicKey address;
        BinArray array;
    };
    std::map<std::int32_t, Held> arrays;
    /// In the order of a trade up and of one down, to the first that does not exist.
    std::array<std::vector<std::int32_t>, 2> ways;
};

class Pair final : public Pool {
public:
    Pair(const PublicKey& address, Contents contents, PoolSide x, PoolSide y)
        : address_(address), contents_(std::move(contents)), x_(x), y_(y) {
        for (std::size_t down = 0; down < 2; ++down) {
            terrains_[down].active = contents_.state.active;
            terrains_[down].lowest = contents_.state.lowest;
            terrains_[down].highest = contents_.state.highest;
            for (const std::int32_t index : contents_.ways[down])
                terrains_[down].arrays.push_back(&contents_.arrays.at(index).array);
        }
    }

    const PublicKey& address() const override { return address_; }
    const PublicKey& mint_a() const override { return x_.mint; }
    const PublicKey& mint_b() const override { return y_.mint; }

    Result<PoolTrade> sell(const PublicKey& mint_in, std::uint64_t amount_in,
                           const ChainClock& clock) const override {
        const auto way = direction_of_sale(x_, y_, mint_in);
        if (!way) return way.error();
        const auto& [in, out, x_to_y] = way.value();

        const std::uint64_t arrived = in.arrives(amount_in, clock);
        const Course course = course_of(x_to_y, Fixed::input);
        const auto walked = go(arrived, course, clock);
        if (!walked) return walked.error();
        const std::uint64_t received = out.arrives(walked.value().out, clock);
        if (received == 0) return nothing_left("pay nothing");
        return trade(way.value(), walked.value(), course, amount_in, received);
    }

    Result<PoolTrade> buy(const PublicKey& mint_out, std::uint64_t amount_out,
                          const ChainClock& clock) const override {
        const auto way = direction_of_purchase(x_, y_, mint_out);
        if (!way) return way.error();
        const auto& [in, out, x_to_y] = way.value();

        const auto sent = amount_out == 0 ? Result<std::uint64_t>(0) : out.to_deliver(amount_out, clock);
        if (!sent) return sent.error();
        const Course course = course_of(x_to_y, Fixed::output);
        const auto walked = go(sent.value(), course, clock);
        if (!walked) return walked.error();
        const auto given = in.to_deliver(walked.value().in, clock);
        if (!given) return given.error();
        return trade(way.value(), walked.value(), course, given.value(), amount_out);
    }

    Result<Instruction> swap(const PoolSwap& swap, const ChainClock& clock) const override {
        const auto way = direction_of_sale(x_, y_, swap.mint_in);
        if (!way) return way.error();
        if (const auto open = check_open(clock); !open) return open.error();
        const auto& arrays = contents_.ways[way.value().forward ? 1 : 0];
        if (arrays.empty())
            return reject(Reason::insufficient_liquidity, "there is no liquidity on that side of the price");

        Instruction made;
        made.program = program;
        // Who passes the program itself for an account passes none.
        const AccountMeta none = readable(program);
        made.accounts = {writable(address_),
                         contents_.bitmap ? writable(*contents_.bitmap) : none,
                         writable(x_.vault),
                         writable(y_.vault),
                         writable(swap.user_token_in),
                         writable(swap.user_token_out),
                         readable(x_.mint),
                         readable(y_.mint),
                         writable(contents_.state.oracle),
                         none,  // nobody else gets a part of the fee
                         signing(swap.user),
                         readable(x_.token.token_program),
                         readable(y_.token.token_program),
                         readable(well_known::memo_program),
                         readable(event_authority),
                         readable(program)};
        for (const std::int32_t index : arrays)
            made.accounts.push_back(writable(contents_.arrays.at(index).address));
        made.data = sale.data(swap);
        return made;
    }

private:
    Result<Done> check_open(const ChainClock& clock) const {
        const State& state = contents_.state;
        if (!state.enabled) return reject(Reason::pool_closed, "the pool is switched off");
        const std::uint64_t now =
            state.opens_by_time ? static_cast<std::uint64_t>(std::max<std::int64_t>(0, clock.unix_timestamp))
                                : clock.slot;
        if (state.waits && now < state.opens_at)
            return reject(Reason::pool_closed, std::string("the pool opens at ") +
                                                   (state.opens_by_time ? "unix time " : "slot ") +
                                                   std::to_string(state.opens_at));
        return Done{};
    }

    Course course_of(bool x_to_y, Fixed fixed) const {
        return {x_to_y, contents_.state.fee_on_input(x_to_y), fixed};
    }

    Result<Walk> go(std::uint64_t amount, const Course& course, const ChainClock& clock) const {
        if (const auto open = check_open(clock); !open) return open.error();
        if (amount == 0) return nothing_left(course.fixed == Fixed::input ? "take nothing" : "pay nothing");
        const auto rate = FeeRate::at(contents_.state, clock.unix_timestamp);
        if (!rate) return rate.error();
        return walk(terrains_[course.x_to_y ? 1 : 0], rate.value(), amount, course);
    }

    Result<PoolTrade> trade(const Direction& way, const Walk& walked, const Course& course,
                            std::uint64_t given, std::uint64_t received) const {
        Fill fill;
        fill.in = walked.in;
        fill.out = walked.out;
        fill.fee = walked.fee;
        fill.impact_bps = impact_bps(contents_.state.price, walked, course);
        fill.crossings = walked.crossings;
        auto settled = settle(way, fill, given, received);
        if (!settled || course.fee_on_input) return settled;
        PoolTrade made = settled.value();
        made.fee_mint = way.out.mint;
        return made;
    }

    PublicKey address_;
    Contents contents_;
    PoolSide x_;
    PoolSide y_;
    std::array<Terrain, 2> terrains_;  ///< up, down; they point into `contents_`
};

class Family final : public PoolFamily {
public:
    std::string_view name() const override { return "meteora_dlmm"; }
    const PublicKey& program() const override { return meteora_dlmm_pool::program; }
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
        const PublicKey address = bitmap_address(pool);
        keys.push_back(address);
        const auto bitmap = Bitmap::read(pool, address, state.value(), known);
        if (!bitmap) return bitmap.error();
        const auto down = bitmap.value().on_the_way(true);
        const auto up = bitmap.value().on_the_way(false);
        for (const std::int32_t index : down) keys.push_back(array_address(pool, index));
        for (const std::int32_t index : up) {
            // Both ways begin in the same array, unless nothing is in it.
            if (down.empty() || index != down.front()) keys.push_back(array_address(pool, index));
        }
        return keys;
    }

    Result<std::unique_ptr<Pool>> open(const PublicKey& pool, const AccountStates& accounts) const override {
        const auto state = read_state(pool, accounts);
        if (!state) return state.error();
        auto x = open_side(accounts, state.value().mints[0], state.value().vaults[0], pool);
        if (!x) return x.error();
        auto y = open_side(accounts, state.value().mints[1], state.value().vaults[1], pool);
        if (!y) return y.error();
        const PublicKey address = bitmap_address(pool);
        const auto bitmap = Bitmap::read(pool, address, state.value(), accounts);
        if (!bitmap) return bitmap.error();

        Contents contents;
        contents.state = state.value();
        if (bitmap.value().is_extended()) contents.bitmap = address;
        for (std::size_t down = 0; down < 2; ++down) {
            for (const std::int32_t index : bitmap.value().on_the_way(down == 1)) {
                if (!contents.arrays.contains(index)) {
                    const PublicKey place = array_address(pool, index);
                    const auto array = read_bin_array({pool, index, place}, contents.state, accounts);
                    if (!array) return array.error();
                    if (!array.value()) break;
                    contents.arrays.emplace(index, Contents::Held{place, *array.value()});
                }
                contents.ways[down].push_back(index);
            }
        }
        return std::unique_ptr<Pool>(
            new Pair(pool, std::move(contents), std::move(x).value(), std::move(y).value()));
    }

    std::optional<PoolSwap> read_swap(const Instruction& instruction) const override {
        const auto read = sale.read(instruction);
        const bool shares_the_fee = read && instruction.accounts[host_fee].key != meteora_dlmm_pool::program;
        return shares_the_fee ? std::nullopt : read;
    }
};

}  // namespace
}  // namespace meteora_dlmm_pool

const PoolFamily& meteora_dlmm() {
    static const meteora_dlmm_pool::Family family;
    return family;
}

}  // namespace libexec
