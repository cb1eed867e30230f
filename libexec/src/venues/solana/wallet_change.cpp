#include "wallet_change.hpp"

#include "libexec/solana/token_state.hpp"

namespace libexec {
namespace {

/// Base units in a token account; 0 where none is.
std::uint64_t held_before(const AccountStates& accounts, const PublicKey& key) {
    const auto found = accounts.find(key);
    if (found == accounts.end()) return 0;
    const Result<TokenAccountState> state = read_token_account(found->second);
    return state ? state.value().amount : 0;
}

Result<std::uint64_t> held_after(const AccountStates& accounts, const PublicKey& key) {
    const auto found = accounts.find(key);
    const Result<TokenAccountState> state =
        found == accounts.end() ? Result<TokenAccountState>(reject(Reason::bad_account, "it is missing"))
                                : read_token_account(found->second);
    if (!state)
        return reject(Reason::service_unavailable, "the simulation does not tell what the token account " +
                                                       key.to_string() +
                                                       " holds afterwards: " + state.error().detail);
    return state.value().amount;
}

}  // namespace

std::vector<PublicKey> wallet_accounts(const SwapFrame& frame) {
    return {frame.wallet, frame.account_in(), frame.account_out()};
}

std::uint64_t lamports_at(const AccountStates& accounts, const PublicKey& key) {
    const auto found = accounts.find(key);
    return found == accounts.end() ? 0 : found->second.lamports;
}

Result<WalletChange> change_of(const SwapFrame& frame, std::uint64_t fee_lamports,
                               const AccountStates& before, const AccountStates& after) {
    if (!after.contains(frame.wallet))
        return reject(Reason::service_unavailable,
                      "the simulation does not tell what the wallet holds afterwards");
    const PublicKey in = frame.account_in();
    const PublicKey out = frame.account_out();
    const SignedLamports had = lamports_at(before, frame.wallet);
    const SignedLamports has = lamports_at(after, frame.wallet);
    // A closed account of wrapped SOL gives back whatever lay in it before, its rent among it.
    const SignedLamports without_fee = has + fee_lamports;

    WalletChange change;
    if (frame.unwraps_sol) {
        change.received = without_fee - had - lamports_at(before, out);
    } else {
        const Result<std::uint64_t> holds = held_after(after, out);
        if (!holds) return holds.error();
        change.received = SignedLamports(holds.value()) - held_before(before, out);
    }
    if (frame.wraps_sol) {
        const SignedLamports rent = SignedLamports(lamports_at(after, out)) - lamports_at(before, out);
        change.paid = had + lamports_at(before, in) - rent - without_fee;
    } else {
        const Result<std::uint64_t> holds = held_after(after, in);
        if (!holds) return holds.error();
        change.paid = SignedLamports(held_before(before, in)) - holds.value();
    }
    return change;
}

std::string digits_of(SignedLamports amount) {
    const bool below = amount < 0;
    if (below) amount = -amount;
    std::string digits;
    do {
        digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(amount % 10)));
        amount /= 10;
    } while (amount != 0);
    return below ? "-" + digits : digits;
}

}  // namespace libexec
