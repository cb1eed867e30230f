#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "mini_chain.hpp"

namespace libexec::test {

/// What the chain says of a transaction that broke a rule.
struct FailedRun {
    Reason reason;
    std::string line;  ///< of the log
};

/// Does to the accounts what the message says, in the circumstances of the chain, whoever has signed it.
/// Errors: throws FailedRun for what the chain refuses, std::logic_error for what no venue may ever build.
///         The accounts are then as they stood when it happened.
void run_message(AccountStates& world, const Message& message, const MiniChain& chain);

// What instructions and token accounts are made of.

/// Little-endian.
std::uint64_t number_at(const Bytes& data, std::size_t at, std::size_t size = 8);
void put_number(Bytes& data, std::size_t at, std::uint64_t value);
/// Whether the token account is one of wrapped SOL.
bool holds_native(const Bytes& data);

}  // namespace libexec::test
