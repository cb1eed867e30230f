// Answers of a node that may say anything: each is taken for what every question could have been answered
// with. What is read is within its bounds and is what was asked for; whatever is refused says why.

#include <algorithm>

#include "chain/rpc/answers.hpp"
#include "chain/rpc/envelope.hpp"
#include "fuzz/fuzz_target.hpp"
#include "libexec/chain/rpc/endpoint.hpp"
#include "libexec/solana/base64.hpp"
#include "libexec/solana/well_known.hpp"

using namespace libexec;
using fuzz::require;

namespace {

constexpr std::uint64_t slot_most = INT64_MAX;
constexpr std::size_t account_bytes_most = 10 * 1024 * 1024;

/// One line, not without end.
void check_words(const std::string& words) {
    require(!words.empty() && words.size() < 4'096, "a sentence is there, and not without end");
    require(std::none_of(words.begin(), words.end(), [](char c) { return c == '\n' || c == '\0'; }),
            "and it is one line");
}

/// True when it was read.
template <class T>
bool is_read(const Result<T>& result) {
    if (result) return true;
    require(result.error().reason == Reason::invalid_body, "a bad answer is the node's mistake");
    check_words(result.error().detail);
    return false;
}

void check_error(const TransactionError& error) {
    require(error.words.size() <= 4'096, "what the chain objects to is short");
    const Result<JsonValue> again = JsonValue::parse(error.words);
    require(again && read_transaction_error(again.value()).value() == error,
            "and reads the same from its words");
    require(!error.custom || error.instruction, "a program's number has an instruction");
}

void check_snapshot(const AccountSnapshot& snapshot) {
    require(snapshot.slot <= slot_most, "slots are within 63 bits");
    for (const auto& [key, account] : snapshot.accounts)
        require(account.data.size() <= account_bytes_most, "accounts are no larger than the chain has them");
}

void check_places(const JsonValue& result) {
    Seen seen;
    if (const auto latest = read_latest_blockhash(result, seen); is_read(latest)) {
        require(latest.value().last_valid_height <= slot_most && seen.slot == latest.value().slot,
                "heights and slots are within 63 bits, and seen");
    }
    if (const auto info = read_epoch_info(result, seen); is_read(info)) {
        require(info.value().slot_index < info.value().slots_in_epoch, "a slot is within its epoch");
        require(seen.height == info.value().height && seen.slot == info.value().slot, "both are seen");
    }
    if (const auto slot = read_slot(result, seen); is_read(slot))
        require(slot.value() <= slot_most, "so are slots");
    is_read(read_block_height(result, seen));
    is_read(read_flag_at(result, seen));
    is_read(read_balance(result, seen));
    is_read(read_token_balance(result, seen));
    is_read(read_lamports(result));
    is_read(read_genesis_hash(result));
    is_read(read_version(result));
    if (const auto fees = read_prioritization_fees(result); is_read(fees))
        require(fees.value().size() <= 1'024, "fees are few");
}

void check_accounts(const JsonValue& result) {
    Seen seen;
    const std::vector<PublicKey> keys{well_known::wrapped_sol, well_known::memo_program};
    if (const auto one = read_account(result, keys[0], seen); is_read(one)) {
        check_snapshot(one.value());
        require(one.value().accounts.size() <= 1, "one was asked for");
    }
    if (const auto some = read_accounts(result, keys, seen); is_read(some)) {
        check_snapshot(some.value());
        for (const auto& [key, account] : some.value().accounts)
            require(key == keys[0] || key == keys[1], "nothing comes that was not asked for");
    }
    ProgramAccountsQuery query(well_known::token_program);
    query.filters = {AccountFilter::of_size(3), AccountFilter::with_bytes(1, {2, 3})};
    if (const auto found = read_program_accounts(result, query, seen); is_read(found)) {
        check_snapshot(found.value());
        for (const auto& [key, account] : found.value().accounts) {
            require(account.owner == query.program, "a search finds the program's own");
            require(account.data.size() == 3 && account.data[1] == 2 && account.data[2] == 3,
                    "and what passes the filters");
        }
    }
    query.slice = DataSlice{1, 2};
    if (const auto sliced = read_program_accounts(result, query, seen); is_read(sliced)) {
        for (const auto& [key, account] : sliced.value().accounts)
            require(account.data.size() <= 2, "a slice is no longer than it was asked for");
    }
}

void check_transactions(const JsonValue& result) {
    Seen seen;
    if (const auto error = read_transaction_error(result); is_read(error)) check_error(error.value());
    if (const auto known = read_statuses(result, 1, seen); is_read(known)) {
        require(known.value().statuses.size() == 1, "one was asked for");
        const auto& status = known.value().statuses.front();
        require(!status || status->slot <= known.value().slot, "nothing landed after the answer");
        if (status && status->error) check_error(*status->error);
    }
    Bytes ours(80, 9);
    ours[0] = 1;
    const std::string signature = *first_signature(ours);
    is_read(read_sent(result, signature));
    if (const auto found = read_transaction(result, signature); is_read(found) && found.value()) {
        const LandedTransaction& landed = *found.value();
        require(first_signature(landed.transaction) == signature, "it is the one that was asked for");
        require(landed.lamports_before.size() == landed.lamports_after.size(), "balances come in pairs");
        for (const TokenBalanceEntry& token : landed.tokens_after)
            require(token.account < landed.lamports_after.size(),
                    "tokens lie in an account of the transaction");
        if (landed.error) check_error(*landed.error);
    }
    SimulationQuery query{Message()};
    query.accounts = {well_known::wrapped_sol};
    if (const auto run = read_simulation(result, query, seen); is_read(run)) {
        require(run.value().accounts.size() <= 1, "one was asked for");
        if (run.value().error) check_error(*run.value().error);
    }
}

void check_url(std::string_view text) {
    const Result<RpcEndpoint> endpoint = RpcEndpoint::parse(text);
    if (!endpoint) return check_words(endpoint.error().detail);
    const RpcEndpoint& parsed = endpoint.value();
    require(parsed.http_url() == text, "a URL is asked as it was written");
    const std::string& name = parsed.name();
    const std::size_t host = name.find("://") + 3;
    require(name.find_first_of("/?@#", host) == std::string::npos, "a name is scheme, host and port");
    const Result<RpcEndpoint> again = RpcEndpoint::parse(name);
    require(again && again.value().name() == name, "a name is a URL of that name");
    require(parsed.ws_url().starts_with("ws"), "subscriptions go by ws");
    // Whatever path and query hold, six letters and more of it are gone.
    const std::string shown = parsed.redact(text);
    const std::size_t rest = text.find_first_of("/?", text.find("://") + 3);
    std::string_view secrets = rest == std::string_view::npos ? std::string_view() : text.substr(rest);
    while (!secrets.empty()) {
        const std::size_t end = std::min(secrets.find_first_of("/?&="), secrets.size());
        if (end >= 6 && secrets.substr(0, end).find('*') == std::string_view::npos) {
            require(shown.find(secrets.substr(0, end)) == std::string::npos, "a key is never shown");
        }
        secrets.remove_prefix(std::min(end + 1, secrets.size()));
    }
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    check_url(text);
    constexpr std::size_t values_most = 2'000;
    if (const Result<RpcOutcome> outcome = decode_rpc_answer(text, 1, values_most); is_read(outcome)) {
        if (const auto* const error = std::get_if<RpcError>(&outcome.value())) {
            const ErrorMeaning meaning = meaning_of(*error);
            check_words(meaning.why.detail);
            require(meaning.why.detail.find(error->message) != std::string::npos, "a node's words are kept");
            if (meaning.transaction_error) check_error(*meaning.transaction_error);
            return 0;
        }
        const JsonValue& result = std::get<JsonValue>(outcome.value());
        check_places(result);
        check_accounts(result);
        check_transactions(result);
        return 0;
    }
    // Without an envelope, so that the fuzzer need not keep one.
    if (const Result<JsonValue> result = JsonValue::parse(text, values_most)) {
        check_places(result.value());
        check_accounts(result.value());
        check_transactions(result.value());
    }
    return 0;
}
