#include "pool_side.hpp"

#include <limits>

namespace libexec::pools {

Result<std::uint64_t> PoolSide::to_deliver(std::uint64_t net, const ChainClock& clock) const {
    const auto sent = token.amount_that_delivers(net, clock.epoch);
    if (!sent)
        return reject(Reason::insufficient_liquidity, "no amount of " + mint.to_string() + " delivers " +
                                                          std::to_string(net) +
                                                          " base units after its transfer fee");
    return *sent;
}

Result<PoolSide> open_side(const AccountStates& accounts, const PublicKey& mint, const PublicKey& vault,
                           const PublicKey& vault_owner) {
    const auto mint_account = find_account(accounts, mint, "the mint");
    if (!mint_account) return mint_account.error();
    const auto vault_account = find_account(accounts, vault, "the vault");
    if (!vault_account) return vault_account.error();
    const auto token = read_mint(*mint_account.value());
    if (!token) return token.error();
    const auto holding = read_token_account(*vault_account.value());
    if (!holding) return holding.error();

    const TokenAccountState& kept = holding.value();
    if (kept.mint != mint) return bad_account("the vault", vault, "it holds " + kept.mint.to_string());
    if (kept.owner != vault_owner)
        return bad_account("the vault", vault, "it belongs to " + kept.owner.to_string());
    if (kept.token_program != token.value().token_program)
        return bad_account("the vault", vault, "another token program runs it than its mint");

    const auto unsupported = [&](const char* why) {
        return reject(Reason::unsupported_token, "the token " + mint.to_string() + " " + why);
    };
    if (token.value().has_transfer_hook)
        return unsupported("runs a program of its own on every transfer (a transfer hook)");
    if (token.value().is_non_transferable) return unsupported("cannot be transferred");
    if (token.value().is_paused) return unsupported("is paused");
    if (token.value().starts_frozen) return unsupported("keeps new accounts frozen");
    if (kept.frozen) return unsupported("is frozen in the vault of the pool");

    PoolSide side;
    side.mint = mint;
    side.vault = vault;
    side.token = token.value();
    side.held = kept.amount;
    return side;
}

namespace {

Rejection not_traded(const PublicKey& mint) {
    return reject(Reason::no_route, "the pool does not trade " + mint.to_string());
}

}  // namespace

Result<Direction> direction_of_sale(const PoolSide& first, const PoolSide& second, const PublicKey& mint_in) {
    if (mint_in == first.mint) return Direction{first, second, true};
    if (mint_in == second.mint) return Direction{second, first, false};
    return not_traded(mint_in);
}

Result<Direction> direction_of_purchase(const PoolSide& first, const PoolSide& second,
                                        const PublicKey& mint_out) {
    if (mint_out == second.mint) return Direction{first, second, true};
    if (mint_out == first.mint) return Direction{second, first, false};
    return not_traded(mint_out);
}

Result<PoolTrade> settle(const Direction& way, const Fill& fill, std::uint64_t given,
                         std::uint64_t received) {
    if (fill.out > way.out.held)
        return reject(Reason::insufficient_liquidity, "the vault " + way.out.vault.to_string() + " holds " +
                                                          std::to_string(way.out.held) + " base units, " +
                                                          std::to_string(fill.out) + " would be paid");
    if (fill.in > std::numeric_limits<std::uint64_t>::max() - way.in.held)
        return reject(Reason::insufficient_liquidity,
                      "the vault " + way.in.vault.to_string() + " cannot hold that much more");
    PoolTrade made;
    made.amount_in = given;
    made.amount_out = received;
    made.fee = fill.fee;
    made.fee_mint = fill.fee_on_output ? way.out.mint : way.in.mint;
    made.price_impact_bps = fill.impact_bps;
    made.crossings = fill.crossings;
    return made;
}

Rejection beyond_numbers() {
    return reject(Reason::insufficient_liquidity, "the amount is beyond what the program can compute");
}

Rejection nothing_left(std::string_view what) {
    return reject(Reason::amount_too_small, "after fees and rounding the pool would " + std::string(what));
}

}  // namespace libexec::pools
