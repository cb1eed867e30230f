#include "libexec/chain/solana/bundle_network.hpp"

#include <sstream>
#include <string>
#include <utility>

#include "chain/rpc/scripted_nodes.hpp"
#include "libexec/chain/solana/rpc_network.hpp"
#include "libexec/solana/base64.hpp"
#include "support/intents.hpp"
#include "support/text.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

const std::string engine_url = "https://engine.example/api/v1/bundles?uuid=key-of-engine";

/// Two nodes and a block engine.
struct BundleWorld : RpcWorld {
    BundleWorld() {
        for (const std::string& node : {node_a, node_b})
            nodes.set(node, [](const NodeCall& call) {
                return result_of(call, call.method == "getEpochInfo" ? epoch_at(1'500, 1'000) : "1000");
            });
        nodes.set(engine_url, [](const NodeCall& call) { return result_of(call, "\"bundle\""); });
    }
    CommittedIntent intent(std::size_t size = 300) const {
        Attempt attempt;
        attempt.signature = "signature";
        attempt.signed_bytes = Bytes(size, 7);
        return CommittingStore::of(std::move(attempt));
    }
    Result<Done> send() { return run(network->send(intent())); }

    std::size_t logged(const std::string& event) const { return times_in(lines.str(), event); }
    void later(std::chrono::microseconds span) { run(time.sleep_for(span)); }

    std::ostringstream lines;
    std::unique_ptr<Log> watched = make_stream_log(lines, LogLevel::info, LogFormat::json, time);
    std::unique_ptr<SolanaNetwork> others = make_rpc_network(*client);
    std::unique_ptr<SolanaNetwork> network =
        make_bundle_network(*others, BlockEngine::parse(engine_url).value(), nodes, time, *watched);
};

}  // namespace

TEST_SUITE("chain/solana/bundle_network") {
    TEST_CASE("a transaction goes to the block engine as a bundle of its own, and to nobody else") {
        BundleWorld world;
        REQUIRE(world.send());
        REQUIRE(world.nodes.calls.size() == 1);
        const NodeCall& call = world.nodes.calls.front();
        CHECK(call.url == engine_url);
        CHECK(call.method == "sendBundle");
        const auto params = call.params.items();
        REQUIRE(params.size() == 2);
        REQUIRE(params[0].items().size() == 1);
        CHECK(params[0].items()[0].text() == to_base64(Bytes(300, 7)));
        CHECK(params[1]["encoding"].text() == "base64");
        // The same bytes again make the same bundle, which the engine has for some seconds.
        REQUIRE(world.send());
        CHECK(world.nodes.asked(engine_url) == 1);
        world.later(6s);
        REQUIRE(world.send());
        CHECK(world.nodes.asked(engine_url) == 2);
        CHECK(world.lines.str().empty());
    }

    TEST_CASE("the log says that the engine fails, and that it is back, once each") {
        BundleWorld world;
        world.nodes.set(engine_url, [](const NodeCall&) { return RpcReply(404, "no such page"); });
        CHECK(!world.send());
        CHECK(!world.send());
        CHECK(world.logged("bundles.refused") == 1);
        CHECK(world.logged("no such page") == 1);
        world.nodes.set(engine_url, [](const NodeCall& call) { return result_of(call, "\"bundle\""); });
        CHECK(world.send());
        world.later(7s);
        CHECK(world.send());
        CHECK(world.logged("bundles.taken") == 1);
    }

    TEST_CASE("everything else is asked of the nodes") {
        BundleWorld world;
        const auto height = world.run(world.network->finalized_height());
        REQUIRE_MESSAGE(height, (height ? "" : height.error().detail));
        CHECK(height.value() == 1'000);
        CHECK(world.nodes.asked(engine_url) == 0);
        CHECK(!world.nodes.calls.empty());
        CHECK(world.network->witnesses().size() == 2);
        CHECK(world.network->health());
    }

    TEST_CASE("while the engine asks for a rest nothing is sent") {
        BundleWorld world;
        world.nodes.set(engine_url, [](const NodeCall&) {
            RpcReply reply(429, "slow down");
            reply.retry_after = 3s;
            return Result<RpcReply>(reply);
        });
        CHECK(world.send().error().reason == Reason::rate_limited);
        const std::size_t asked = world.nodes.asked(engine_url);
        world.later(2'900ms);
        CHECK(world.send().error().reason == Reason::rate_limited);
        CHECK(world.nodes.asked(engine_url) == asked);
        world.nodes.set(engine_url, [](const NodeCall& call) { return result_of(call, "\"bundle\""); });
        world.later(200ms);
        CHECK(world.send());
        world.later(7s);

        // An error of that meaning, and no time named.
        world.nodes.set(engine_url, [](const NodeCall& call) { return error_of(call, -32429, "too many"); });
        CHECK(world.send().error().reason == Reason::rate_limited);
        const std::size_t before = world.nodes.asked(engine_url);
        CHECK(!world.send());
        CHECK(world.nodes.asked(engine_url) == before);
        world.later(1'100ms);
        CHECK(!world.send());
        CHECK(world.nodes.asked(engine_url) == before + 1);
    }

    TEST_CASE("what goes wrong is told in the engine's words, without the key in its URL") {
        struct Row {
            NodeScript script;
            const char* words;
        };
        const Row rows[] = {
            {[](const NodeCall& call) { return error_of(call, -32602, "no tip, key-of-engine"); }, "no tip"},
            {[](const NodeCall&) { return RpcReply(503, "gone: key-of-engine"); }, "HTTP 503: gone"},
            {[](const NodeCall&) {
                 RpcReply reply(503, "busy");
                 reply.retry_after = 2s;
                 return reply;
             },
             "HTTP 503, it asks for a rest"},
            {[](const NodeCall&) { return RpcReply(200, "{"); }, "nobody can understand"},
            {[](const NodeCall& call) { return result_of(call, "17"); }, "names no bundle"},
            {[](const NodeCall& call) { return result_of(call, "\"\""); }, "names no bundle"},
            {[](const NodeCall&) { return RpcReply(200, R"({"jsonrpc":"2.0","id":999,"result":"bundle"})"); },
             "nobody can understand"},
            {NodeScript(), "connection refused"},
        };
        for (const Row& row : rows) {
            BundleWorld world;
            world.nodes.set(engine_url, row.script);
            const Result<Done> sent = world.send();
            REQUIRE(!sent);
            CAPTURE(sent.error().detail);
            CHECK(has(sent.error().detail, "the block engine https://engine.example, sendBundle: "));
            CHECK(has(sent.error().detail, row.words));
            CHECK(!has(sent.error().detail, "key-of-engine"));
            CHECK(world.nodes.calls.size() == 1);
        }
    }

    TEST_CASE("what is no transaction is not sent") {
        BundleWorld world;
        for (const std::size_t size : {std::size_t{0}, std::size_t{1'233}}) {
            const auto sent = world.run(world.network->send(world.intent(size)));
            CHECK(sent.error().reason == Reason::invalid_parameter);
        }
        CHECK(world.nodes.calls.empty());
    }

    TEST_CASE("a URL without a path means the block engines' own") {
        const auto path_of = [](const std::string& url) {
            return BlockEngine::parse(url).value().endpoint().http_url();
        };
        CHECK(path_of("https://ny.engine.example") == "https://ny.engine.example/api/v1/bundles");
        CHECK(path_of("https://ny.engine.example:8443") == "https://ny.engine.example:8443/api/v1/bundles");
        CHECK(path_of("https://ny.engine.example/") == "https://ny.engine.example/api/v1/bundles");
        CHECK(path_of("https://rpc.example/?api-key=abcdefg") == "https://rpc.example/?api-key=abcdefg");
        CHECK(path_of(engine_url) == engine_url);
        for (const char* url : {"", "engine.example", "ftp://engine.example", "https://"})
            CHECK(!BlockEngine::parse(url));
    }
}
