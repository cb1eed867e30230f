#pragma once

#include <string>
#include <string_view>

#include "libexec/json/value.hpp"
#include "libexec/solana/account_state.hpp"

namespace libexec::saved {

/// "'x.json': account.lamports is absent, ...": every complaint about a file, with the way out.
Rejection trouble(const std::string& file, const std::string& what);

/// A field of a document and how a complaint calls it.
struct Field {
    std::string path;  ///< "account.owner"
    JsonValue value;

    Field member(std::string_view name) const;
    /// What is written there, shortened, for a complaint.
    std::string shown() const;
};

/// An address in base58. Errors: invalid_body.
Result<PublicKey> read_key(const std::string& file, const Field& field);
/// A whole number within 64 bits. Errors: invalid_body.
Result<std::uint64_t> read_number(const std::string& file, const Field& field);
/// {"slot", "unix_timestamp", "epoch"}. Errors: invalid_body.
Result<ChainClock> read_clock(const std::string& file, const Field& field);
/// An account, whichever way its data is written. Errors: invalid_body.
Result<AccountState> read_account(const std::string& file, const Field& field);

}  // namespace libexec::saved
