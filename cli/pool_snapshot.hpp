#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "command.hpp"
#include "libexec/chain/saved_accounts.hpp"
#include "libexec/venues/pools/pool.hpp"
#include "trouble.hpp"

namespace libexec::cli {

/// A pool out of a snapshot.
struct SavedPool {
    const PoolFamily* family = nullptr;
    std::unique_ptr<Pool> pool;
    std::vector<PublicKey>
        absent;  ///< what the pool would read and the snapshot does not have; it may not exist

    /// The other one of its two tokens.
    const PublicKey& other_mint(const PublicKey& mint) const {
        return mint == pool->mint_a() ? pool->mint_b() : pool->mint_a();
    }
};

/// The folder of --accounts and the pools in it, each opened once.
class PoolSnapshot {
public:
    /// Throws Trouble: not_found for a folder that is not there, usage for what is in it.
    explicit PoolSnapshot(std::string folder);

    const SavedAccounts& files() const { return snapshot_; }
    /// Throws Trouble: not_found when the folder has no such account. Errors: those of a pool that does not
    /// open, with the accounts it lacks.
    const Result<SavedPool>& pool(const PublicKey& address);

private:
    std::string folder_;
    SavedAccounts snapshot_;
    std::map<PublicKey, Result<SavedPool>> pools_;
};

/// The clock a pool is asked at. What the command line does not say is of the snapshot's clock or slot; where
/// that says nothing either, of this machine's.
struct AskedClock {
    std::optional<std::uint64_t> slot;
    std::optional<std::uint64_t> unix_timestamp;
    std::optional<std::uint64_t> epoch;

    /// `guessed` is set when this machine's time had to do.
    ChainClock resolve(const SavedAccounts& snapshot, Time now, bool& guessed) const;
};

/// --slot, --unix-timestamp and --epoch, and what the help says of them.
std::vector<OptionSpec> clock_option_specs();
AskedClock read_clock_options(const Arguments& arguments);
/// Told on standard error, where the clock was guessed.
void tell_guessed_clock(const Context& context, const ChainClock& clock);

/// --accounts, --pool, --in: what every command over a saved pool needs.
std::vector<OptionSpec> pool_option_specs();

/// The text of an option that cannot be left out. Throws Trouble (usage).
std::string needed(const Arguments& arguments, std::string_view name, std::string_view example);
/// Throws Trouble (usage) for what is no address; `what` begins the sentence: "--pool".
PublicKey address_of(const std::string& what, const std::string& text);
/// Throws Trouble (usage) for what is no whole number of base units within 64 bits.
std::uint64_t base_units_of(const std::string& what, const std::string& text);
/// Throws Trouble (usage) when the pool does not trade that token.
void check_mint(const SavedPool& pool, const std::string& what, const PublicKey& mint);

/// What a pool refuses, with the accounts that are absent where that may be why. Exit code 5; for programs
/// {"error":{"code","detail"}}.
Complaint pool_refusal(const Rejection& why, const std::vector<PublicKey>& absent = {});
}  // namespace libexec::cli
