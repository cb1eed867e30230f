#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "libexec/base/result.hpp"
#include "libexec/model/attempt.hpp"
#include "libexec/solana/account_state.hpp"
#include "libexec/solana/message.hpp"

namespace libexec {

/// What one endpoint said, whatever the others did.
template <class T>
struct FromEndpoint {
    std::string endpoint;
    Result<T> answer;
};

/// A blockhash, and how long it holds.
struct LatestBlockhash {
    Blockhash blockhash;
    std::uint64_t last_valid_height = 0;  ///< a block height, never a slot
    std::uint64_t slot = 0;               ///< of the answer
};

/// Where a node stands. The height is below the slot, and the slot within its epoch: what says otherwise is
/// no answer.
struct EpochInfo {
    std::uint64_t slot = 0;    ///< absolute
    std::uint64_t height = 0;  ///< blocks below it
    std::uint64_t epoch = 0;
    std::uint64_t slot_index = 0;  ///< within the epoch
    std::uint64_t slots_in_epoch = 0;
};

/// A number as it stood in a slot.
struct AmountAt {
    std::uint64_t slot = 0;
    std::uint64_t amount = 0;
};

/// A truth as it stood in a slot.
struct FlagAt {
    std::uint64_t slot = 0;
    bool holds = false;
};

/// Accounts as they all stood in one slot; what is not here does not exist.
struct AccountSnapshot {
    std::uint64_t slot = 0;
    AccountStates accounts;
    std::string endpoint;  ///< whose view it is
};

/// An amount of tokens with the decimals of its mint.
struct TokenBalance {
    std::uint64_t amount = 0;  ///< base units
    std::uint8_t decimals = 0;
    std::uint64_t slot = 0;
};

/// Which accounts of a program are wanted.
struct AccountFilter {
    /// Those of exactly that many bytes.
    static AccountFilter of_size(std::uint64_t size_bytes);
    /// Those that have `bytes` at `offset`; at most 128 of them.
    static AccountFilter with_bytes(std::uint64_t at, Bytes bytes);

    std::optional<std::uint64_t> size_bytes;
    std::uint64_t offset = 0;
    Bytes bytes;
};

/// A part of each account's data.
struct DataSlice {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

/// What a program's accounts are searched by.
struct ProgramAccountsQuery {
    /// All accounts of a program, which of most programs are too many.
    explicit ProgramAccountsQuery(const PublicKey& of) : program(of) {}

    PublicKey program;
    std::vector<AccountFilter> filters;  ///< at most four
    std::optional<DataSlice> slice;
    Commitment commitment = Commitment::confirmed;
};

/// Why a transaction failed.
struct TransactionError {
    std::string words;  ///< the chain's own, as JSON: {"InstructionError":[2,{"Custom":6001}]}
    std::string kind;   ///< "InstructionError", "BlockhashNotFound" ...
    std::optional<std::uint8_t> instruction;  ///< whose it is, the first being 0
    std::optional<std::uint32_t> custom;      ///< a program's own number

    friend bool operator==(const TransactionError&, const TransactionError&) = default;
};

/// What to simulate. There is no way to simulate what is signed: whoever sees it can send it.
struct SimulationQuery {
    /// The message, for a chain as it stands now.
    explicit SimulationQuery(Message what) : message(std::move(what)) {}

    Message message;
    std::vector<PublicKey> accounts;     ///< whose state afterwards is wanted
    bool replaces_blockhash = true;      ///< takes a recent one instead of the message's
    std::uint64_t min_context_slot = 0;  ///< not on an older state than that
    Commitment commitment = Commitment::confirmed;
};

/// What a program gave back to whoever called it.
struct ReturnData {
    PublicKey program;
    Bytes data;
};

/// What a transaction would do.
struct Simulation {
    std::uint64_t slot = 0;
    std::optional<TransactionError> error;
    std::vector<std::string> logs;
    std::uint64_t units_consumed = 0;
    AccountStates accounts;  ///< afterwards, of those asked for; empty when it failed
    std::optional<ReturnData> return_data;
    std::optional<LatestBlockhash> replacement;  ///< what it ran with instead
};

/// What is known of a signature.
struct SignatureStatus {
    std::uint64_t slot = 0;  ///< where it landed
    Commitment commitment = Commitment::processed;
    std::optional<TransactionError> error;
};

/// Statuses in the order of the signatures; nothing for one that is not known.
struct SignatureStatuses {
    std::uint64_t slot = 0;  ///< the answer's own: what it does not know, it did not know then
    std::vector<std::optional<SignatureStatus>> statuses;
    std::string endpoint;
};

/// Tokens of one account around a transaction.
struct TokenBalanceEntry {
    std::uint8_t account = 0;  ///< its number among the transaction's keys, loaded ones included
    PublicKey mint;
    std::optional<PublicKey> owner;
    std::uint64_t amount = 0;  ///< base units
    std::uint8_t decimals = 0;
};

/// A transaction in a block.
struct LandedTransaction {
    std::uint64_t slot = 0;
    std::optional<std::int64_t> block_time;  ///< seconds since 1970
    Bytes transaction;
    std::optional<TransactionError> error;
    std::uint64_t fee_lamports = 0;
    std::optional<std::uint64_t> units_consumed;
    std::vector<std::string> logs;               ///< empty also where the node keeps none
    std::vector<std::uint64_t> lamports_before;  ///< of all keys; empty where the node keeps none
    std::vector<std::uint64_t> lamports_after;   ///< as many
    std::vector<TokenBalanceEntry> tokens_before;
    std::vector<TokenBalanceEntry> tokens_after;
    std::vector<PublicKey> loaded_writable;  ///< keys from lookup tables, after those of the message
    std::vector<PublicKey> loaded_readonly;
};

/// What somebody paid to be in a block, at the least.
struct PrioritizationFee {
    std::uint64_t slot = 0;
    std::uint64_t micro_lamports = 0;  ///< for each compute unit
};

/// What a node runs.
struct NodeVersion {
    std::string core;  ///< such as "3.1.0"
    std::uint64_t feature_set = 0;
};

/// How a transaction is sent.
struct SendOptions {
    /// As the engine sends: at once, to be sent again by the engine alone.
    SendOptions() = default;

    bool skip_preflight = true;
    std::uint64_t min_context_slot = 0;  ///< of the preflight; 0: any
};

/// What one endpoint said to a transaction. An error is no news about whether it arrived.
struct SendAnswer {
    std::string endpoint;
    Result<Done> taken;
    std::optional<TransactionError> refused;  ///< what the preflight found
};

/// What all of them said.
struct SendReport {
    std::vector<SendAnswer> answers;

    /// Whether anybody took it.
    bool is_taken() const;
    /// The first refusal worth telling: a chain's before a network's. Done when somebody took it.
    Result<Done> verdict() const;
};

}  // namespace libexec
