#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "libexec/base/result.hpp"
#include "libexec/solana/account_state.hpp"

namespace libexec {

/// Accounts of the chain as files hold them: what a node said of them once.
/// Shape:  a file is one account as `solana account ADDRESS --output json` writes it, {"pubkey", "account":
///         {"owner", "lamports", "data": [BASE64, "base64"], "executable", "space"}}, the same without the
///         "account" around it, or a bundle {"slot", "clock", "accounts": {ADDRESS: {"owner", "lamports",
///         "data": BASE64}}}. What else stands in it is not looked at.
/// Unit:   "slot" and the members of "clock" ("slot", "unix_timestamp" in seconds, "epoch") are whole
/// numbers.
class SavedAccounts {
public:
    /// The most bytes of one file, and how many files a folder may hold.
    static constexpr std::size_t file_size_most = std::size_t{64} << 20;
    static constexpr std::size_t files_most = 10'000;

    /// Takes in what one file says; `file` is what errors call it. Errors: invalid_body, naming file, field,
    /// rule and fix: no JSON, neither shape, a field of another kind, data that is not its size, an address
    /// that is there already, bundles of different slots. What was taken in before stays.
    Result<Done> add(const std::string& file, std::string_view text);

    /// What the files say.
    const AccountStates& accounts() const { return accounts_; }
    /// The slot of the bundles, or of the clock.
    std::optional<std::uint64_t> slot() const;
    /// The clock of a bundle, else that of the clock sysvar where its account is there.
    const std::optional<ChainClock>& clock() const { return clock_; }

private:
    struct Source {
        std::string file;
        std::uint64_t slot = 0;
    };
    Result<Done> keep(const std::string& file, const PublicKey& key, AccountState account);
    Result<Done> agree_on_slot(const std::string& file, std::uint64_t slot);

    AccountStates accounts_;
    std::map<PublicKey, std::string> files_;  ///< where each account came from
    std::optional<Source> slot_;
    std::optional<ChainClock> clock_;
    bool clock_is_of_bundle_ = false;
};

/// The snapshot in a folder: every file in it, but for those whose name begins with a dot. Errors: not_found
/// when there is no such folder; invalid_parameter for what is no folder, has no file, or holds folders or
/// other things that are no files, for one that cannot be read or is too large; those of `add`.
Result<SavedAccounts> read_saved_accounts(const std::string& folder);

}  // namespace libexec
