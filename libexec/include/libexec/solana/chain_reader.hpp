#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/base/result.hpp"
#include "libexec/base/task.hpp"
#include "libexec/solana/account_state.hpp"

namespace libexec {

/// Accounts that were read together.
struct AccountsAtSlot {
    AccountStates accounts;
    std::uint64_t slot = 0;        ///< they all stood like this in it
    std::optional<Time> asked_at;  ///< when the chain was asked, where that may have been for somebody else
};

/// What a transaction would have done.
struct SimulatedRun {
    std::uint64_t slot = 0;
    std::uint64_t compute_units = 0;
    std::optional<Rejection> failure;  ///< slippage_exceeded, insufficient_funds, chain_rejected ...
    std::vector<std::string> log;      ///< the programs' own words
    AccountStates after;               ///< those that were asked for
};

/// Bytes that an account has to have at a place of its data.
struct BytesAt {
    std::uint64_t at = 0;
    Bytes bytes;
};

/// Which accounts of a program are looked for, and how much of each is wanted.
struct AccountSearch {
    /// Accounts of `of` that have exactly that many bytes.
    AccountSearch(const PublicKey& of, std::uint64_t size) : program(of), size_bytes(size) {}

    PublicKey program;
    std::uint64_t size_bytes = 0;
    std::vector<BytesAt> having;  ///< all of these; at most three, since a node compares no more
    std::uint64_t slice_at = 0;   ///< of each account only this part of the data is sent
    std::uint64_t slice_bytes = 0;
};

/// Reads the chain. Used from the engine's thread alone. Errors of all: service_unavailable, rate_limited.
class ChainReader {
public:
    virtual ~ChainReader() = default;

    /// These accounts in one slot, `least_slot` or later; those that do not exist are left out.
    virtual Task<Result<AccountsAtSlot>> accounts(std::vector<PublicKey> addresses,
                                                  std::uint64_t least_slot) = 0;
    /// These accounts in one slot, for whoever can do with the latest that is known: as a question to the
    /// chain would tell them now, or as they were read a moment ago, when none of them is known to have
    /// changed since, the chain's clock apart. Good for quotes; nothing that is signed may rest on it.
    virtual Task<Result<AccountsAtSlot>> recent_accounts(std::vector<PublicKey> addresses) {
        return accounts(std::move(addresses), 0);
    }
    /// All accounts that a search finds, the slice of each as its data. Costs a node much: not every one
    /// answers, and what is found may be some slots old. Errors too: invalid_parameter for a search no node
    /// takes.
    virtual Task<Result<AccountsAtSlot>> search(AccountSearch search) = 0;
    /// What an unsigned transaction would do under a recent blockhash, `least_slot` or later, and how
    /// `watched` would stand then. Never show it a signed one: that would be sent.
    virtual Task<Result<SimulatedRun>> simulate(Bytes transaction, std::vector<PublicKey> watched,
                                                std::uint64_t least_slot) = 0;
    /// What transactions that wrote these accounts have lately paid for a unit of compute at the least, one
    /// figure a slot, in millionths of a lamport.
    virtual Task<Result<std::vector<std::uint64_t>>> recent_fees(std::vector<PublicKey> written) = 0;
    /// What an account of so many bytes has to hold, in lamports.
    virtual Task<Result<std::uint64_t>> rent_exemption(std::uint64_t size_bytes) = 0;
};

}  // namespace libexec
