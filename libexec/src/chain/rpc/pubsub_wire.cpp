#include "pubsub_wire.hpp"

#include <utility>

#include "answer_reader.hpp"

namespace libexec {
namespace {

/// An account has a dozen values; whoever sends more sends something else.
constexpr std::size_t values_most = 256;
constexpr std::size_t method_bytes_most = 64;
constexpr std::size_t error_message_bytes_most = 1'024;

Rejection bad_message(std::string why) { return reject(Reason::invalid_body, std::move(why)); }

std::string_view name_of(RpcTopic::Kind kind) {
    switch (kind) {
        case RpcTopic::Kind::account:
            return "account";
        case RpcTopic::Kind::signature:
            return "signature";
        case RpcTopic::Kind::slot:
            break;
    }
    return "slot";
}

std::string options(Commitment commitment, std::string_view more) {
    std::string text = R"({"commitment":")";
    text.append(to_string(commitment)).append("\"").append(more).append("}");
    return text;
}

Result<PubsubMessage> read_answer(const JsonValue& message) {
    PubsubAnswer answer;
    const std::optional<std::uint64_t> id = message["id"].whole();
    if (!id) return bad_message("/id is no whole number");
    answer.id = *id;
    const JsonValue error = message["error"];
    const JsonValue result = message["result"];
    if (error.is_null()) {
        answer.subscription = result.whole();
        if (!answer.subscription && !result.is_true() && !result.is_false())
            return bad_message("/result is neither a subscription nor a yes or no");
        return PubsubMessage(std::move(answer));
    }
    if (!result.is_null()) return bad_message("it has both a result and an error");
    const std::optional<std::int64_t> code = error["code"].signed_whole();
    if (!code) return bad_message("/error/code is no whole number");
    if (!error["message"].is_text()) return bad_message("/error/message is no text");
    answer.error.emplace();
    answer.error->code = *code;
    answer.error->message = outside_words(error["message"].text(), error_message_bytes_most);
    return PubsubMessage(std::move(answer));
}

Result<std::optional<RpcNotice>> read_account(const JsonValue& result, const RpcTopic& topic) {
    AnswerReader reader;
    Seen seen;
    RpcAccountNotice notice;
    notice.account = topic.account;
    notice.slot = reader.context_slot(result, seen);
    notice.state = reader.account(result["value"], "/value", false);
    return reader.finished(std::optional<RpcNotice>(std::move(notice)));
}

Result<std::optional<RpcNotice>> read_signature(const JsonValue& result, const RpcTopic& topic) {
    AnswerReader reader;
    Seen seen;
    RpcSignatureNotice notice;
    notice.signature = topic.signature;
    notice.slot = reader.context_slot(result, seen);
    const JsonValue value = result["value"];
    if (value.is_text() && value.text() == "receivedSignature")
        return reader.finished(std::optional<RpcNotice>());
    if (!value.is_object()) reader.complain("/value", "is no object");
    if (reader.fine()) notice.error = reader.error_or_null(value, "/value");
    return reader.finished(std::optional<RpcNotice>(std::move(notice)));
}

Result<std::optional<RpcNotice>> read_slot(const JsonValue& result) {
    AnswerReader reader;
    RpcSlotNotice notice;
    if (!result.is_object()) reader.complain("/result", "is no object");
    notice.slot = reader.whole(result["slot"], "/slot", AnswerReader::slot_most);
    notice.parent = reader.whole(result["parent"], "/parent", AnswerReader::slot_most);
    notice.root = reader.whole(result["root"], "/root", AnswerReader::slot_most);
    if (notice.parent >= notice.slot && notice.slot != 0) reader.complain("/parent", "is not below the slot");
    if (notice.root > notice.slot) reader.complain("/root", "is above the slot");
    return reader.finished(std::optional<RpcNotice>(notice));
}

}  // namespace

std::string encode_subscribe(std::uint64_t id, const RpcTopic& topic) {
    const std::string method = std::string(name_of(topic.kind)) + "Subscribe";
    switch (topic.kind) {
        case RpcTopic::Kind::account:
            return encode_rpc_call(id, method,
                                   to_json_string(topic.account.to_string()) + "," +
                                       options(topic.commitment, R"(,"encoding":"base64")"));
        case RpcTopic::Kind::signature:
            return encode_rpc_call(id, method,
                                   to_json_string(topic.signature) + "," + options(topic.commitment, ""));
        case RpcTopic::Kind::slot:
            break;
    }
    return encode_rpc_call(id, method, "");
}

std::string encode_unsubscribe(std::uint64_t id, RpcTopic::Kind kind, std::uint64_t subscription) {
    return encode_rpc_call(id, std::string(name_of(kind)) + "Unsubscribe", std::to_string(subscription));
}

Result<PubsubMessage> decode_pubsub_message(std::string_view text) {
    const Result<JsonValue> parsed = JsonValue::parse(text, values_most);
    if (!parsed) return parsed.error();
    const JsonValue& message = parsed.value();
    if (!message.is_object()) return bad_message("it is no object");
    if (message["jsonrpc"].text() != "2.0") return bad_message("/jsonrpc is not \"2.0\"");
    if (!message.has("method")) return read_answer(message);
    if (message.has("id")) return bad_message("it has both a method and an id");

    PubsubNotification notification;
    const JsonValue params = message["params"];
    const std::optional<std::uint64_t> subscription = params["subscription"].whole();
    if (!message["method"].is_text() || message["method"].text().size() > method_bytes_most)
        return bad_message("/method is no text of at most " + std::to_string(method_bytes_most) + " bytes");
    if (!subscription) return bad_message("/params/subscription is no whole number");
    if (!params.has("result")) return bad_message("/params/result is missing");
    notification.method = message["method"].text();
    notification.subscription = *subscription;
    notification.result = params["result"];
    return PubsubMessage(std::move(notification));
}

Result<std::optional<RpcNotice>> read_notice(const PubsubNotification& notification, const RpcTopic& topic) {
    if (notification.method != std::string(name_of(topic.kind)) + "Notification")
        return bad_message("/method is not that of the subscription");
    switch (topic.kind) {
        case RpcTopic::Kind::account:
            return read_account(notification.result, topic);
        case RpcTopic::Kind::signature:
            return read_signature(notification.result, topic);
        case RpcTopic::Kind::slot:
            break;
    }
    return read_slot(notification.result);
}

}  // namespace libexec
