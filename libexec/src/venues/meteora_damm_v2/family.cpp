#include "../pools/family.hpp"

#include <algorithm>

#include "../pools/constant_product.hpp"
#include "../pools/liquidity.hpp"
#include "../pools/pool_side.hpp"
#include "../pools/sale_shape.hpp"
#include "../pools/wide.hpp"
#include "curve.hpp"
#include "state.hpp"

namespace libexec {

using namespace std::string_view_literals;
using namespace pools;

namespace meteora_damm_v2_pool {
namespace {

constexpr std::size_t named_accounts = 14;
constexpr std::size_t referral = 11;
// One more account where the program looks at the other instructions.
constexpr SaleShape sale = {.program = program,
                            .name = "\xf8\xc6\x9e\x91\xe1\x75\x87\xc8"sv,  // swap
                            .manner = ""sv,
                            .accounts_least = named_accounts,
                            .accounts_most = named_accounts + 1,
                            .user = 8,
                            .token_in = 2,
                            .token_out = 3};

/// What the curve makes of a trade, before any fee.
struct Exchange {
    std::uint64_t in = 0;
    std::uint64_t out = 0;
    std::uint32_t impact_bps = 0;
};

class DammPool final : public Pool {
public:
    DammPool(const PublicKey& address, const State& state, PoolSide a, PoolSide b)
        : address_(address), state_(state), a_(a), b_(b) {}

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
        const auto rate = total(base_rate(state_.base_fee, moment(clock, a_to_b), arrived));
        if (!rate) return beyond_numbers();
        const bool on_input = takes_of_input(a_to_b);
        const auto moved = exchange_for(arrived - (on_input ? share_up(arrived, *rate, whole) : 0), a_to_b);
        if (!moved) return moved.error();
        Fill fill;
        fill.in = arrived;
        fill.fee = on_input ? arrived - moved.value().in : share_up(moved.value().out, *rate, whole);
        fill.fee_on_output = !on_input;
        fill.out = moved.value().out - (on_input ? 0 : fill.fee);
        fill.impact_bps = moved.value().impact_bps;
        return settle(way.value(), fill, amount_in, out.arrives(fill.out, clock));
    }

    Result<PoolTrade> buy(const PublicKey& mint_out, std::uint64_t amount_out,
                          const ChainClock& clock) const override {
        const auto way = direction_of_purchase(a_, b_, mint_out);
        if (!way) return way.error();
        if (const auto open = check_open(clock); !open) return open.error();
        if (amount_out == 0) return nothing_left("pay nothing");
        const auto& [in, out, a_to_b] = way.value();

        if (state_.base_fee.limits(moment(clock, a_to_b)))
            return reject(
                Reason::policy_refused,
                "while the fee of the pool grows with the amount, what an amount costs is not known");
        const auto sent = out.to_deliver(amount_out, clock);
        if (!sent) return sent.error();
        const bool on_input = takes_of_input(a_to_b);
        const auto gross = on_input ? std::optional(sent.value()) : before(sent.value(), a_to_b, clock);
        if (!gross) return beyond_numbers();
        const auto moved = exchange_of(*gross, a_to_b);
        if (!moved) return moved.error();
        const std::uint64_t net_in = moved.value().in;
        const auto taken = on_input ? before(net_in, a_to_b, clock) : std::optional(net_in);
        if (!taken) return beyond_numbers();
        const auto given = in.to_deliver(*taken, clock);
        if (!given) return given.error();
        Fill fill;
        fill.in = *taken;
        fill.out = sent.value();
        fill.fee = on_input ? *taken - net_in : *gross - sent.value();
        fill.fee_on_output = !on_input;
        fill.impact_bps = moved.value().impact_bps;
        return settle(way.value(), fill, given.value(), amount_out);
    }

    Result<Instruction> swap(const PoolSwap& swap, const ChainClock& clock) const override {
        const auto way = direction_of_sale(a_, b_, swap.mint_in);
        if (!way) return way.error();
        if (const auto open = check_open(clock); !open) return open.error();
        Instruction made;
        made.program = program;
        made.accounts = {readable(authority),
                         writable(address_),
                         writable(swap.user_token_in),
                         writable(swap.user_token_out),
                         writable(a_.vault),
                         writable(b_.vault),
                         readable(a_.mint),
                         readable(b_.mint),
                         signing(swap.user),
                         readable(a_.token.token_program),
                         readable(b_.token.token_program),
                         readable(program),  // nobody has referred the trader
                         readable(event_authority),
                         readable(program)};
        // A fee that grows with the amount makes the program look for a second swap in the transaction.
        if (state_.base_fee.limits(moment(clock, way.value().forward)))
            made.accounts.push_back(readable(well_known::instructions_sysvar));
        made.data = sale.data(swap);
        return made;
    }

private:
    /// The program compares without a sign as well.
    std::uint64_t point(const ChainClock& clock) const {
        return state_.counts_slots ? clock.slot : static_cast<std::uint64_t>(clock.unix_timestamp);
    }

    Result<Done> check_open(const ChainClock& clock) const {
        if (!state_.is_enabled) return reject(Reason::pool_closed, "the pool is disabled");
        if (point(clock) < state_.opens_at)
            return reject(Reason::pool_closed, std::string("the pool opens at ") +
                                                   (state_.counts_slots ? "slot " : "unix time ") +
                                                   std::to_string(state_.opens_at));
        return Done{};
    }

    FeeMoment moment(const ChainClock& clock, bool a_to_b) const {
        return {point(clock), state_.opens_at, state_.price, a_to_b};
    }

    std::optional<std::uint64_t> total(std::optional<std::uint64_t> base) const {
        if (!base) return std::nullopt;
        return std::min(*base + state_.dynamic_fee, state_.fee_most);
    }

    bool takes_of_input(bool a_to_b) const { return state_.collects != Collects::of_output && !a_to_b; }

    /// The amount of which so much is left after the fee, which does not depend on either.
    std::optional<std::uint64_t> before(std::uint64_t net, bool a_to_b, const ChainClock& clock) const {
        const auto rate = total(base_rate(state_.base_fee, moment(clock, a_to_b), net));
        return rate ? before_fee(net, *rate, whole) : std::nullopt;
    }

    Range range() const { return {state_.liquidity, state_.least_price, state_.most_price, state_.price}; }

    /// Two reserves that are multiplied, without their fee.
    ProductCurve product(bool a_to_b) const {
        return {state_.reserves[a_to_b ? 0 : 1], state_.reserves[a_to_b ? 1 : 0], 0, 1};
    }

    /// For so much that comes. The program pays nothing for what is worth nothing.
    Result<Exchange> exchange_for(std::uint64_t in, bool a_to_b) const {
        if (state_.liquidity == 0) return reject(Reason::insufficient_liquidity, "the pool has no liquidity");
        Exchange made;
        made.in = in;
        if (state_.collects == Collects::compounding) {
            const auto fill = fill_exact_in(product(a_to_b), in);
            if (fill) made.out = fill.value().out;
            if (fill) made.impact_bps = fill.value().impact_bps;
            return checked(made, a_to_b);
        }
        const auto moved = pay(range(), in, a_to_b);
        if (!moved) return moved.error();
        made.out = moved.value().other;
        return checked(with_impact(made, moved.value().price, a_to_b), a_to_b);
    }

    /// For so much that leaves.
    Result<Exchange> exchange_of(std::uint64_t out, bool a_to_b) const {
        if (state_.liquidity == 0) return reject(Reason::insufficient_liquidity, "the pool has no liquidity");
        Exchange made;
        made.out = out;
        if (state_.collects == Collects::compounding) {
            const auto fill = fill_exact_out(product(a_to_b), out);
            if (!fill) return fill.error();
            made.in = fill.value().in;
            made.impact_bps = fill.value().impact_bps;
            return checked(made, a_to_b);
        }
        const auto moved = charge(range(), out, a_to_b);
        if (!moved) return moved.error();
        made.in = moved.value().other;
        return checked(with_impact(made, moved.value().price, a_to_b), a_to_b);
    }

    Exchange with_impact(Exchange made, Wide price, bool a_to_b) const {
        made.impact_bps = liquidity_impact_bps(state_.price, price, made.in, made.out, a_to_b);
        return made;
    }

    /// The program counts what is the pool's, and refuses what its numbers do not hold.
    Result<Exchange> checked(const Exchange& made, bool a_to_b) const {
        const ProductCurve kept = product(a_to_b);
        if (!as_u64(Wide(kept.reserve_in) + made.in)) return beyond_numbers();
        if (made.out > kept.reserve_out) return beyond_reserve(kept);
        return made;
    }

    PublicKey address_;
    State state_;
    PoolSide a_;
    PoolSide b_;
};

class Family final : public PoolFamily {
public:
    std::string_view name() const override { return "meteora_damm_v2"; }
    const PublicKey& program() const override { return meteora_damm_v2_pool::program; }
    const PoolLayout& layout() const override { return pool_layout; }

    Result<std::vector<PublicKey>> wanted(const PublicKey& pool, const AccountStates& known) const override {
        if (!known.contains(pool)) return std::vector{pool};
        const auto state = read_state(pool, known);
        if (!state) return state.error();
        const State& read = state.value();
        return std::vector{pool, read.vaults[0], read.vaults[1], read.mints[0], read.mints[1]};
    }

    Result<std::unique_ptr<Pool>> open(const PublicKey& pool, const AccountStates& accounts) const override {
        const auto state = read_state(pool, accounts);
        if (!state) return state.error();
        std::vector<PoolSide> sides;
        for (std::size_t i = 0; i < 2; ++i) {
            auto side = open_side(accounts, state.value().mints[i], state.value().vaults[i], authority);
            if (!side) return side.error();
            const PublicKey& expected = state.value().token_programs[i] == 0 ? well_known::token_program
                                                                             : well_known::token_2022_program;
            if (side.value().token.token_program != expected)
                return bad_account("the pool", pool, "it says something else of its mints than they do");
            sides.push_back(std::move(side).value());
        }
        return std::unique_ptr<Pool>(new DammPool(pool, state.value(), sides[0], sides[1]));
    }

    std::optional<PoolSwap> read_swap(const Instruction& instruction) const override {
        const auto read = sale.read(instruction);
        if (!read) return std::nullopt;
        const auto& accounts = instruction.accounts;
        const bool is_referred = accounts[referral].key != meteora_damm_v2_pool::program;
        const bool names_another = accounts.size() > named_accounts &&
                                   accounts[named_accounts].key != well_known::instructions_sysvar;
        return is_referred || names_another ? std::nullopt : read;
    }
};

}  // namespace
}  // namespace meteora_damm_v2_pool

const PoolFamily& meteora_damm_v2() {
    static const meteora_damm_v2_pool::Family family;
    return family;
}

}  // namespace libexec
