#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint_board.hpp"
#include "libexec/base/result.hpp"
#include "libexec/chain/rpc/types.hpp"
#include "libexec/json/value.hpp"

namespace libexec {

/// The readers of results. Nothing in an answer is believed before it was looked at: kinds, ranges, lengths,
/// what was asked for, and what one field says about another.
/// Unit:   slots and heights are within 63 bits, so that sums of them are too.
/// Errors: invalid_body, with the field and the rule.
///
/// `seen` takes what the answer tells of where the node stands.

Result<LatestBlockhash> read_latest_blockhash(const JsonValue& result, Seen& seen);
Result<FlagAt> read_flag_at(const JsonValue& result, Seen& seen);
Result<std::uint64_t> read_block_height(const JsonValue& result, Seen& seen);
Result<std::uint64_t> read_slot(const JsonValue& result, Seen& seen);
Result<EpochInfo> read_epoch_info(const JsonValue& result, Seen& seen);
Result<AmountAt> read_balance(const JsonValue& result, Seen& seen);
Result<TokenBalance> read_token_balance(const JsonValue& result, Seen& seen);
Result<std::uint64_t> read_lamports(const JsonValue& result);
Result<Blockhash> read_genesis_hash(const JsonValue& result);
Result<NodeVersion> read_version(const JsonValue& result);
Result<std::vector<PrioritizationFee>> read_prioritization_fees(const JsonValue& result);

/// Of getAccountInfo, for `key`.
Result<AccountSnapshot> read_account(const JsonValue& result, const PublicKey& key, Seen& seen);
/// Of getMultipleAccounts, for `keys`, of which none is there twice.
Result<AccountSnapshot> read_accounts(const JsonValue& result, const std::vector<PublicKey>& keys,
                                      Seen& seen);
/// Of getProgramAccounts with its context; every account passes the filters.
Result<AccountSnapshot> read_program_accounts(const JsonValue& result, const ProgramAccountsQuery& query,
                                              Seen& seen);

/// A member `err` that is not null.
Result<TransactionError> read_transaction_error(const JsonValue& error);
/// The signature that sendTransaction answers: it must be `signature`.
Result<Done> read_sent(const JsonValue& result, std::string_view signature);
/// `wanted`: the accounts asked for.
Result<Simulation> read_simulation(const JsonValue& result, const SimulationQuery& query, Seen& seen);
/// As many statuses as were asked for.
Result<SignatureStatuses> read_statuses(const JsonValue& result, std::size_t count, Seen& seen);
/// Null is nothing; else the transaction must be the one of that signature.
Result<std::optional<LandedTransaction>> read_transaction(const JsonValue& result,
                                                          std::string_view signature);

/// The signature in front of a transaction's bytes, in base58, or nothing: no signature, or not made yet.
std::optional<std::string> first_signature(const Bytes& transaction);

}  // namespace libexec
