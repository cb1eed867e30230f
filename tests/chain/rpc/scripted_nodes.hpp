#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libexec/chain/rpc/client.hpp"
#include "libexec/json/value.hpp"
#include "support/sim_time.hpp"

namespace libexec::test {

/// A question as a node hears it.
struct NodeCall {
    std::string url;
    std::string method;
    JsonValue params;
    std::uint64_t id = 0;
    std::chrono::milliseconds timeout{0};
};

using NodeScript = std::function<Result<RpcReply>(const NodeCall& call)>;

/// 200 with that result, for this call.
inline Result<RpcReply> result_of(const NodeCall& call, const std::string& result) {
    return RpcReply(200,
                    R"({"jsonrpc":"2.0","result":)" + result + R"(,"id":)" + std::to_string(call.id) + "}");
}
/// 200 with that error.
inline Result<RpcReply> error_of(const NodeCall& call, int code, const std::string& message,
                                 const std::string& data = "null") {
    return RpcReply(200, R"({"jsonrpc":"2.0","error":{"code":)" + std::to_string(code) + R"(,"message":")" +
                             message + R"(","data":)" + data + R"(},"id":)" + std::to_string(call.id) + "}");
}
/// An answer that speaks of a slot.
inline std::string at_slot(std::uint64_t slot, const std::string& value) {
    return R"({"context":{"slot":)" + std::to_string(slot) + R"(},"value":)" + value + "}";
}
inline std::string epoch_at(std::uint64_t slot, std::uint64_t height) {
    return R"({"absoluteSlot":)" + std::to_string(slot) + R"(,"blockHeight":)" + std::to_string(height) +
           R"(,"epoch":7,"slotIndex":3,"slotsInEpoch":432000,"transactionCount":null})";
}
inline std::string account_json(const std::string& base64, std::size_t space, std::uint64_t lamports = 1) {
    return R"({"data":[")" + base64 + R"(","base64"],"executable":false,"lamports":)" +
           std::to_string(lamports) +
           R"(,"owner":"11111111111111111111111111111111","rentEpoch":18446744073709551615,"space":)" +
           std::to_string(space) + "}";
}

/// Answers every getSlot with that slot.
inline NodeScript answers_slot(std::uint64_t slot) {
    return [slot](const NodeCall& call) { return result_of(call, std::to_string(slot)); };
}
inline NodeScript refuses_connections() {
    return [](const NodeCall&) -> Result<RpcReply> {
        return reject(Reason::service_unavailable, "connection refused");
    };
}

/// Nodes that are functions. Each answers after its delay, or not at all when that is longer than the asker
/// waits.
class ScriptedNodes final : public RpcTransport {
public:
    explicit ScriptedNodes(SimTime& time) : time_(time) {}

    void set(const std::string& url, NodeScript script) { nodes_[url].script = std::move(script); }
    void delay(const std::string& url, std::chrono::milliseconds delay) { nodes_[url].delay = delay; }
    /// What `url` was asked, in order.
    std::vector<std::string> methods(const std::string& url) const {
        std::vector<std::string> methods;
        for (const NodeCall& call : calls) {
            if (call.url == url) methods.push_back(call.method);
        }
        return methods;
    }
    std::size_t asked(const std::string& url) const { return methods(url).size(); }

    Task<Result<RpcReply>> post(RpcPost post) override {
        const Result<JsonValue> read = JsonValue::parse(post.body);
        REQUIRE(read);
        NodeCall call;
        call.url = post.url;
        call.method = read.value()["method"].text();
        call.params = read.value()["params"];
        call.id = read.value()["id"].whole().value_or(0);
        call.timeout = post.timeout;
        CHECK(read.value()["jsonrpc"].text() == "2.0");
        CHECK(call.params.is_list());
        calls.push_back(call);
        const Node& node = nodes_[post.url];
        if (node.delay > post.timeout) {
            co_await time_.sleep_for(post.timeout);
            co_return reject(Reason::service_unavailable,
                             "no answer within " + std::to_string(post.timeout.count()) + " ms");
        }
        if (node.delay.count() > 0) co_await time_.sleep_for(node.delay);
        if (!node.script) co_return reject(Reason::service_unavailable, "connection refused");
        Result<RpcReply> reply = node.script(call);
        if (reply && reply.value().body.size() > post.answer_bytes_most)
            co_return reject(Reason::service_unavailable, "the answer is larger than it may be");
        co_return reply;
    }

    std::vector<NodeCall> calls;

private:
    struct Node {
        NodeScript script;
        std::chrono::milliseconds delay{0};
    };
    SimTime& time_;
    std::map<std::string, Node> nodes_;
};

/// A client of some scripted nodes, on time that jumps.
struct RpcWorld {
    explicit RpcWorld(
        const std::string& urls = "https://a.example/key-of-a,https://b.example/?api-key=key-of-b")
        : RpcWorld(urls, [](RpcConfig&) {}) {}
    RpcWorld(const std::string& urls, const std::function<void(RpcConfig&)>& adjust) {
        RpcConfig config(RpcEndpoint::parse_list(urls).value());
        adjust(config);
        client = std::make_unique<RpcClient>(std::move(config), nodes, time, time, random, *log);
    }

    template <class T>
    T run(Task<T> work) {
        return time.run(std::move(work));
    }
    RpcEndpointReport report(std::size_t place) const { return client->report().at(place); }

    SimTime time;
    Random random{7};
    std::unique_ptr<Log> log = make_silent_log();
    ScriptedNodes nodes{time};
    std::unique_ptr<RpcClient> client;
};

inline const std::string node_a = "https://a.example/key-of-a";
inline const std::string node_b = "https://b.example/?api-key=key-of-b";

}  // namespace libexec::test
