#include "chain/rpc/pubsub_wire.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace libexec;

namespace {

const std::string system_program = "11111111111111111111111111111111";
const std::string signature(88, '2');

RpcTopic topic_of(RpcTopic::Kind kind) {
    RpcTopic topic;
    topic.kind = kind;
    topic.account = PublicKey::parse(system_program).value();
    topic.signature = signature;
    return topic;
}

std::string notification(const std::string& method, const std::string& result) {
    return R"({"jsonrpc":"2.0","method":")" + method + R"(","params":{"result":)" + result +
           R"(,"subscription":18446744073709551615}})";
}

/// "read", "nothing", or what is wrong.
std::string verdict(const std::string& text, RpcTopic::Kind kind) {
    const Result<PubsubMessage> message = decode_pubsub_message(text);
    if (!message) return message.error().detail;
    const auto* const said = std::get_if<PubsubNotification>(&message.value());
    if (said == nullptr) return "an answer";
    const Result<std::optional<RpcNotice>> notice = read_notice(*said, topic_of(kind));
    if (!notice) return notice.error().detail;
    return notice.value() ? "read" : "nothing";
}

std::string account_with(const std::string& member, const std::string& value) {
    std::string text =
        R"({"lamports":1,"owner":"11111111111111111111111111111111",)"
        R"("data":["AAE=","base64"],"executable":false,"rentEpoch":18446744073709551615,"space":2})";
    if (member.empty()) return text;
    const std::size_t at = text.find("\"" + member + "\":") + member.size() + 3;
    std::size_t end = text.find(text[at] == '[' ? ']' : ',', at);
    if (text[at] == '[') ++end;
    if (end == std::string::npos || member == "space") end = text.size() - 1;
    return text.replace(at, end - at, value);
}

std::string in_context(const std::string& value, const std::string& slot = "5") {
    return R"({"context":{"apiVersion":"3.1.0","slot":)" + slot + R"(},"value":)" + value + "}";
}

}  // namespace

TEST_SUITE("chain/rpc/pubsub wire") {
    TEST_CASE("requests are spelled as nodes read them") {
        CHECK(
            encode_subscribe(7, topic_of(RpcTopic::Kind::account)) ==
            R"({"jsonrpc":"2.0","id":7,"method":"accountSubscribe","params":["11111111111111111111111111111111",)"
            R"({"commitment":"confirmed","encoding":"base64"}]})");
        CHECK(encode_subscribe(8, topic_of(RpcTopic::Kind::signature)) ==
              R"({"jsonrpc":"2.0","id":8,"method":"signatureSubscribe","params":[")" + signature +
                  R"(",{"commitment":"confirmed"}]})");
        CHECK(encode_subscribe(9, RpcTopic()) ==
              R"({"jsonrpc":"2.0","id":9,"method":"slotSubscribe","params":[]})");
        CHECK(encode_unsubscribe(10, RpcTopic::Kind::account, 18446744073709551615u) ==
              R"({"jsonrpc":"2.0","id":10,"method":"accountUnsubscribe","params":[18446744073709551615]})");
    }

    TEST_CASE("answers are a subscription, a yes or no, or an error") {
        const auto answer = [](const std::string& inside) {
            return std::get<PubsubAnswer>(
                decode_pubsub_message(R"({"jsonrpc":"2.0",)" + inside + "}").value());
        };
        CHECK(answer(R"("id":3,"result":18446744073709551615)").subscription == 18446744073709551615u);
        CHECK_FALSE(answer(R"("result":true,"id":3)").subscription);
        CHECK(answer(R"("id":3,"error":{"code":-32602,"message":"no\nway"})").error->message == "no way");
        for (const char* const inside :
             {R"("id":3)", R"("id":"3","result":1)", R"("id":-3,"result":1)", R"("id":3.5,"result":1)",
              R"("id":null,"result":1)", R"("id":3,"result":-1)", R"("id":3,"result":"1")",
              R"("id":3,"result":1.5)", R"("id":3,"result":null)", R"("id":3,"result":18446744073709551616)",
              R"("id":3,"error":"no")", R"("id":3,"error":{"code":1})", R"("id":3,"error":{"message":"x"})",
              R"("id":3,"result":1,"error":{"code":1,"message":"x"})",
              R"("id":null,"error":{"code":-32700,"message":"Parse error"})"}) {
            CAPTURE(inside);
            CHECK_FALSE(decode_pubsub_message(R"({"jsonrpc":"2.0",)" + std::string(inside) + "}"));
        }
        for (const char* const text :
             {"", "null", "[]", "{}", "[1]", "\"x\"", R"({"jsonrpc":"1.0","id":1,"result":1})",
              R"({"id":1,"result":1})", R"({"jsonrpc":"2.0","id":1,"result":1}x)",
              "{\"jsonrpc\":\"2.0\",\"id\":1"}) {
            CAPTURE(text);
            CHECK_FALSE(decode_pubsub_message(text));
        }
    }

    TEST_CASE("an account is read, whole and exact") {
        const std::string good = notification("accountNotification", in_context(account_with("", "")));
        REQUIRE(verdict(good, RpcTopic::Kind::account) == "read");
        const auto said = std::get<PubsubNotification>(decode_pubsub_message(good).value());
        CHECK(said.subscription == 18446744073709551615u);
        const auto notice =
            std::get<RpcAccountNotice>(*read_notice(said, topic_of(RpcTopic::Kind::account)).value());
        CHECK(notice.slot == 5);
        CHECK(notice.state.lamports == 1);
        CHECK(notice.state.data == Bytes{0, 1});
        CHECK(notice.state.owner.to_string() == system_program);
        const std::string rich = account_with("lamports", "18446744073709551615");
        CHECK(verdict(notification("accountNotification", in_context(rich)), RpcTopic::Kind::account) ==
              "read");

        const std::pair<const char*, const char*> bad[] = {
            {"lamports", "-1"},
            {"lamports", "1.5"},
            {"lamports", "18446744073709551616"},
            {"lamports", "\"1\""},
            {"owner", "\"x\""},
            {"owner", "null"},
            {"data", "[\"AAE\",\"base64\"]"},
            {"data", "[\"AAE=\",\"base58\"]"},
            {"data", "[\"AAE=\"]"},
            {"data", "\"AAE=\""},
            {"executable", "0"},
            {"space", "3"},
            {"space", "-1"},
        };
        for (const auto& [member, value] : bad) {
            CAPTURE(member);
            CAPTURE(value);
            const std::string why =
                verdict(notification("accountNotification", in_context(account_with(member, value))),
                        RpcTopic::Kind::account);
            CHECK(why != "read");
            CHECK(why.find("/value/") != std::string::npos);
        }
        for (const char* const slot : {"-1", "\"5\"", "null", "9223372036854775808", "1e3"}) {
            CAPTURE(slot);
            CHECK(verdict(notification("accountNotification", in_context(account_with("", ""), slot)),
                          RpcTopic::Kind::account) != "read");
        }
        for (const char* const result : {"null", "1", "[]", "{}", R"({"context":{"slot":1}})",
                                         R"({"context":{"slot":1},"value":null})"}) {
            CAPTURE(result);
            CHECK(verdict(notification("accountNotification", result), RpcTopic::Kind::account) != "read");
        }
        std::string many = "[0";
        for (int i = 0; i < 300; ++i) many += ",0";
        CHECK(verdict(notification("accountNotification", many + "]"), RpcTopic::Kind::account) != "read");
    }

    TEST_CASE("a signature is read with its error; one that was only received is none yet") {
        const auto read = [](const std::string& value) {
            return verdict(notification("signatureNotification", in_context(value)),
                           RpcTopic::Kind::signature);
        };
        CHECK(read(R"({"err":null})") == "read");
        CHECK(read(R"({"err":{"InstructionError":[0,{"Custom":6001}]}})") == "read");
        CHECK(read(R"("receivedSignature")") == "nothing");
        for (const char* const value : {"null", "1", "{}", R"({"error":null})", R"("processed")",
                                        R"({"err":7})", R"({"err":{"InstructionError":[0]}})"}) {
            CAPTURE(value);
            const std::string why = read(value);
            CHECK(why.find("/value") != std::string::npos);
        }
    }

    TEST_CASE("a slot comes after its parent and not before its root") {
        const auto read = [](const std::string& result) {
            return verdict(notification("slotNotification", result), RpcTopic::Kind::slot);
        };
        CHECK(read(R"({"parent":9,"root":3,"slot":10})") == "read");
        CHECK(read(R"({"parent":0,"root":0,"slot":0})") == "read");
        for (const char* const result :
             {R"({"parent":10,"root":3,"slot":10})", R"({"parent":11,"root":3,"slot":10})",
              R"({"parent":9,"root":11,"slot":10})", R"({"root":3,"slot":10})",
              R"({"parent":-1,"root":0,"slot":1})", R"({"parent":1,"root":0,"slot":9223372036854775808})",
              "7", "null"}) {
            CAPTURE(result);
            CHECK(read(result) != "read");
        }
    }

    TEST_CASE("a notification is of the kind that was subscribed to, and complete") {
        CHECK(verdict(notification("slotNotification", R"({"parent":9,"root":3,"slot":10})"),
                      RpcTopic::Kind::account)
                  .find("/method") == 0);
        for (
            const char* const text :
            {R"({"jsonrpc":"2.0","method":"slotNotification"})",
             R"({"jsonrpc":"2.0","method":"slotNotification","params":[]})",
             R"({"jsonrpc":"2.0","method":"slotNotification","params":{"result":1}})",
             R"({"jsonrpc":"2.0","method":"slotNotification","params":{"subscription":1}})",
             R"({"jsonrpc":"2.0","method":"slotNotification","params":{"subscription":"1","result":1}})",
             R"({"jsonrpc":"2.0","method":7,"params":{"subscription":1,"result":1}})",
             R"({"jsonrpc":"2.0","id":1,"method":"slotNotification","params":{"subscription":1,"result":1}})"}) {
            CAPTURE(text);
            CHECK_FALSE(decode_pubsub_message(text));
        }
        CHECK_FALSE(decode_pubsub_message(notification(std::string(65, 'x'), "1")));
    }
}
