#pragma once

#include "mini_chain.hpp"

#include <array>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "libexec/solana/address.hpp"
#include "libexec/solana/key_pair.hpp"
#include "libexec/venues/solana/pool_book.hpp"
#include "libexec/venues/solana/swap_costs.hpp"
#include "libexec/venues/venue.hpp"
#include "support/swaps.hpp"
#include "support/text.hpp"
#include "synthetic_pools.hpp"

namespace libexec::test {

inline constexpr std::uint64_t sol = 1'000'000'000;     // lamports
inline constexpr std::uint64_t token_rent = 2'039'280;  // lamports that a token account holds

inline KeyPair key_pair_numbered(std::uint8_t number) {
    std::array<std::uint8_t, 32> seed{};
    seed[0] = number;
    return KeyPair::from_seed(seed);
}

/// A wallet on a small chain, and what its venues say.
class SolanaMarket {
public:
    SolanaMarket() { chain.set_lamports(wallet.public_key(), 50'000'000'000); }

    SolanaVenueParts parts() { return {chain, time, wallet.public_key(), costs, log.get()}; }
    PoolBook& book(std::vector<PublicKey> pools) {
        book_ = std::make_unique<PoolBook>(std::move(pools), chain, time, log.get());
        return *book_;
    }

    /// A pool of Raydium CPMM that trades them, with `held` of each.
    SyntheticCpmm cpmm(std::uint64_t number, const Token& a, std::uint64_t held_a, const Token& b,
                       std::uint64_t held_b) {
        SyntheticCpmm pool;
        pool.address = key_numbered(1'000 * number);
        pool.config = key_numbered(1'000 * number + 1);
        const std::array<const Token*, 2> tokens{&a, &b};
        const std::array<std::uint64_t, 2> held{held_a, held_b};
        for (std::size_t i = 0; i < 2; ++i) {
            pool.tokens[i].mint = PublicKey(tokens[i]->mint);
            pool.tokens[i].decimals = tokens[i]->decimals;
            pool.tokens[i].vault = key_numbered(1'000 * number + 2 + i);
            pool.tokens[i].held = held[i];
        }
        return pool;
    }

    Result<Quote> quote(Venue& venue, QuoteRequest request) {
        return time.run(venue.quote(std::move(request)));
    }
    Result<UnsignedTransaction> build(Venue& venue, SwapPlan plan) {
        Anchor anchor;
        anchor.blockhash = PublicKey(key_numbered(77)).to_string();
        anchor.last_valid_height = 500;
        anchor.slot = chain.slot;
        return time.run(venue.build(std::move(plan), std::move(anchor)));
    }

    /// The plan for a quote, with a limit of so much worse.
    static SwapPlan plan_of(const QuoteRequest& request, const Quote& quote,
                            std::uint32_t slippage_bps = 50) {
        SwapPlan plan;
        plan.order = order_id(7);
        plan.attempt = 2;
        plan.token_in = request.token_in;
        plan.token_out = request.token_out;
        plan.mode = request.mode;
        plan.quote = quote;
        const Bps slippage = Bps::of(slippage_bps).value();
        plan.limit = request.mode == SwapMode::exact_in ? least_output(quote.amount_out, slippage)
                                                        : most_input(quote.amount_in, slippage);
        plan.wraps_sol = request.token_in.mint == wrapped_sol_mint();
        plan.unwraps_sol = request.token_out.mint == wrapped_sol_mint();
        return plan;
    }

    PublicKey account_of(const PublicKey& owner, const Token& token) const {
        const PublicKey mint(token.mint);
        return associated_token_address(owner, chain.state.at(mint).owner, mint);
    }
    PublicKey account_of(const Token& token) const { return account_of(wallet.public_key(), token); }
    std::size_t logged(const std::string& event) const { return times_in(lines.str(), event); }

    SimTime time;
    MiniChain chain{time};
    KeyPair wallet = key_pair_numbered(1);
    SwapCosts costs;
    std::ostringstream lines;
    std::unique_ptr<Log> log = make_stream_log(lines, LogLevel::info, LogFormat::json, time);

private:
    std::unique_ptr<PoolBook> book_;
};

inline QuoteRequest want(const std::string& symbol_in, const std::string& symbol_out,
                         std::uint64_t base_units) {
    QuoteRequest request = ask_for(symbol_in, symbol_out, base_units);
    request.mode = SwapMode::exact_out;
    return request;
}

}  // namespace libexec::test
