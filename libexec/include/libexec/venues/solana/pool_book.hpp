#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/base/task.hpp"
#include "libexec/solana/chain_reader.hpp"
#include "libexec/telemetry/log.hpp"
#include "libexec/venues/pools/pool.hpp"
#include "libexec/venues/solana/pool_searches.hpp"

namespace libexec {

/// What is known of a pool that an engine was told of.
struct KnownPool {
    PublicKey address;
    const PoolFamily* family = nullptr;  ///< null until its account was read and is of one
    std::array<PublicKey, 2> mints;      ///< once it was opened
    bool is_open = false;                ///< it was opened when it was read last
    std::string left_out;                ///< why not, in words; empty when it is, or was never read
    std::optional<MintPair> found_for;   ///< a search found it for that pair; nothing for one that was listed
};

/// Which pools to read, and what beside them.
struct PoolQuestion {
    const PoolFamily* family = nullptr;
    PublicKey mint_in;
    PublicKey mint_out;
    std::optional<PublicKey> only;     ///< this pool and no other
    std::vector<PublicKey> also = {};  ///< accounts to read in the same snapshot
    std::uint64_t least_slot = 0;
    bool recent = false;  ///< as `ChainReader::recent_accounts` has them will do; no least slot then
};

/// A pool, and the accounts its price was read from.
struct OpenPool {
    std::unique_ptr<Pool> pool;
    std::vector<PublicKey> addresses;
};

/// Pools as they all stood in one slot, with the chain's clock in it.
struct PoolSnapshot {
    AccountStates accounts;
    std::uint64_t slot = 0;
    Time asked_at{};  ///< when the chain was asked for them
    ChainClock clock;
    std::vector<OpenPool> pools;      ///< at least one
    std::vector<Rejection> left_out;  ///< why others of the pair are not among them
};

/// Whether that is what `PoolBook::read` refuses with for the pools' sake. Any other reason is the reader's,
/// and says nothing of them.
bool is_said_of_pools(Reason reason);

/// The pools an engine knows, those that were listed and those that searches found: which family each is of,
/// what it trades, and which accounts pricing it takes. A pool that cannot be opened is left out and told of
/// once; it is tried again. Used from the engine's thread alone.
class PoolBook {
public:
    /// Nothing was read yet. An address that is there twice counts once; what is handed in outlives the book.
    PoolBook(std::vector<PublicKey> pools, ChainReader& reader, const Clock& clock, Log* log = nullptr);

    /// Whether it is one of those handed in.
    bool is_listed(const PublicKey& address) const;
    /// Reads every pool that was never read, and those that did not open once `try_again` has passed. Called
    /// by `read`; at the start it spares the first quote the wait. Errors: those of the reader.
    Task<Result<Done>> learn();
    /// The pools of one family that trade the pair, in one snapshot. Errors: no_route when there is none,
    /// service_unavailable when there may be some that were not found yet or were found and did not open yet,
    /// the reason of a pool when none opens any more, and those of the reader.
    Task<Result<PoolSnapshot>> read(PoolQuestion question);

    /// A search was answered: from now on these are the pools it found for the pair, beside those that were
    /// listed. Those that it found earlier and that are not among them are forgotten.
    void keep_found(const PoolFamily& family, const MintPair& pair, const std::vector<PublicKey>& pools);
    /// Those that searches found for that pair.
    std::vector<PublicKey> found(const PoolFamily& family, const MintPair& pair) const;
    /// What became of the searches, as whoever searches tells it.
    PoolSearches& searches() { return searches_; }
    /// Why a question for that pair is better asked in a moment: no pool is known, and the first search for
    /// some is under way. Empty when it is not.
    std::string comes_too_early(const PoolFamily& family, const MintPair& pair) const;

    /// All of them, those that were listed first and in the order given.
    std::vector<KnownPool> pools() const;
    /// Which program runs a token that some pool trades.
    std::optional<PublicKey> token_program(const PublicKey& mint) const;

    /// When a pool that did not open is read again.
    static constexpr std::chrono::seconds try_again{60};

private:
    struct Entry {
        KnownPool known;
        const PoolFamily* found_by = nullptr;  ///< whose search found it, whosever the account is now
        std::vector<PublicKey> addresses;      ///< as far as it is known what pricing it reads
        std::optional<Time> tried_at;          ///< it did not open then, and was never open before
        bool was_open = false;
        std::string told;  ///< the last trouble that was told of
    };
    using Entries = std::vector<std::shared_ptr<Entry>>;  ///< who reads them keeps them, forgotten or not
    Task<Result<Done>> learn_some(Entries entries);
    Result<bool> learn_one(Entry& entry, const std::set<PublicKey>& read, const AccountStates& accounts);
    static Result<bool> follow(Entry& entry, const AccountStates& accounts);
    Result<std::unique_ptr<Pool>> open(Entry& entry, const AccountStates& accounts);
    Rejection leave_out(Entry& entry, Rejection why);
    bool is_asked(const Entry& entry, const PoolQuestion& question) const;
    static bool is_found_for(const Entry& entry, const PoolFamily& family, const MintPair& pair);
    Rejection no_pool(const PoolQuestion& question) const;

    ChainReader& reader_;
    const Clock& clock_;
    Log* const log_;
    Entries entries_;
    PoolSearches searches_;
    std::map<PublicKey, PublicKey> token_programs_;  ///< by mint
};

}  // namespace libexec
