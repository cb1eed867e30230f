#include "swap_check.hpp"

#include <algorithm>
#include <cctype>

#include "libexec/solana/transaction.hpp"

namespace libexec {
namespace {

constexpr std::uint64_t token_account_bytes = 165;
constexpr std::uint64_t wallet_bytes = 0;

// What a transaction may use beyond what its simulation used: a tenth, and a little for the cheap ones. Pools
// that move in between cross a tick more or less.
constexpr std::uint64_t margin_divisor = 10;
constexpr std::uint64_t margin_units = 1'000;

Result<Message> message_of(const SwapTask& task, const std::vector<Instruction>& core, std::uint32_t units,
                           std::uint64_t price) {
    SwapFrame frame = task.frame;
    if (units != 0) frame.compute_unit_limit = units;
    if (price != 0) frame.compute_unit_price = price;
    MessageDraft draft;
    draft.payer = frame.wallet;
    draft.instructions = framed(frame, core);
    draft.blockhash = task.blockhash;
    Result<Message> message = compile_message(draft);
    if (!message)
        return reject(Reason::chain_rejected,
                      "the chain takes no such transaction: " + message.error().detail);
    return message;
}

/// What the transaction costs the wallet beside what it trades and the rent.
std::uint64_t fee_of(const SwapTask& task, const Message& message, std::uint64_t units, std::uint64_t price) {
    const std::uint64_t tip = task.frame.tip ? task.frame.tip->lamports : 0;
    return message.signers * signature_lamports + priority_lamports(units, price) + tip;
}

/// The last line in which a program says what went wrong, or nothing.
std::string_view complaint(const std::vector<std::string>& log) {
    for (auto line = log.rbegin(); line != log.rend(); ++line) {
        for (const std::string_view sign : {"Error", "insufficient lamports"}) {
            if (line->find(sign) != std::string::npos) return *line;
        }
    }
    return {};
}

bool says(std::string_view line, std::string_view words) {
    const auto same = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    };
    return std::search(line.begin(), line.end(), words.begin(), words.end(), same) != line.end();
}

bool keeps(const SwapTask& task, const WalletChange& change, std::uint64_t promised) {
    return change.paid == SignedLamports(task.frame.amount_in) && change.received == SignedLamports(promised);
}

}  // namespace

Rejection failure_of(const SimulatedRun& run) {
    Rejection why = *run.failure;
    if (why.reason != Reason::chain_rejected) return why;
    constexpr std::size_t words_most = 240;
    const std::string_view words = complaint(run.log).substr(0, words_most);
    if (words.empty()) return why;
    // How the programs of pools call it when they would pay less than they were told to.
    for (const std::string_view sign : {"slippage", "AmountOutBelowMinimum", "TooLittleOutputReceived"}) {
        if (says(words, sign)) why.reason = Reason::slippage_exceeded;
    }
    if (says(words, "insufficient funds") || says(words, "insufficient lamports"))
        why.reason = Reason::insufficient_funds;
    if (why.detail.find(words) == std::string::npos) why.detail += ": " + std::string(words);
    return why;
}

Task<Result<CheckedSwap>> SwapCheck::run(Promises& promises, SwapTask task, std::uint64_t price) {
    // Enough to have the instruction in it, and no lamport worth speaking of.
    const std::uint64_t simulated_price = price == 0 ? 0 : 1;
    Result<Promise> made = co_await promises.make(task.least_slot);
    if (!made) co_return made.error();
    Promise before = std::move(made).value();
    for (std::uint32_t check = 0; check < std::max(costs_.checks_most, 1u); ++check) {
        if (before.received < task.least_out)
            co_return reject(Reason::slippage_exceeded, "it would pay " + std::to_string(before.received) +
                                                            " now, and " + std::to_string(task.least_out) +
                                                            " is the least");
        const Result<Message> draft = message_of(task, before.core, costs_.units_most, simulated_price);
        if (!draft) co_return draft.error();
        const std::uint64_t fee = fee_of(task, draft.value(), costs_.units_most, simulated_price);
        Bytes shown = encode_transaction(unsigned_transaction(draft.value()));
        Result<SimulatedRun> ran =
            co_await reader_.simulate(std::move(shown), wallet_accounts(task.frame), before.slot);
        if (!ran) co_return ran.error();
        const SimulatedRun seen = std::move(ran).value();
        if (seen.slot < before.slot)
            co_return reject(Reason::service_unavailable, "the simulation was of an earlier slot");

        const std::optional<Rejection> failure =
            seen.failure ? std::optional<Rejection>(failure_of(seen)) : std::nullopt;
        if (failure && failure->reason != Reason::slippage_exceeded) co_return *failure;
        WalletChange change;
        if (!failure) {
            const Result<WalletChange> changed = change_of(task.frame, fee, before.wallet, seen.after);
            if (!changed) co_return changed.error();
            change = changed.value();
            if (keeps(task, change, before.received))
                co_return co_await finish(task, before, seen, fee, price);
        }

        // Either it pays something else than it should, or somebody else traded meanwhile.
        Result<Promise> again = co_await promises.make(seen.slot);
        if (!again) co_return again.error();
        Promise after = std::move(again).value();
        const auto [least, most] = std::minmax({before.received, after.received});
        if (before.venue == after.venue && before.wallet == after.wallet) {
            // A fee that follows the chain's clock lies between what it was before and what it is now.
            if (!failure && change.paid == SignedLamports(task.frame.amount_in) &&
                change.received >= SignedLamports(least) && change.received <= SignedLamports(most))
                co_return co_await finish(task, before, seen, fee, price);
            if (failure && least < std::max(task.least_out, before.least_out)) co_return *failure;
            CheckedSwap broken;
            broken.slot = before.slot;
            broken.promised = before.received;
            broken.received = change.received;
            broken.paid = change.paid;
            broken.mispriced = "a simulation in slot " + std::to_string(seen.slot) + " of a sale of " +
                               std::to_string(task.frame.amount_in) + " ";
            broken.mispriced += failure ? "failed with: " + failure->detail + ", where "
                                        : "took " + digits_of(change.paid) + " and paid " +
                                              digits_of(change.received) + ", where ";
            broken.mispriced +=
                std::to_string(before.received) + " had to be paid, and no account had changed";
            co_return broken;
        }
        if (failure) co_return *failure;
        // What the simulation saw may be what stands there now.
        const Result<WalletChange> late = change_of(task.frame, fee, after.wallet, seen.after);
        if (late && keeps(task, late.value(), after.received)) {
            after.core = std::move(before.core);
            co_return co_await finish(task, after, seen, fee, price);
        }
        before = std::move(after);
    }
    co_return reject(Reason::slippage_exceeded, "the accounts changed under each of " +
                                                    std::to_string(std::max(costs_.checks_most, 1u)) +
                                                    " simulations, so that none could be checked");
}

/// The transaction as it is to be signed: what it may use follows from what the simulation used.
Task<Result<CheckedSwap>> SwapCheck::finish(const SwapTask& task, const Promise& kept,
                                            const SimulatedRun& ran, std::uint64_t simulated_fee,
                                            std::uint64_t price) {
    if (ran.compute_units == 0 || ran.compute_units > costs_.units_most)
        co_return reject(Reason::service_unavailable, "the simulation says that it used " +
                                                          std::to_string(ran.compute_units) +
                                                          " units of compute, which cannot be");
    const std::uint64_t units = std::min<std::uint64_t>(
        ran.compute_units + ran.compute_units / margin_divisor + margin_units, costs_.units_most);
    Result<Message> message = message_of(task, kept.core, static_cast<std::uint32_t>(units), price);
    if (!message) co_return message.error();

    // The simulation paid next to nothing for its place. What the wallet has must be enough at each moment,
    // also for the rent of an account of wrapped SOL that it gets back at the end; and the chain leaves no
    // account with less than the rent of one.
    const SwapFrame& frame = task.frame;
    const std::uint64_t fee = fee_of(task, message.value(), units, price);
    SignedLamports needed = fee;
    if (frame.wraps_sol || frame.unwraps_sol) {
        const Result<std::uint64_t> of_account = co_await rent(token_account_bytes);
        if (!of_account) co_return of_account.error();
        const SignedLamports there =
            lamports_at(kept.wallet, frame.wraps_sol ? frame.account_in() : frame.account_out());
        needed += std::max<SignedLamports>(SignedLamports(of_account.value()) - there, 0);
    }
    if (frame.wraps_sol) needed += frame.amount_in;
    if (!frame.unwraps_sol)
        needed += SignedLamports(lamports_at(ran.after, frame.account_out())) -
                  lamports_at(kept.wallet, frame.account_out());
    const Result<std::uint64_t> of_wallet = co_await rent(wallet_bytes);
    if (!of_wallet) co_return of_wallet.error();
    const SignedLamports has = lamports_at(kept.wallet, frame.wallet);
    const SignedLamports left = SignedLamports(lamports_at(ran.after, frame.wallet)) + simulated_fee - fee;
    if (has < needed)
        co_return reject(Reason::insufficient_funds, "the wallet has " + digits_of(has) + " lamports, and " +
                                                         digits_of(needed) + " are needed, the fee of " +
                                                         std::to_string(fee) + " among them");
    if (left > 0 && left < SignedLamports(of_wallet.value()))
        co_return reject(Reason::insufficient_funds, "the wallet would have " + digits_of(left) +
                                                         " lamports after the trade, and must keep " +
                                                         std::to_string(of_wallet.value()) + " or nothing");

    CheckedSwap checked;
    checked.message = std::move(message).value();
    checked.slot = kept.slot;
    checked.promised = kept.received;
    checked.received = kept.received;
    checked.paid = task.frame.amount_in;
    co_return checked;
}

Task<Result<std::uint64_t>> SwapCheck::rent(std::uint64_t size_bytes) {
    const auto known = rents_.find(size_bytes);
    if (known != rents_.end()) co_return known->second;
    Result<std::uint64_t> told = co_await reader_.rent_exemption(size_bytes);
    if (told) rents_[size_bytes] = told.value();
    co_return told;
}

}  // namespace libexec
