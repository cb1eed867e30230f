#pragma once

#include "support/sim_time.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libexec/solana/chain_reader.hpp"
#include "libexec/solana/transaction.hpp"
#include "libexec/solana/well_known.hpp"

namespace libexec::test {

/// A chain of one node that runs what the venues build: System, SPL Token and Token-2022, their accounts,
/// wrapped SOL, memos, compute budgets, and swaps of Raydium CPMM at the price of the pool's own arithmetic,
/// unless the test wants it to pay something else. Rules of the chain that a transaction breaks make it fail
/// as it does there.
class MiniChain final : public ChainReader {
public:
    explicit MiniChain(SimTime& time);

    AccountStates state;
    std::uint64_t slot = 1'000;
    std::int64_t unix_timestamp = 1'800'000'000;
    std::uint64_t epoch = 900;
    std::uint64_t units = 61'234;       ///< what every simulation uses
    std::vector<std::uint64_t> fees{};  ///< what others paid lately

    // What the test scripts.
    std::int64_t pays_more = 0;  ///< than a pool's arithmetic says
    std::int64_t takes_more = 0;
    std::function<void()> before_simulation = [] {};
    std::function<void()> after_simulation = [] {};
    std::function<void(SimulatedRun&)> twist = [](SimulatedRun&) {};
    std::optional<Rejection> reads_fail;
    /// What happens before a read of these accounts, and why it fails; empty: it does not.
    std::function<std::optional<Rejection>(const std::vector<PublicKey>& addresses)> before_read =
        [](const std::vector<PublicKey>&) -> std::optional<Rejection> { return std::nullopt; };
    /// Why a search of that program's accounts fails; empty: it does not.
    std::function<std::optional<Rejection>(const PublicKey& program)> searches_fail =
        [](const PublicKey&) -> std::optional<Rejection> { return std::nullopt; };
    std::set<PublicKey> not_indexed;  ///< there, and not found by searches
    std::optional<Rejection> simulations_fail;
    std::optional<Rejection> fees_fail;
    std::chrono::microseconds latency{0};
    std::optional<AccountsAtSlot> remembered;  ///< what `recent_accounts` has, without a question

    // What was asked.
    std::vector<std::vector<PublicKey>> reads;
    std::vector<std::uint64_t> least_slots;  ///< of the reads
    std::vector<AccountSearch> searches;
    std::vector<Bytes> simulated;
    int fee_questions = 0;
    int recent_reads = 0;

    Task<Result<AccountsAtSlot>> accounts(std::vector<PublicKey> addresses,
                                          std::uint64_t least_slot) override;
    Task<Result<AccountsAtSlot>> recent_accounts(std::vector<PublicKey> addresses) override;
    Task<Result<AccountsAtSlot>> search(AccountSearch search) override;
    Task<Result<SimulatedRun>> simulate(Bytes transaction, std::vector<PublicKey> watched,
                                        std::uint64_t least_slot) override;
    Task<Result<std::vector<std::uint64_t>>> recent_fees(std::vector<PublicKey> written) override;
    Task<Result<std::uint64_t>> rent_exemption(std::uint64_t size_bytes) override;

    /// Runs a signed transaction for good. Nothing when it worked, else why not.
    std::optional<Rejection> land(const Transaction& transaction);

    /// Puts accounts there.
    void add(const AccountStates& accounts);
    void set_lamports(const PublicKey& wallet, std::uint64_t lamports);
    /// Gives a wallet tokens in its account for them, made when it is not there; where that is.
    PublicKey give(const PublicKey& owner, const PublicKey& mint, std::uint64_t amount);
    std::uint64_t lamports(const PublicKey& key) const;
    /// Base units at that address; 0 where there is no token account.
    std::uint64_t tokens(const PublicKey& key) const;
    AccountState clock_account() const;
    ChainClock clock() const { return ChainClock{slot, unix_timestamp, epoch}; }

    static std::uint64_t rent(std::uint64_t size_bytes) { return (size_bytes + 128) * 6'960; }

private:
    SimTime& time_;
};

/// A mint that belongs to nobody.
AccountState mint_account(std::uint8_t decimals, const PublicKey& program = well_known::token_program);

}  // namespace libexec::test
