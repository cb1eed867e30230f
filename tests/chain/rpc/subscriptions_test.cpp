#include "libexec/chain/rpc/subscriptions.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "chain/rpc/scripted_sockets.hpp"
#include "support/sim_time.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

const std::string signature(88, '2');
const PublicKey some_account = PublicKey::parse("11111111111111111111111111111111").value();

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

std::string shown(const RpcNotice& notice) {
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

struct World {
    SimTime time;
    ScriptedSockets sockets{time};
    Random random{7};
    LineLog log;
    std::optional<RpcSubscriptions> subscriptions;

    explicit World(RpcSubscriptionsConfig config = usual()) {
        subscriptions.emplace(std::move(config), time.io().get_executor(), sockets, time, random, log);
        time.settle();
    }
    ~World() {
        subscriptions.reset();
        time.settle();
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    static RpcSubscriptionsConfig usual() {
        return RpcSubscriptionsConfig(RpcEndpoint::parse("https://node.example/v2/SECRETKEY").value());
    }
    RpcSubscription account(Told& told) {
        auto made = subscriptions->account(some_account, Commitment::confirmed, told.handler());
        time.settle();
        return std::move(made).value();
    }
    RpcSubscription landed(Told& told) {
        auto made = subscriptions->signature(signature, Commitment::confirmed, told.handler());
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

}  // namespace

TEST_SUITE("chain/rpc/subscriptions") {
    TEST_CASE("nothing is connected until there is something to listen to") {
        World world;
        world.time.pass(10s);
        CHECK(world.sockets.wires.empty());
        Told told;
        const RpcSubscription slots = world.slots(told);
        REQUIRE(world.sockets.wires.size() == 1);
        CHECK(world.node().url == "wss://node.example/v2/SECRETKEY");
        CHECK(world.subscriptions->is_connected());
        CHECK(world.asked() == "slotSubscribe");
        CHECK_FALSE(slots.is_listening());
        CHECK(told.all().empty());
        world.answer("4");
        CHECK(slots.is_listening());
        world.notify_slot(4, 12);
        world.notify_slot(4, 11);
        CHECK(told.all() == "gap:first slot@12 slot@11");
    }

    TEST_CASE("accounts come as they are told, in any order of slots; a signature fires once") {
        World world;
        Told changes;
        Told landing;
        const RpcSubscription account = world.account(changes);
        world.answer("1");
        const RpcSubscription landed = world.landed(landing);
        CHECK(world.asked() == "signatureSubscribe");
        world.answer("2");
        world.notify_account(1, 8, 100);
        world.notify_account(1, 7, 50);
        world.notify("signatureNotification", 2, R"({"context":{"slot":6},"value":"receivedSignature"})");
        world.notify_landed(2, 9, R"({"InstructionError":[2,{"Custom":6001}]})");
        world.notify_landed(2, 9);
        CHECK(changes.all() == "gap:first account@8:100 account@7:50");
        CHECK(landing.all() == R"(gap:first signature@9:{"InstructionError":[2,{"Custom":6001}]})");
        CHECK_FALSE(landed.is_listening());
        CHECK(world.sockets.wires.size() == 1);
        CHECK(world.node().heard.size() == 2);  // the node ends it by itself
        const auto bad = world.subscriptions->signature("not a signature", Commitment::confirmed, nullptr);
        CHECK(bad.error().reason == Reason::invalid_parameter);
    }

    TEST_CASE("those who listen to the same share one subscription, which ends with the last of them") {
        World world;
        Told one;
        Told two;
        Told three;
        RpcSubscription first = world.account(one);
        RpcSubscription second = world.account(two);
        CHECK(world.node().heard.size() == 1);
        world.answer("5");
        RpcSubscription third = world.account(three);
        CHECK(three.all() == "gap:first");
        world.notify_account(5, 1, 1);
        first.end();
        first.end();
        world.notify_account(5, 2, 2);
        CHECK(one.all() == "gap:first account@1:1");
        CHECK(two.all() == "gap:first account@1:1 account@2:2");
        CHECK(three.all() == two.all());
        third = RpcSubscription();
        world.time.settle();
        CHECK(world.node().heard.size() == 1);
        second.end();
        world.time.settle();
        CHECK(world.asked() == "accountUnsubscribe");
        CHECK(world.node().heard.back().find("\"params\":[5]") != std::string::npos);
        world.notify_account(5, 3, 3);  // was on its way
        world.answer("true");
        CHECK(world.sockets.wires.size() == 1);

        // Ended and wanted again before the node has answered: it is the same one.
        RpcSubscription again = world.account(one);
        again.end();
        again = world.account(one);
        CHECK(world.node().heard.size() == 3);
        world.answer("6");
        CHECK(again.is_listening());
        // Ended for good before that: it is ended when the node has told its name.
        Told nobody;
        world.slots(nobody).end();
        CHECK(world.asked() == "slotSubscribe");
        world.answer("7");
        CHECK(world.asked() == "slotUnsubscribe");
        CHECK(nobody.all().empty());
    }

    TEST_CASE("a lost connection is made again: silence, then a gap, and everything anew") {
        World world;
        Told changes;
        Told beats;
        const RpcSubscription account = world.account(changes);
        world.answer("1");
        const RpcSubscription slots = world.slots(beats);
        world.answer("2");
        const auto lost_at = world.time.now();
        world.node().close(WsCloseCode::going_away, "restart of /v2/SECRETKEY");
        world.time.settle();
        CHECK_FALSE(account.is_listening());
        CHECK_FALSE(world.subscriptions->is_connected());
        CHECK(changes.notices.back() ==
              "silence:https://node.example: the node closed the socket with 1001 restart of /v2/***");
        world.time.pass(1s);
        REQUIRE(world.sockets.wires.size() == 2);
        CHECK(world.node().opened_at - lost_at >= 125ms);
        CHECK(world.node().opened_at - lost_at <= 250ms);
        REQUIRE(world.node().heard.size() == 2);
        world.say(R"({"jsonrpc":"2.0","result":9,"id":)" + world.id() + "}");
        CHECK(beats.all().ends_with("gap:again"));
        world.notify_slot(2, 5);  // the old name means nothing here
        world.notify_slot(9, 6);
        CHECK(beats.all().ends_with("gap:again slot@6"));
        CHECK(world.log.count("rpc.subscriptions_lost") == 1);
        for (const std::string& line : world.log.lines) CHECK(line.find("SECRETKEY") == std::string::npos);
    }

    TEST_CASE("a node that stays away is tried ever more rarely, by chance and by its own wish") {
        World world;
        Told told;
        for (int i = 0; i < 12; ++i)
            world.sockets.refusals.push_back(reject(Reason::service_unavailable, "no connection"));
        const RpcSubscription slots = world.slots(told);
        for (int i = 0; i < 1'000 && world.sockets.wires.size() < 13; ++i) world.time.pass(500ms);
        REQUIRE(world.sockets.wires.size() == 13);
        auto most = std::chrono::milliseconds(250);
        bool by_chance = false;
        for (std::size_t i = 1; i < world.sockets.wires.size(); ++i) {
            const auto pause = world.sockets.wires[i]->opened_at - world.sockets.wires[i - 1]->opened_at;
            CAPTURE(i);
            CHECK(pause >= most / 2);
            CHECK(pause <= most);
            by_chance = by_chance || (pause != most && pause != most / 2);
            most = std::min<std::chrono::milliseconds>(most * 2, 30s);
        }
        CHECK(by_chance);
        CHECK(told.all().empty());  // nobody was listening, so nobody falls silent
        CHECK(world.log.count("rpc.subscriptions_lost") == 1);
        world.answer("1");
        world.time.pass(31s);  // it holds: the next loss is a first one again
        world.node().break_off("cut");
        world.time.pass(260ms);
        CHECK(world.sockets.wires.size() == 14);

        world.sockets.refusals.push_back(reject(Reason::rate_limited, "429"));
        world.node().break_off("cut");
        world.time.pass(1s);
        REQUIRE(world.sockets.wires.size() == 15);
        world.time.pass(4s);
        CHECK(world.sockets.wires.size() == 15);
        world.sockets.retry_after = 60s;
        world.sockets.refusals.push_back(reject(Reason::rate_limited, "429"));
        world.time.pass(2s);
        REQUIRE(world.sockets.wires.size() == 16);
        world.sockets.retry_after.reset();
        world.time.pass(58s);
        CHECK(world.sockets.wires.size() == 16);
        world.time.pass(3s);
        CHECK(world.sockets.wires.size() == 17);
    }

    TEST_CASE("a message against the rules is told to nobody and ends the connection") {
        const char* const messages[] = {
            "nonsense",
            R"({"jsonrpc":"2.0","result":1,"id":999})",
            R"({"jsonrpc":"2.0","result":true,"id":1})",
            R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x"}})",
            R"({"jsonrpc":"2.0","method":"slotNotification","params":{"subscription":50,"result":{}}})",
            R"({"jsonrpc":"2.0","method":"slotNotification","params":{"subscription":50,"result":{"slot":1,"parent":2,"root":0}}})",
            R"({"jsonrpc":"2.0","method":"accountNotification","params":{"subscription":50,"result":null}})",
        };
        for (const char* const message : messages) {
            CAPTURE(message);
            World world;
            Told told;
            const RpcSubscription slots = world.slots(told);
            world.answer("50");
            world.say(message);
            CHECK(world.node().gone);
            REQUIRE(told.notices.size() == 2);
            CHECK(told.notices[1].find("says what nobody can understand") != std::string::npos);
            world.time.pass(1s);
            CHECK(world.sockets.wires.size() == 2);
        }
        World world;
        Told told;
        const RpcSubscription slots = world.slots(told);
        world.answer("3");
        const RpcSubscription account = world.account(told);
        world.answer("3");  // the name of another one
        CHECK(world.node().gone);
        world.time.pass(1s);
        WsMessage bytes;
        bytes.kind = WsMessage::Kind::binary;
        world.node().put(bytes);
        world.time.settle();
        CHECK(world.node().gone);
    }

    TEST_CASE("a refused subscription is silent, and asked for again later; others are not harmed") {
        World world;
        Told changes;
        Told beats;
        const RpcSubscription account = world.account(changes);
        world.say(R"({"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"Node is behind"}})");
        CHECK(changes.all() == "silence:error -32005: Node is behind");
        const RpcSubscription slots = world.slots(beats);
        world.answer("2");
        world.time.pass(29s);
        CHECK(world.node().heard.size() == 2);
        world.time.pass(4s);
        REQUIRE(world.node().heard.size() == 3);
        CHECK(world.asked() == "accountSubscribe");
        world.answer("3");
        CHECK(changes.all().ends_with("gap:first"));
        CHECK(world.sockets.wires.size() == 1);
    }

    TEST_CASE("a node that does not answer is left, one that answers slowly is not") {
        World world;
        Told told;
        const RpcSubscription slots = world.slots(told);
        world.time.pass(9s);
        CHECK_FALSE(world.node().gone);
        world.answer("1");
        world.time.pass(1h);
        CHECK_FALSE(world.node().gone);
        const RpcSubscription account = world.account(told);
        world.time.pass(16s);
        CHECK(world.sockets.wires.size() == 2);
        CHECK(told.notices.back().find("does not answer a subscription in time") != std::string::npos);
    }

    TEST_CASE("subscriptions are bounded, and so are requests under way") {
        RpcSubscriptionsConfig config = World::usual();
        config.subscriptions_most = 3;
        config.unanswered_most = 2;
        World world(std::move(config));
        Told told;
        RpcSubscription account = world.account(told);
        const RpcSubscription landed = world.landed(told);
        const RpcSubscription slots = world.slots(told);
        const auto fourth = world.subscriptions->slots(told.handler());
        REQUIRE_FALSE(fourth);
        CHECK(fourth.error().reason == Reason::queue_full);
        CHECK(world.node().heard.size() == 2);
        world.say(R"({"jsonrpc":"2.0","result":1,"id":1})");
        CHECK(world.node().heard.size() == 3);
        account.end();
        CHECK(world.subscriptions->slots(told.handler()));
    }

    TEST_CASE("a subscriber may throw, end itself, or end everything") {
        World world;
        Told told;
        RpcSubscription self;
        int calls = 0;
        auto made = world.subscriptions->slots([&](const RpcNotice&) {
            ++calls;
            self.end();
        });
        self = std::move(made).value();
        const auto thrower = world.subscriptions->slots(
            [](const RpcNotice&) -> void { throw std::runtime_error("a subscriber's mistake"); });
        const RpcSubscription calm = world.slots(told);
        world.answer("1");
        world.notify_slot(1, 5);
        CHECK(calls == 1);
        CHECK(told.all() == "gap:first slot@5");
        CHECK(world.log.count("rpc.subscriber_threw") == 2);
        const auto last = world.subscriptions->slots([&](const RpcNotice&) { world.subscriptions.reset(); });
        const RpcSubscription behind = world.slots(told);
        CHECK_FALSE(world.subscriptions);
        CHECK(world.node().gone);
        CHECK(told.all() == "gap:first slot@5");
        world.time.pass(1h);
        CHECK(world.sockets.wires.size() == 1);
    }

    TEST_CASE("it may go at any moment, before its subscriptions or after them") {
        for (int moment = 0; moment < 6; ++moment) {
            CAPTURE(moment);
            World world;
            Told told;
            RpcSubscription slots;
            if (moment > 0) slots = std::move(world.subscriptions->slots(told.handler())).value();
            if (moment > 1) world.time.settle();
            if (moment > 2) world.answer("1");
            if (moment > 3) world.node().break_off("cut");
            if (moment > 4) world.time.settle();
            world.subscriptions.reset();
            world.time.pass(1min);
            CHECK(world.sockets.wires.size() <= 1);
            CHECK(told.notices.size() <= 2);
            slots.end();
        }
        auto world = std::make_unique<World>();
        Told told;
        const RpcSubscription outlives = world->slots(told);
        world->answer("1");
        world.reset();
        CHECK(told.all() == "gap:first");
    }
}
