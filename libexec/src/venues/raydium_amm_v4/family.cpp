#include "../pools/family.hpp"

#include "../pools/constant_product.hpp"
#include "../pools/pool_side.hpp"
#include "../pools/sale_shape.hpp"
#include "state.hpp"

namespace libexec {

using namespace std::string_view_literals;
using namespace pools;

namespace raydium_amm_v4_pool {
namespace {

constexpr SaleShape sale = {.program = program,
                            .name = "\x09"sv,  // swap_base_in
                            .manner = ""sv,
                            .accounts_least = 17,
                            .accounts_most = 17,
                            .user = 16,
                            .token_in = 14,
                            .token_out = 15};

class AmmPool final : public Pool {
public:
    AmmPool(const PublicKey& address, const State& state, PoolSide coin, PoolSide pc)
        : address_(address), state_(state), coin_(coin), pc_(pc) {}

    const PublicKey& address() const override { return address_; }
    const PublicKey& mint_a() const override { return coin_.mint; }
    const PublicKey& mint_b() const override { return pc_.mint; }

    Result<PoolTrade> sell(const PublicKey& mint_in, std::uint64_t amount_in,
                           const ChainClock& clock) const override {
        const auto way = direction_of_sale(coin_, pc_, mint_in);
        if (!way) return way.error();
        if (const auto open = check_open(clock); !open) return open.error();
        const auto fill = fill_exact_in(curve(way.value()), amount_in);
        if (!fill) return fill.error();
        return settle(way.value(), fill.value(), amount_in, fill.value().out);
    }

    Result<PoolTrade> buy(const PublicKey& mint_out, std::uint64_t amount_out,
                          const ChainClock& clock) const override {
        const auto way = direction_of_purchase(coin_, pc_, mint_out);
        if (!way) return way.error();
        if (const auto open = check_open(clock); !open) return open.error();
        if (amount_out == 0) return nothing_left("pay nothing");
        const auto fill = fill_exact_out(curve(way.value()), amount_out);
        if (!fill) return fill.error();
        return settle(way.value(), fill.value(), fill.value().in, amount_out);
    }

    Result<Instruction> swap(const PoolSwap& swap, const ChainClock& clock) const override {
        const auto way = direction_of_sale(coin_, pc_, swap.mint_in);
        if (!way) return way.error();
        if (const auto open = check_open(clock); !open) return open.error();
        Instruction made;
        made.program = program;
        // The accounts of the order book are never read any more, but counted: its vaults are stood in for
        // by the pool's, its book and queue by the pool itself, its signer by the authority.
        made.accounts = {readable(well_known::token_program),
                         writable(address_),
                         readable(authority),
                         writable(state_.open_orders),
                         writable(coin_.vault),
                         writable(pc_.vault),
                         readable(state_.market_program),
                         writable(state_.market),
                         writable(address_),
                         writable(address_),
                         writable(address_),
                         writable(coin_.vault),
                         writable(pc_.vault),
                         readable(authority),
                         writable(swap.user_token_in),
                         writable(swap.user_token_out),
                         signing(swap.user)};
        made.data = sale.data(swap);
        return made;
    }

private:
    Result<Done> check_open(const ChainClock& clock) const {
        switch (static_cast<Status>(state_.status)) {
            case Status::initialized:
            case Status::swap_only:
                return Done{};
            case Status::waiting_trade:
                // The program compares without a sign as well.
                if (static_cast<std::uint64_t>(clock.unix_timestamp) >= state_.open_time) return Done{};
                return reject(Reason::pool_closed,
                              "the pool opens at unix time " + std::to_string(state_.open_time));
        }
        return reject(Reason::pool_closed,
                      "the status of the pool, " + std::to_string(state_.status) + ", allows no swaps");
    }

    /// The program rounds the fee up since September 2025; older builds let an input of less than half the
    /// fee's reciprocal go free.
    ProductCurve curve(const Direction& way) const {
        const std::uint64_t reserves[] = {coin_.held - state_.owed[0], pc_.held - state_.owed[1]};
        ProductCurve made;
        made.reserve_in = reserves[way.forward ? 0 : 1];
        made.reserve_out = reserves[way.forward ? 1 : 0];
        made.fee_numerator = state_.fee_numerator;
        made.fee_denominator = state_.fee_denominator;
        return made;
    }

    PublicKey address_;
    State state_;
    PoolSide coin_;
    PoolSide pc_;
};

class Family final : public PoolFamily {
public:
    std::string_view name() const override { return "raydium_amm_v4"; }
    const PublicKey& program() const override { return raydium_amm_v4_pool::program; }
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
            if (side.value().token.token_program != well_known::token_program)
                return bad_account("the pool", pool, "only SPL Token mints are traded in such a pool");
            if (side.value().token.decimals != state.value().decimals[i])
                return bad_account("the pool", pool, "it says something else of its mints than they do");
            if (side.value().held < state.value().owed[i])
                return bad_account("the pool", pool, "it owes more than its vault holds");
            sides.push_back(std::move(side).value());
        }
        return std::unique_ptr<Pool>(new AmmPool(pool, state.value(), sides[0], sides[1]));
    }

    std::optional<PoolSwap> read_swap(const Instruction& instruction) const override {
        return sale.read(instruction);
    }
};

}  // namespace
}  // namespace raydium_amm_v4_pool

const PoolFamily& raydium_amm_v4() {
    static const raydium_amm_v4_pool::Family family;
    return family;
}

}  // namespace libexec
