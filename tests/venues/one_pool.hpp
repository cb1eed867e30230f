#pragma once

#include <doctest/doctest.h>

#include "libexec/venues/solana/pool_venue.hpp"
#include "solana_market.hpp"

namespace libexec::test {

/// A market with one pool of SOL and USDC.
struct OnePool : SolanaMarket {
    OnePool() {
        pool = cpmm(1, token("SOL"), 10'000 * sol, token("USDC"), 1'500'000'000'000);
        chain.add(pool.encode());
        venue = make_pool_venue(family(), book({pool.address}), parts());
    }
    const PoolFamily& family() const { return *family_of(chain.state.at(pool.address)); }
    std::unique_ptr<Pool> now() const { return family().open(pool.address, chain.state).value(); }
    PoolTrade sale(const std::string& symbol, std::uint64_t amount) const {
        return now()->sell(PublicKey(token(symbol).mint), amount, chain.clock()).value();
    }
    SwapPlan plan(const QuoteRequest& request, std::uint32_t slippage_bps = 50) {
        const Result<Quote> offer = quote(*venue, request);
        REQUIRE_MESSAGE(offer, (offer ? "" : offer.error().detail));
        return plan_of(request, offer.value(), slippage_bps);
    }
    /// Somebody else sells that much SOL.
    void trade_of_another(std::uint64_t lamports) {
        const PoolTrade trade = sale("SOL", lamports);
        pool.tokens[0].held += lamports;
        pool.tokens[1].held -= trade.amount_out;
        chain.add(pool.encode());
        ++chain.slot;
    }
    /// Signs what was built and lets it happen.
    std::optional<Rejection> land(const UnsignedTransaction& built) {
        Message message = decode_message(built.message).value();
        const KeyPair* const signer = &wallet;
        return chain.land(sign_transaction(std::move(message), std::span(&signer, 1)).value());
    }

    SyntheticCpmm pool;
    std::shared_ptr<Venue> venue;
};

/// The instructions of what was built.
inline std::vector<Instruction> inside(const UnsignedTransaction& built) {
    return instructions_of(decode_message(built.message).value()).value();
}

}  // namespace libexec::test
