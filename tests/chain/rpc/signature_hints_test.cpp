#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "chain/rpc/scripted_nodes.hpp"
#include "chain/rpc/scripted_sockets.hpp"
#include "libexec/chain/rpc/subscriptions.hpp"
#include "libexec/chain/solana/bundle_network.hpp"
#include "libexec/chain/solana/rpc_network.hpp"
#include "libexec/json/value.hpp"
#include "support/sim_time.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

const std::string followed(88, '2');

/// A network that listens to a node that is a script.
struct HintWorld {
    explicit HintWorld(std::size_t subscriptions_most = 1'000) {
        RpcSubscriptionsConfig config(RpcEndpoint::parse("https://node.example").value());
        config.subscriptions_most = subscriptions_most;
        subscriptions.emplace(std::move(config), time.io().get_executor(), sockets, time, random, *log);
        network = make_rpc_network(client, &*subscriptions);
        time.settle();
    }
    ~HintWorld() {
        subscriptions.reset();
        time.settle();
    }
    HintWorld(const HintWorld&) = delete;
    HintWorld& operator=(const HintWorld&) = delete;

    std::unique_ptr<Listening> listen() {
        auto listening = network->listen(followed, Commitment::confirmed, [this] { ++looks; });
        time.settle();
        return listening;
    }
    JsonValue last_request() { return JsonValue::parse(sockets.last().heard.back()).value(); }
    void say(const std::string& text) {
        sockets.last().say(text);
        time.settle();
    }
    void confirm(int subscription) {
        say(R"({"jsonrpc":"2.0","result":)" + std::to_string(subscription) + R"(,"id":)" +
            last_request()["id"].text() + "}");
    }
    void land(int subscription) {
        say(R"({"jsonrpc":"2.0","method":"signatureNotification","params":{"result":{"context":{"slot":9},)"
            R"("value":{"err":null}},"subscription":)" +
            std::to_string(subscription) + "}}");
    }

    SimTime time;
    ScriptedSockets sockets{time};
    ScriptedNodes nodes{time};
    Random random{7};
    std::unique_ptr<Log> log = make_silent_log();
    RpcClient client{
        RpcConfig(RpcEndpoint::parse_list("https://node.example").value()), nodes, time, time, random, *log};
    std::optional<RpcSubscriptions> subscriptions;
    std::unique_ptr<SolanaNetwork> network;
    int looks = 0;
};

}  // namespace

TEST_SUITE("chain/solana signature hints") {
    TEST_CASE(
        "a transaction that lands is worth a look, and the node is asked for the commitment that counts") {
        HintWorld world;
        const auto listening = world.listen();
        REQUIRE(listening);
        CHECK(world.last_request()["method"].text() == "signatureSubscribe");
        CHECK(world.last_request()["params"].items()[0].text() == followed);
        CHECK(world.last_request()["params"].items()[1]["commitment"].text() == "confirmed");
        world.confirm(1);
        CHECK(world.looks == 0);  // it was only just sent, and is asked for anyway
        world.land(1);
        CHECK(world.looks == 1);
        world.land(1);
        CHECK(world.looks == 1);
        CHECK(world.nodes.calls.empty());
    }

    TEST_CASE("after a time in which nobody listened it is worth a look as well") {
        HintWorld world;
        const auto listening = world.listen();
        world.confirm(1);
        world.sockets.last().break_off("the cable");
        world.time.settle();
        CHECK(world.looks == 0);
        world.time.pass(2s);
        REQUIRE(world.sockets.wires.size() == 2);
        world.confirm(5);
        CHECK(world.looks == 1);
        world.land(5);
        CHECK(world.looks == 2);
    }

    TEST_CASE("who lets go hears nothing more, and the node need not tell it") {
        HintWorld world;
        auto listening = world.listen();
        world.confirm(1);
        listening.reset();
        world.time.settle();
        CHECK(world.last_request()["method"].text() == "signatureUnsubscribe");
        world.land(1);
        CHECK(world.looks == 0);
        // Also after those who tell are gone.
        listening = world.listen();
        world.subscriptions.reset();
        listening.reset();
    }

    TEST_CASE("what was sent as a bundle is listened to as well") {
        HintWorld world;
        const auto bundles =
            make_bundle_network(*world.network, BlockEngine::parse("https://engine.example").value(),
                                world.nodes, world.time, *world.log);
        const auto listening = bundles->listen(followed, Commitment::confirmed, [&world] { ++world.looks; });
        REQUIRE(listening);
        world.time.settle();
        world.confirm(1);
        world.land(1);
        CHECK(world.looks == 1);
    }

    TEST_CASE("without subscriptions, and without room for another one, nobody listens") {
        HintWorld world(1);
        const auto first = world.listen();
        CHECK(first != nullptr);
        auto second = world.network->listen(std::string(88, '3'), Commitment::confirmed, [] {});
        CHECK(second == nullptr);
        const auto asked_only = make_rpc_network(world.client);
        CHECK(asked_only->listen(followed, Commitment::confirmed, [] {}) == nullptr);
    }
}
