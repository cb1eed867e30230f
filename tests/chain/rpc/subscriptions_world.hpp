#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "chain/rpc/scripted_sockets.hpp"
#include "libexec/chain/rpc/subscriptions.hpp"
#include "support/sim_time.hpp"

namespace libexec::test {

inline const std::string some_signature(88, '2');
inline const PublicKey some_account = PublicKey::parse("11111111111111111111111111111111").value();

/// Remembers the lines that were written, with their fields.
class LineLog final : public Log {
public:
    bool enabled(LogLevel) const override { return true; }
    void write(LogLevel, std::string_view event, std::string_view message,
               std::initializer_list<LogField> fields) override {
        std::string line = std::string(event) + " " + std::string(message);
        for (const LogField& field : fields) line += " " + field.value;
        lines.push_back(line);
    }
    void set_level(LogLevel) override {}
    std::size_t count(std::string_view event) const {
        std::size_t found = 0;
        for (const std::string& line : lines) found += line.starts_with(event) ? 1 : 0;
        return found;
    }

    std::vector<std::string> lines;
};

inline std::string shown(const RpcNotice& notice) {
    if (const auto* const account = std::get_if<RpcAccountNotice>(&notice))
        return "account@" + std::to_string(account->slot) + ":" + std::to_string(account->state.lamports);
    if (const auto* const landed = std::get_if<RpcSignatureNotice>(&notice)) {
        return "signature@" + std::to_string(landed->slot) + ":" +
               (landed->error ? landed->error->words : "fine");
    }
    if (const auto* const slot = std::get_if<RpcSlotNotice>(&notice))
        return "slot@" + std::to_string(slot->slot);
    if (const auto* const gap = std::get_if<RpcGap>(&notice)) return gap->first ? "gap:first" : "gap:again";
    return "silence:" + std::get<RpcSilence>(notice).why.detail;
}

/// What one subscriber was told.
struct Told {
    std::vector<std::string> notices;

    RpcNoticeHandler handler() {
        return [this](const RpcNotice& notice) { notices.push_back(shown(notice)); };
    }
    std::string all() const {
        std::string text;
        for (const std::string& notice : notices) text += (text.empty() ? "" : " ") + notice;
        return text;
    }
};

struct SubscriptionsWorld {
    SimTime time;
    ScriptedSockets sockets{time};
    Random random{7};
    LineLog log;
    std::optional<RpcSubscriptions> subscriptions;

    explicit SubscriptionsWorld(RpcSubscriptionsConfig config = usual()) {
        subscriptions.emplace(std::move(config), time.io().get_executor(), sockets, time, random, log);
        time.settle();
    }
    ~SubscriptionsWorld() {
        subscriptions.reset();
        time.settle();
    }
    SubscriptionsWorld(const SubscriptionsWorld&) = delete;
    SubscriptionsWorld& operator=(const SubscriptionsWorld&) = delete;

    static RpcSubscriptionsConfig usual() {
        return RpcSubscriptionsConfig(RpcEndpoint::parse("https://node.example/v2/SECRETKEY").value());
    }
    RpcSubscription account(Told& told) {
        auto made = subscriptions->account(some_account, Commitment::confirmed, told.handler());
        time.settle();
        return std::move(made).value();
    }
    RpcSubscription landed(Told& told) {
        auto made = subscriptions->signature(some_signature, Commitment::confirmed, told.handler());
        time.settle();
        return std::move(made).value();
    }
    RpcSubscription slots(Told& told) {
        auto made = subscriptions->slots(told.handler());
        time.settle();
        return std::move(made).value();
    }
    NodeWire& node() { return sockets.last(); }
    /// The method of the last request, and its number.
    std::string asked() {
        if (node().heard.empty()) return {};
        const std::string& text = node().heard.back();
        const std::size_t at = text.find("\"method\":\"") + 10;
        return text.substr(at, text.find('"', at) - at);
    }
    std::string id() {
        const std::string& text = node().heard.back();
        const std::size_t at = text.find("\"id\":") + 5;
        return text.substr(at, text.find(',', at) - at);
    }
    void say(const std::string& text) {
        node().say(text);
        time.settle();
    }
    void answer(const std::string& result) {
        say(R"({"jsonrpc":"2.0","result":)" + result + R"(,"id":)" + id() + "}");
    }
    void notify(const std::string& method, int subscription, const std::string& result) {
        say(R"({"jsonrpc":"2.0","method":")" + method + R"(","params":{"result":)" + result +
            R"(,"subscription":)" + std::to_string(subscription) + "}}");
    }
    void notify_slot(int subscription, int slot) {
        notify(
            "slotNotification", subscription,
            R"({"parent":)" + std::to_string(slot - 1) + R"(,"root":0,"slot":)" + std::to_string(slot) + "}");
    }
    void notify_account(int subscription, int slot, int lamports) {
        notify(
            "accountNotification", subscription,
            R"({"context":{"slot":)" + std::to_string(slot) + R"(},"value":{"lamports":)" +
                std::to_string(lamports) +
                R"(,"owner":"11111111111111111111111111111111","data":["","base64"],"executable":false}})");
    }
    void notify_landed(int subscription, int slot, const std::string& error = "null") {
        notify("signatureNotification", subscription,
               R"({"context":{"slot":)" + std::to_string(slot) + R"(},"value":{"err":)" + error + "}}");
    }
};

}  // namespace libexec::test
