#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libexec/chain/rpc/rpc_socket.hpp"
#include "support/sim_time.hpp"

namespace libexec::test {

/// A connection as the node's end sees it.
struct NodeWire {
    explicit NodeWire(SimTime& time) : alarm(time.make_alarm()), opened_at(time.now()) {}

    void say(std::string text) {
        WsMessage message;
        message.kind = WsMessage::Kind::text;
        message.payload = std::move(text);
        put(std::move(message));
    }
    void close(WsCloseCode code, std::string reason) {
        WsMessage message;
        message.close_code = code;
        message.payload = std::move(reason);
        put(std::move(message));
    }
    void break_off(std::string why) { put(reject(Reason::service_unavailable, std::move(why))); }
    void put(Result<WsMessage> said) {
        to_client.push_back(std::move(said));
        alarm->ring();
    }

    std::vector<std::string> heard;  ///< from the client
    std::deque<Result<WsMessage>> to_client;
    std::unique_ptr<Alarm> alarm;
    Time opened_at;
    std::string url;
    bool gone = false;  ///< the client has left
};

/// Connections to a node that is a script.
class ScriptedSockets final : public RpcSocketMaker {
public:
    explicit ScriptedSockets(SimTime& time) : time_(time) {}

    std::unique_ptr<RpcSocket> make() override {
        wires.push_back(std::make_shared<NodeWire>(time_));
        std::optional<Rejection> refusal;
        if (!refusals.empty()) {
            refusal = refusals.front();
            refusals.pop_front();
        }
        return std::make_unique<Socket>(wires.back(), std::move(refusal), retry_after);
    }
    NodeWire& last() { return *wires.back(); }

    std::vector<std::shared_ptr<NodeWire>> wires;
    std::deque<Rejection> refusals;  ///< of the next attempts to connect
    std::optional<std::chrono::seconds> retry_after;

private:
    class Socket final : public RpcSocket {
    public:
        Socket(std::shared_ptr<NodeWire> wire, std::optional<Rejection> refusal,
               std::optional<std::chrono::seconds> after)
            : wire_(std::move(wire)), refusal_(std::move(refusal)), after_(after) {}
        ~Socket() override {
            wire_->gone = true;
            wire_->alarm->ring();
        }
        Task<Result<Done>> connect(std::string url) override {
            return connect_to(wire_, refusal_, std::move(url));
        }
        std::optional<std::chrono::seconds> retry_after() const override { return after_; }
        Task<Result<Done>> send_text(std::string text) override { return send(wire_, std::move(text)); }
        Task<Result<WsMessage>> next() override { return next_of(wire_); }

    private:
        static Task<Result<Done>> connect_to(std::shared_ptr<NodeWire> wire, std::optional<Rejection> refusal,
                                             std::string url) {
            wire->url = std::move(url);
            if (refusal) co_return *refusal;
            co_return Done{};
        }
        static Task<Result<Done>> send(std::shared_ptr<NodeWire> wire, std::string text) {
            if (wire->gone) co_return reject(Reason::cancelled, "gone");
            wire->heard.push_back(std::move(text));
            co_return Done{};
        }
        static Task<Result<WsMessage>> next_of(std::shared_ptr<NodeWire> wire) {
            while (!wire->gone && wire->to_client.empty()) co_await wire->alarm->wait(std::chrono::hours(1));
            if (wire->gone) co_return reject(Reason::cancelled, "gone");
            Result<WsMessage> said = std::move(wire->to_client.front());
            wire->to_client.pop_front();
            co_return said;
        }

        std::shared_ptr<NodeWire> wire_;
        std::optional<Rejection> refusal_;
        std::optional<std::chrono::seconds> after_;
    };

    SimTime& time_;
};

}  // namespace libexec::test
