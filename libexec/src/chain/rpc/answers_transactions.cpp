#include <algorithm>

#include "answer_reader.hpp"
#include "answers.hpp"

namespace libexec {
namespace {

constexpr std::size_t keys_most = 256;
constexpr std::size_t return_bytes_most = 1'024;
constexpr std::uint64_t units_most = UINT32_MAX;
constexpr std::size_t transaction_bytes_most = 4'096;  // newer chains may take more than 1232

/// The lower one where a node's two ways to say it differ.
Commitment commitment_in(AnswerReader& reader, const JsonValue& value, const std::string& place) {
    const bool rooted = value["confirmations"].is_null();
    if (!rooted) reader.whole(value["confirmations"], place + "/confirmations", UINT32_MAX);
    const JsonValue word = value["confirmationStatus"];
    if (word.is_null()) return rooted ? Commitment::finalized : Commitment::processed;
    const std::optional<Commitment> said = word.is_text() ? parse_commitment(word.text()) : std::nullopt;
    if (!said) reader.complain(place + "/confirmationStatus", "is no commitment");
    const Commitment commitment = said.value_or(Commitment::processed);
    return commitment == Commitment::finalized && !rooted ? Commitment::confirmed : commitment;
}

/// `status` says the same as `err`, in an older way; a node that contradicts itself is not believed.
void check_status(AnswerReader& reader, const JsonValue& value, bool failed, const std::string& place) {
    const JsonValue status = value["status"];
    if (status.is_null()) return;
    if (status.has("Err") != failed || status.has("Ok") == failed)
        reader.complain(place + "/status", "contradicts /err");
}

std::optional<SignatureStatus> status_in(AnswerReader& reader, const JsonValue& value,
                                         const std::string& place, std::uint64_t context_slot) {
    if (value.is_null()) return std::nullopt;
    SignatureStatus status;
    if (!value.is_object()) reader.complain(place, "is no object");
    status.slot = reader.whole(value["slot"], place + "/slot", reader.slot_most);
    if (status.slot > context_slot) reader.complain(place + "/slot", "is beyond /context/slot");
    status.error = reader.error_or_null(value, place);
    check_status(reader, value, status.error.has_value(), place);
    status.commitment = commitment_in(reader, value, place);
    return status;
}

std::vector<std::uint64_t> lamports_in(AnswerReader& reader, const JsonValue& value,
                                       const std::string& place) {
    std::vector<std::uint64_t> lamports;
    if (value.is_null()) return lamports;
    for (const JsonValue& entry : reader.list(value, place, keys_most))
        lamports.push_back(reader.whole(entry, place));
    return lamports;
}

std::vector<TokenBalanceEntry> tokens_in(AnswerReader& reader, const JsonValue& value,
                                         const std::string& place) {
    std::vector<TokenBalanceEntry> tokens;
    if (value.is_null()) return tokens;
    for (const JsonValue& entry : reader.list(value, place, keys_most)) {
        TokenBalanceEntry token;
        token.account =
            static_cast<std::uint8_t>(reader.whole(entry["accountIndex"], place + "/accountIndex", 255));
        token.mint = reader.key(entry["mint"], place + "/mint");
        if (!entry["owner"].is_null()) token.owner = reader.key(entry["owner"], place + "/owner");
        const JsonValue amount = reader.object(entry, "uiTokenAmount", place);
        token.amount = reader.amount_text(amount["amount"], place + "/uiTokenAmount/amount");
        token.decimals = static_cast<std::uint8_t>(
            reader.whole(amount["decimals"], place + "/uiTokenAmount/decimals", 255));
        for (const TokenBalanceEntry& other : tokens) {
            if (other.account == token.account) reader.complain(place, "names an account twice");
        }
        tokens.push_back(token);
    }
    return tokens;
}

std::vector<PublicKey> keys_in(AnswerReader& reader, const JsonValue& value, const std::string& place) {
    std::vector<PublicKey> keys;
    if (value.is_null()) return keys;
    for (const JsonValue& entry : reader.list(value, place, keys_most))
        keys.push_back(reader.key(entry, place));
    return keys;
}

void read_meta(AnswerReader& reader, const JsonValue& meta, LandedTransaction& landed) {
    landed.error = reader.error_or_null(meta, "/meta");
    check_status(reader, meta, landed.error.has_value(), "/meta");
    landed.fee_lamports = reader.whole(meta["fee"], "/meta/fee");
    if (!meta["computeUnitsConsumed"].is_null())
        landed.units_consumed =
            reader.whole(meta["computeUnitsConsumed"], "/meta/computeUnitsConsumed", units_most);
    landed.logs = reader.logs(meta["logMessages"], "/meta/logMessages");
    landed.lamports_before = lamports_in(reader, meta["preBalances"], "/meta/preBalances");
    landed.lamports_after = lamports_in(reader, meta["postBalances"], "/meta/postBalances");
    landed.tokens_before = tokens_in(reader, meta["preTokenBalances"], "/meta/preTokenBalances");
    landed.tokens_after = tokens_in(reader, meta["postTokenBalances"], "/meta/postTokenBalances");
    landed.loaded_writable =
        keys_in(reader, meta["loadedAddresses"]["writable"], "/meta/loadedAddresses/writable");
    landed.loaded_readonly =
        keys_in(reader, meta["loadedAddresses"]["readonly"], "/meta/loadedAddresses/readonly");
    if (landed.lamports_before.size() != landed.lamports_after.size())
        reader.complain("/meta/postBalances", "has not one entry for each of /meta/preBalances");
    for (const auto* tokens : {&landed.tokens_before, &landed.tokens_after}) {
        for (const TokenBalanceEntry& token : *tokens) {
            if (token.account >= landed.lamports_after.size())
                reader.complain("/meta/postTokenBalances", "names an account that has no balance");
        }
    }
}

}  // namespace

bool SendReport::is_taken() const {
    return std::any_of(answers.begin(), answers.end(),
                       [](const SendAnswer& answer) { return static_cast<bool>(answer.taken); });
}

Result<Done> SendReport::verdict() const {
    if (is_taken()) return Done{};
    const SendAnswer* worst = nullptr;
    for (const SendAnswer& answer : answers) {
        const Reason reason = answer.taken.error().reason;
        const bool chain = reason == Reason::chain_rejected || reason == Reason::stale_blockhash;
        if (worst == nullptr || (chain && !worst->refused)) worst = &answer;
    }
    if (worst == nullptr) return reject(Reason::service_unavailable, "no RPC endpoint was asked");
    return worst->taken.error();
}

AccountFilter AccountFilter::of_size(std::uint64_t size_bytes) {
    AccountFilter filter;
    filter.size_bytes = size_bytes;
    return filter;
}

AccountFilter AccountFilter::with_bytes(std::uint64_t at, Bytes wanted) {
    AccountFilter filter;
    filter.offset = at;
    filter.bytes = std::move(wanted);
    return filter;
}

std::optional<std::string> first_signature(const Bytes& transaction) {
    constexpr std::size_t signature_bytes = 64;
    // A count of one byte, 1 to 127: more signers do not fit into a transaction.
    if (transaction.size() <= 1 + signature_bytes || transaction[0] == 0 || transaction[0] > 127)
        return std::nullopt;
    const auto begin = transaction.begin() + 1;
    const auto end = begin + static_cast<std::ptrdiff_t>(signature_bytes);
    if (std::all_of(begin, end, [](std::uint8_t byte) { return byte == 0; })) return std::nullopt;
    return to_base58(&*begin, signature_bytes);
}

Result<Done> read_sent(const JsonValue& result, std::string_view signature) {
    if (!result.is_text() || result.text() != signature)
        return reject(Reason::invalid_body, "the result is not the transaction's own signature");
    return Done{};
}

Result<Simulation> read_simulation(const JsonValue& result, const SimulationQuery& query, Seen& seen) {
    AnswerReader reader;
    Simulation simulation;
    simulation.slot = reader.context_slot(result, seen);
    const JsonValue value = reader.object(result, "value", "");
    simulation.error = reader.error_or_null(value, "/value");
    simulation.logs = reader.logs(value["logs"], "/value/logs");
    if (!value["unitsConsumed"].is_null())
        simulation.units_consumed = reader.whole(value["unitsConsumed"], "/value/unitsConsumed", units_most);

    const JsonValue accounts = value["accounts"];
    if (!query.accounts.empty() && !(accounts.is_null() && simulation.error)) {
        const std::vector<JsonValue> states = reader.list(accounts, "/value/accounts", query.accounts.size());
        if (states.size() != query.accounts.size())
            reader.complain("/value/accounts", "has not one entry for each that was asked for");
        for (std::size_t i = 0; i < states.size() && reader.fine(); ++i) {
            if (states[i].is_null()) continue;
            const std::string place = "/value/accounts/" + std::to_string(i);
            simulation.accounts.emplace(query.accounts[i], reader.account(states[i], place, false));
        }
    }
    if (const JsonValue data = value["returnData"]; !data.is_null()) {
        ReturnData returned;
        returned.program = reader.key(data["programId"], "/value/returnData/programId");
        returned.data = reader.base64(data["data"], "/value/returnData/data", return_bytes_most);
        simulation.return_data = std::move(returned);
    }
    if (const JsonValue instead = value["replacementBlockhash"]; !instead.is_null()) {
        LatestBlockhash replacement;
        replacement.slot = simulation.slot;
        replacement.blockhash = reader.hash(instead["blockhash"], "/value/replacementBlockhash/blockhash");
        replacement.last_valid_height =
            reader.whole(instead["lastValidBlockHeight"], "/value/replacementBlockhash/lastValidBlockHeight",
                         reader.slot_most);
        simulation.replacement = replacement;
    }
    return reader.finished(std::move(simulation));
}

Result<SignatureStatuses> read_statuses(const JsonValue& result, std::size_t count, Seen& seen) {
    AnswerReader reader;
    SignatureStatuses known;
    known.slot = reader.context_slot(result, seen);
    const std::vector<JsonValue> values = reader.list(result["value"], "/value", count);
    if (values.size() != count) reader.complain("/value", "has not one entry for each signature");
    for (std::size_t i = 0; i < values.size() && reader.fine(); ++i)
        known.statuses.push_back(status_in(reader, values[i], "/value/" + std::to_string(i), known.slot));
    return reader.finished(std::move(known));
}

Result<std::optional<LandedTransaction>> read_transaction(const JsonValue& result,
                                                          std::string_view signature) {
    if (result.is_null()) return std::optional<LandedTransaction>();
    AnswerReader reader;
    LandedTransaction landed;
    if (!result.is_object()) reader.complain("", "is no object");
    landed.slot = reader.whole(result["slot"], "/slot", reader.slot_most);
    if (const JsonValue time = result["blockTime"]; !time.is_null()) {
        landed.block_time = time.signed_whole();
        if (!landed.block_time) reader.complain("/blockTime", "is no whole number");
    }
    landed.transaction = reader.base64(result["transaction"], "/transaction", transaction_bytes_most);
    if (first_signature(landed.transaction) != signature)
        reader.complain("/transaction", "is another one than was asked for");
    read_meta(reader, reader.object(result, "meta", ""), landed);
    return reader.finished(std::optional(std::move(landed)));
}

}  // namespace libexec
