#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libexec/solana/chain_reader.hpp"
#include "libexec/solana/message.hpp"
#include "libexec/venues/solana/swap_costs.hpp"
#include "../pools/swap_frame.hpp"
#include "wallet_change.hpp"

namespace libexec {

/// What a venue says a sale does, and what it says so from. All of it of one slot.
struct Promise {
    std::uint64_t slot = 0;
    std::uint64_t received = 0;     ///< arrives in the wallet for `SwapFrame::amount_in`
    std::uint64_t least_out = 0;    ///< what `core` enforces, where that is more than the task's
    AccountStates venue;            ///< what that rests on, the chain's clock apart
    AccountStates wallet;           ///< see `wallet_accounts`
    std::vector<Instruction> core;  ///< what does it
};

/// Makes a promise anew whenever it is asked.
class Promises {
public:
    virtual ~Promises() = default;
    /// From accounts as they stand in `least_slot` or later.
    virtual Task<Result<Promise>> make(std::uint64_t least_slot) = 0;
};

/// A sale to build a transaction for.
struct SwapTask {
    SwapFrame frame;
    Blockhash blockhash;
    std::uint64_t least_out = 0;   ///< what the chain is told to enforce
    std::uint64_t least_slot = 0;  ///< of the first promise
};

/// A transaction that does what was promised, or the proof that the venue does not keep its promises.
struct CheckedSwap {
    Message message;
    std::uint64_t slot = 0;       ///< of the promise that was kept or broken
    std::uint64_t promised = 0;   ///< base units
    SignedLamports received = 0;  ///< in the simulation
    SignedLamports paid = 0;
    std::string mispriced;  ///< what went wrong, in words; empty when the promise was kept
};

/// Simulates a transaction before anybody signs it, and holds it against what was promised.
class SwapCheck {
public:
    SwapCheck(ChainReader& reader, SwapCosts costs) : reader_(reader), costs_(costs) {}

    /// The transaction, each unit of compute at `price`. A promise that is not kept counts as broken when the
    /// accounts it rests on and those of the wallet are the same before and after the simulation. Errors:
    /// those of the promises and the reader; slippage_exceeded when less than the least is promised, or the
    /// accounts changed under every simulation; insufficient_funds; chain_rejected with the words of the
    /// program that refused.
    Task<Result<CheckedSwap>> run(Promises& promises, SwapTask task, std::uint64_t price);

private:
    Task<Result<CheckedSwap>> finish(const SwapTask& task, const Promise& kept, const SimulatedRun& ran,
                                     std::uint64_t simulated_fee, std::uint64_t price);
    Task<Result<std::uint64_t>> rent(std::uint64_t size_bytes);

    ChainReader& reader_;
    const SwapCosts costs_;
    std::map<std::uint64_t, std::uint64_t> rents_;  ///< by size
};

/// Why a simulation failed, by what the program said where its code says too little.
Rejection failure_of(const SimulatedRun& run);

}  // namespace libexec
