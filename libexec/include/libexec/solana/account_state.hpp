#pragma once

#include <cstdint>
#include <map>

#include "libexec/model/attempt.hpp"
#include "libexec/solana/public_key.hpp"

namespace libexec {

/// What the chain holds at one address. Nothing in it can be trusted before its owner was looked at.
struct AccountState {
    PublicKey owner;  ///< the program that may change it
    std::uint64_t lamports = 0;
    Bytes data;
    bool executable = false;

    friend bool operator==(const AccountState&, const AccountState&) = default;
};

/// Accounts as they all stood in one slot. An address that was asked for and is not here does not exist.
using AccountStates = std::map<PublicKey, AccountState>;

/// The chain's own clock, as programs read it. Never the wall clock.
struct ChainClock {
    std::uint64_t slot = 0;
    std::int64_t unix_timestamp = 0;  ///< seconds
    std::uint64_t epoch = 0;
};

}  // namespace libexec
