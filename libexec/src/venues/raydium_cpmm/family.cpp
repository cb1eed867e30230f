#include "../pools/family.hpp"

#include "../pools/pool_side.hpp"
#include "../pools/sale_shape.hpp"
#include "curve.hpp"
#include "state.hpp"

namespace libexec {

using namespace std::string_view_literals;
using namespace pools;

namespace raydium_cpmm_pool {
namespace {

constexpr SaleShape sale = {.program = program,
                            .name = "\x8f\xbe\x5a\xda\xc4\x1e\x33\xde"sv,  // swap_base_input
                            .manner = ""sv,
                            .accounts_least = 13,
                            .accounts_most = 13,
                            .user = 0,
                            .token_in = 4,
                            .token_out = 5,
                            .mint_in = 10};
constexpr std::uint8_t swap_off = 1 << 2;

class CpmmPool final : public Pool {
public:
    CpmmPool(const PublicKey& address, const State& state, Rates rates, PoolSide first, PoolSide second)
        : address_(address), state_(state), rates_(rates), first_(first), second_(second) {}

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
        const auto fill = fill_exact_in(curve(way.value()), arrived);
        if (!fill) return fill.error();
        const std::uint64_t paid = out.arrives(fill.value().out, clock);
        if (paid == 0) return nothing_left("pay nothing");
        return settle(way.value(), fill.value(), amount_in, paid);
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
        const auto fill = fill_exact_out(curve(way.value()), sent.value());
        if (!fill) return fill.error();
        const auto given = in.to_deliver(fill.value().in, clock);
        if (!given) return given.error();
        return settle(way.value(), fill.value(), given.value(), amount_out);
    }

    Result<Instruction> swap(const PoolSwap& swap, const ChainClock& clock) const override {
        const auto way = direction_of_sale(first_, second_, swap.mint_in);
        if (!way) return way.error();
        if (const auto open = check_open(clock); !open) return open.error();
        const auto& [in, out, forward] = way.value();
        Instruction made;
        made.program = raydium_cpmm_pool::program;
        made.accounts = {signing(swap.user),
                         readable(authority),
                         readable(state_.config),
                         writable(address_),
                         writable(swap.user_token_in),
                         writable(swap.user_token_out),
                         writable(in.vault),
                         writable(out.vault),
                         readable(in.token.token_program),
                         readable(out.token.token_program),
                         readable(in.mint),
                         readable(out.mint),
                         writable(state_.observation)};
        made.data = sale.data(swap);
        return made;
    }

private:
    Result<Done> check_open(const ChainClock& clock) const {
        if ((state_.status & swap_off) != 0)
            return reject(Reason::pool_closed, "swaps of the pool are switched off");
        // The program compares without a sign as well.
        if (static_cast<std::uint64_t>(clock.unix_timestamp) < state_.open_time)
            return reject(Reason::pool_closed,
                          "the pool opens at unix time " + std::to_string(state_.open_time));
        return Done{};
    }

    Curve curve(const Direction& way) const {
        const std::uint64_t reserves[] = {first_.held - state_.owed[0], second_.held - state_.owed[1]};
        const bool creator_pays_in = state_.creator_fee_on == CreatorFeeOn::input ||
                                     (state_.creator_fee_on == CreatorFeeOn::only_first) == way.forward;
        Curve made;
        made.product.reserve_in = reserves[way.forward ? 0 : 1];
        made.product.reserve_out = reserves[way.forward ? 1 : 0];
        made.product.fee_numerator = rates_.trade + (creator_pays_in ? rates_.creator : 0);
        made.product.fee_denominator = whole;
        made.creator_rate_on_output = creator_pays_in ? 0 : rates_.creator;
        return made;
    }

    PublicKey address_;
    State state_;
    Rates rates_;
    PoolSide first_;
    PoolSide second_;
};

class Family final : public PoolFamily {
public:
    std::string_view name() const override { return "raydium_cpmm"; }
    const PublicKey& program() const override { return raydium_cpmm_pool::program; }
    const PoolLayout& layout() const override { return pool_layout; }

    Result<std::vector<PublicKey>> wanted(const PublicKey& pool, const AccountStates& known) const override {
        if (!known.contains(pool)) return std::vector{pool};
        const auto state = read_state(pool, known);
        if (!state) return state.error();
        const State& read = state.value();
        return std::vector{pool, read.config, read.vaults[0], read.vaults[1], read.mints[0], read.mints[1]};
    }

    Result<std::unique_ptr<Pool>> open(const PublicKey& pool, const AccountStates& accounts) const override {
        const auto state = read_state(pool, accounts);
        if (!state) return state.error();
        const auto rates = read_rates(state.value(), accounts);
        if (!rates) return rates.error();
        std::vector<PoolSide> sides;
        for (std::size_t i = 0; i < 2; ++i) {
            auto side = open_side(accounts, state.value().mints[i], state.value().vaults[i], authority);
            if (!side) return side.error();
            if (side.value().token.token_program != state.value().token_programs[i] ||
                side.value().token.decimals != state.value().decimals[i])
                return bad_account("the pool", pool, "it says something else of its mints than they do");
            if (side.value().held < state.value().owed[i])
                return bad_account("the pool", pool, "it owes more fees than its vault holds");
            sides.push_back(std::move(side).value());
        }
        return std::unique_ptr<Pool>(new CpmmPool(pool, state.value(), rates.value(), sides[0], sides[1]));
    }

    std::optional<PoolSwap> read_swap(const Instruction& instruction) const override {
        return sale.read(instruction);
    }
};

}  // namespace
}  // namespace raydium_cpmm_pool

const PoolFamily& raydium_cpmm() {
    static const raydium_cpmm_pool::Family family;
    return family;
}

}  // namespace libexec
