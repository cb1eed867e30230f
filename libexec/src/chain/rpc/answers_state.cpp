#include <algorithm>
#include <set>

#include "answer_reader.hpp"
#include "answers.hpp"

namespace libexec {
namespace {

constexpr std::uint8_t decimals_most = 255;  // the chain's own type; nobody computes with them here
constexpr std::size_t fees_most = 1'024;
constexpr std::size_t program_accounts_most = 1'000'000;

bool passes(const AccountState& account, const AccountFilter& filter) {
    if (filter.size_bytes) return account.data.size() == *filter.size_bytes;
    const std::size_t length = filter.bytes.size();
    if (filter.offset > account.data.size() || account.data.size() - filter.offset < length) return false;
    return std::equal(filter.bytes.begin(), filter.bytes.end(),
                      account.data.begin() + static_cast<std::ptrdiff_t>(filter.offset));
}

}  // namespace

Result<LatestBlockhash> read_latest_blockhash(const JsonValue& result, Seen& seen) {
    AnswerReader reader;
    LatestBlockhash latest;
    latest.slot = reader.context_slot(result, seen);
    const JsonValue value = reader.object(result, "value", "");
    latest.blockhash = reader.hash(value["blockhash"], "/value/blockhash");
    latest.last_valid_height =
        reader.whole(value["lastValidBlockHeight"], "/value/lastValidBlockHeight", reader.slot_most);
    return reader.finished(latest);
}

Result<FlagAt> read_flag_at(const JsonValue& result, Seen& seen) {
    AnswerReader reader;
    FlagAt flag;
    flag.slot = reader.context_slot(result, seen);
    flag.holds = reader.flag(result["value"], "/value");
    return reader.finished(flag);
}

Result<std::uint64_t> read_block_height(const JsonValue& result, Seen& seen) {
    AnswerReader reader;
    const std::uint64_t height = reader.whole(result, "", reader.slot_most);
    if (reader.fine()) seen.height = height;
    return reader.finished(height);
}

Result<std::uint64_t> read_slot(const JsonValue& result, Seen& seen) {
    AnswerReader reader;
    const std::uint64_t slot = reader.whole(result, "", reader.slot_most);
    if (reader.fine()) seen.slot = slot;
    return reader.finished(slot);
}

Result<EpochInfo> read_epoch_info(const JsonValue& result, Seen& seen) {
    AnswerReader reader;
    if (!result.is_object()) reader.complain("", "is no object");
    EpochInfo info;
    info.slot = reader.whole(result["absoluteSlot"], "/absoluteSlot", reader.slot_most);
    info.height = reader.whole(result["blockHeight"], "/blockHeight", reader.slot_most);
    info.epoch = reader.whole(result["epoch"], "/epoch", reader.slot_most);
    info.slot_index = reader.whole(result["slotIndex"], "/slotIndex", reader.slot_most);
    info.slots_in_epoch = reader.whole(result["slotsInEpoch"], "/slotsInEpoch", reader.slot_most);
    if (info.slot_index >= info.slots_in_epoch) reader.complain("/slotIndex", "is not below /slotsInEpoch");
    // That the height is below the slot is left to the board: it is no slip of the pen but a lie.
    if (reader.fine()) {
        seen.slot = info.slot;
        seen.height = info.height;
    }
    return reader.finished(info);
}

Result<AmountAt> read_balance(const JsonValue& result, Seen& seen) {
    AnswerReader reader;
    AmountAt balance;
    balance.slot = reader.context_slot(result, seen);
    balance.amount = reader.whole(result["value"], "/value");
    return reader.finished(balance);
}

Result<TokenBalance> read_token_balance(const JsonValue& result, Seen& seen) {
    AnswerReader reader;
    TokenBalance balance;
    balance.slot = reader.context_slot(result, seen);
    const JsonValue value = reader.object(result, "value", "");
    balance.amount = reader.amount_text(value["amount"], "/value/amount");
    balance.decimals =
        static_cast<std::uint8_t>(reader.whole(value["decimals"], "/value/decimals", decimals_most));
    return reader.finished(balance);
}

Result<std::uint64_t> read_lamports(const JsonValue& result) {
    AnswerReader reader;
    const std::uint64_t lamports = reader.whole(result, "");
    return reader.finished(lamports);
}

Result<Blockhash> read_genesis_hash(const JsonValue& result) {
    AnswerReader reader;
    const Blockhash hash = reader.hash(result, "");
    return reader.finished(hash);
}

Result<NodeVersion> read_version(const JsonValue& result) {
    AnswerReader reader;
    if (!result.is_object()) reader.complain("", "is no object");
    NodeVersion version;
    version.core = reader.text(result["solana-core"], "/solana-core", 128);
    if (!result["feature-set"].is_null())
        version.feature_set = reader.whole(result["feature-set"], "/feature-set", UINT32_MAX);
    return reader.finished(version);
}

Result<std::vector<PrioritizationFee>> read_prioritization_fees(const JsonValue& result) {
    AnswerReader reader;
    std::vector<PrioritizationFee> fees;
    for (const JsonValue& entry : reader.list(result, "", fees_most)) {
        PrioritizationFee fee;
        fee.slot = reader.whole(entry["slot"], "/slot", reader.slot_most);
        fee.micro_lamports = reader.whole(entry["prioritizationFee"], "/prioritizationFee");
        fees.push_back(fee);
    }
    return reader.finished(std::move(fees));
}

Result<AccountSnapshot> read_account(const JsonValue& result, const PublicKey& key, Seen& seen) {
    AnswerReader reader;
    AccountSnapshot snapshot;
    snapshot.slot = reader.context_slot(result, seen);
    if (!result["value"].is_null())
        snapshot.accounts.emplace(key, reader.account(result["value"], "/value", false));
    return reader.finished(std::move(snapshot));
}

Result<AccountSnapshot> read_accounts(const JsonValue& result, const std::vector<PublicKey>& keys,
                                      Seen& seen) {
    AnswerReader reader;
    AccountSnapshot snapshot;
    snapshot.slot = reader.context_slot(result, seen);
    const std::vector<JsonValue> values = reader.list(result["value"], "/value", keys.size());
    if (values.size() != keys.size()) reader.complain("/value", "has not one entry for each key");
    for (std::size_t i = 0; i < values.size() && reader.fine(); ++i) {
        if (values[i].is_null()) continue;
        snapshot.accounts.emplace(keys[i], reader.account(values[i], "/value/" + std::to_string(i), false));
    }
    return reader.finished(std::move(snapshot));
}

Result<AccountSnapshot> read_program_accounts(const JsonValue& result, const ProgramAccountsQuery& query,
                                              Seen& seen) {
    AnswerReader reader;
    AccountSnapshot snapshot;
    snapshot.slot = reader.context_slot(result, seen);
    const std::vector<JsonValue> values = reader.list(result["value"], "/value", program_accounts_most);
    for (std::size_t i = 0; i < values.size() && reader.fine(); ++i) {
        const std::string place = "/value/" + std::to_string(i);
        const PublicKey key = reader.key(values[i]["pubkey"], place + "/pubkey");
        AccountState account =
            reader.account(values[i]["account"], place + "/account", query.slice.has_value());
        if (account.owner != query.program)
            reader.complain(place + "/account/owner", "is not the program that was asked for");
        if (query.slice && account.data.size() > query.slice->length)
            reader.complain(place + "/account/data", "is longer than the slice that was asked for");
        // Of a slice the filters see too little.
        if (!query.slice &&
            !std::all_of(query.filters.begin(), query.filters.end(),
                         [&](const AccountFilter& filter) { return passes(account, filter); }))
            reader.complain(place + "/account", "does not pass the filters");
        if (!snapshot.accounts.emplace(key, std::move(account)).second)
            reader.complain(place + "/pubkey", "is there twice");
    }
    return reader.finished(std::move(snapshot));
}

}  // namespace libexec
