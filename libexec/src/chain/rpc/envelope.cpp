#include "envelope.hpp"

#include "answers.hpp"
#include "libexec/base/front_of.hpp"

namespace libexec {
namespace {

constexpr std::size_t message_bytes_most = 1'024;
constexpr std::size_t log_lines_most = 3;

Rejection bad_answer(std::string why) { return reject(Reason::invalid_body, std::move(why)); }

/// The last lines of a preflight's log: the program's own sentence is among them.
std::string last_logs(const JsonValue& data) {
    const std::vector<JsonValue> logs = data["logs"].items();
    std::string words;
    for (std::size_t i = logs.size() > log_lines_most ? logs.size() - log_lines_most : 0; i < logs.size();
         ++i) {
        if (logs[i].is_text()) words += (words.empty() ? "" : " | ") + outside_words(logs[i].text(), 256);
    }
    return words;
}

/// The chain's objection to a transaction, with what the preflight says about it.
ErrorMeaning refused_transaction(const RpcError& error) {
    ErrorMeaning meaning;
    meaning.next = ErrorMeaning::Next::give_up;
    meaning.why = reject(Reason::chain_rejected, error.message);
    if (!error.data["err"].is_null()) {
        Result<TransactionError> read = read_transaction_error(error.data["err"]);
        if (read) meaning.transaction_error = std::move(read).value();
    }
    if (meaning.transaction_error) {
        meaning.why.detail += "; " + outside_words(meaning.transaction_error->words, message_bytes_most);
        if (meaning.transaction_error->kind == "BlockhashNotFound")
            meaning.why.reason = Reason::stale_blockhash;
    }
    if (const std::string logs = last_logs(error.data); !logs.empty()) meaning.why.detail += "; log: " + logs;
    return meaning;
}

}  // namespace

std::string outside_words(std::string_view text, std::size_t bytes_most) {
    std::string words(front_of(text, bytes_most));
    for (char& c : words) {
        if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
    }
    return words;
}

std::string encode_rpc_call(std::uint64_t id, std::string_view method, std::string_view params) {
    std::string text = R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":)";
    text += to_json_string(method);
    text += R"(,"params":[)";
    text += params;
    text += "]}";
    return text;
}

Result<RpcOutcome> decode_rpc_answer(std::string_view text, std::uint64_t id, std::size_t values_most) {
    const Result<JsonValue> parsed = JsonValue::parse(text, values_most);
    if (!parsed) return parsed.error();
    const JsonValue& answer = parsed.value();
    if (!answer.is_object()) return bad_answer("it is no object");
    if (answer["jsonrpc"].text() != "2.0") return bad_answer("/jsonrpc is not \"2.0\"");
    const JsonValue error = answer["error"];
    if (answer["id"].whole() != id && (error.is_null() || !answer["id"].is_null()))
        return bad_answer("/id is not that of the question");
    if (error.is_null()) {
        if (!answer.has("result")) return bad_answer("it has neither a result nor an error");
        return RpcOutcome(answer["result"]);
    }
    if (!answer["result"].is_null()) return bad_answer("it has both a result and an error");
    RpcError said;
    const std::optional<std::int64_t> code = error["code"].signed_whole();
    if (!code) return bad_answer("/error/code is no whole number");
    if (!error["message"].is_text()) return bad_answer("/error/message is no text");
    said.code = *code;
    said.message = outside_words(error["message"].text(), message_bytes_most);
    said.data = error["data"];
    return RpcOutcome(std::move(said));
}

ErrorMeaning meaning_of(const RpcError& error) {
    using Next = ErrorMeaning::Next;
    const std::string words = "error " + std::to_string(error.code) + ": " + error.message;
    const auto meaning = [&](Next next, Reason reason) {
        ErrorMeaning made;
        made.next = next;
        made.why = reject(reason, words);
        return made;
    };
    switch (error.code) {
        case -32002:  // the preflight failed
        case -32003:  // a signature is wrong
        case -32006:  // a precompiled program refused
        case -32013:  // a signature has the wrong length
            return refused_transaction(error);
        case -32602:  // parameters
        case -32015:  // a transaction of a newer version than was asked for
            return meaning(Next::give_up, Reason::invalid_parameter);
        case -32005: {  // the node is not healthy
            ErrorMeaning behind = meaning(Next::behind, Reason::service_unavailable);
            behind.slots_behind = error.data["numSlotsBehind"].whole();
            return behind;
        }
        case -32001:  // a block was cleaned up
        case -32004:  // a block is not available
        case -32007:  // a slot was skipped
        case -32009:  // the same, in the long-term storage
        case -32010:  // a program is left out of the node's index
        case -32011:  // the node keeps no history
        case -32014:  // a block's status is not known yet
        case -32016:  // it has not come to the slot that was asked for
        case -32601:  // the node does not serve the method
            return meaning(Next::ask_another, Reason::service_unavailable);
        case -32429:
            return meaning(Next::rest, Reason::rate_limited);
        default:
            return meaning(Next::blame, Reason::service_unavailable);
    }
}

}  // namespace libexec
