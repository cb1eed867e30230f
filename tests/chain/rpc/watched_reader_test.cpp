#include "libexec/chain/solana/watched_reader.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "chain/rpc/scripted_sockets.hpp"
#include "libexec/json/value.hpp"
#include "libexec/solana/well_known.hpp"
#include "support/sim_time.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

PublicKey watched_key(std::uint8_t number) {
    std::array<std::uint8_t, 32> bytes{};
    bytes[0] = number;
    return PublicKey(bytes);
}

/// A chain that answers as the test wants it to.
class AnsweringReader final : public ChainReader {
public:
    struct Call {
        std::vector<PublicKey> addresses;
        std::uint64_t least_slot = 0;
    };
    explicit AnsweringReader(SimTime& time) : time_(time) {}

    Task<Result<AccountsAtSlot>> accounts(std::vector<PublicKey> addresses,
                                          std::uint64_t least_slot) override {
        calls.push_back({addresses, least_slot});
        // What is read is read at once; the answer takes its time.
        const std::optional<Rejection> fails = least_slot > reached ? unreached : failure;
        AccountsAtSlot seen;
        seen.slot = slot;
        for (const PublicKey& key : addresses) {
            seen.accounts[key].lamports = lamports;
            seen.accounts[key].owner = well_known::system_program;
        }
        if (latency.count() > 0) co_await time_.sleep_for(latency);
        if (throws) throw std::runtime_error("the reader broke");
        if (fails) co_return *fails;
        co_return seen;
    }
    Task<Result<AccountsAtSlot>> search(AccountSearch) override { co_return AccountsAtSlot(); }
    Task<Result<SimulatedRun>> simulate(Bytes, std::vector<PublicKey>, std::uint64_t least) override {
        SimulatedRun run;
        run.slot = least;
        co_return run;
    }
    Task<Result<std::vector<std::uint64_t>>> recent_fees(std::vector<PublicKey>) override {
        co_return std::vector<std::uint64_t>{7};
    }
    Task<Result<std::uint64_t>> rent_exemption(std::uint64_t size_bytes) override { co_return size_bytes; }

    std::vector<Call> calls;
    std::uint64_t slot = 100;
    std::uint64_t lamports = 10;
    std::chrono::milliseconds latency{0};
    std::optional<Rejection> failure;
    std::uint64_t reached = ~std::uint64_t{0};  ///< a later slot than this cannot be had
    Rejection unreached = reject(Reason::service_unavailable, "nobody is there yet");
    bool throws = false;

private:
    SimTime& time_;
};

/// A reader that listens to a node that is a script.
class WatchWorld {
public:
    WatchWorld() {
        RpcSubscriptionsConfig config(RpcEndpoint::parse("https://node.example").value());
        config.subscriptions_most = 450;
        subscriptions.emplace(std::move(config), time.io().get_executor(), sockets, time, random, *log);
        const WatchedReaderParts parts{chain, *subscriptions, time.io().get_executor(), time, time,
                                       *log,  &metrics};
        reader = make_watched_reader(parts);
        time.settle();
    }
    ~WatchWorld() {
        reader.reset();
        subscriptions.reset();
        time.settle();
    }
    WatchWorld(const WatchWorld&) = delete;
    WatchWorld& operator=(const WatchWorld&) = delete;

    Result<AccountsAtSlot> ask() { return ask(pool); }
    Result<AccountsAtSlot> ask(const std::vector<PublicKey>& keys) {
        Result<AccountsAtSlot> read = time.run(reader->recent_accounts(keys));
        time.settle();
        return read;
    }
    /// Beside everything else; the answer goes to the end of `answers`.
    void ask_beside() {
        const auto keep = [](WatchWorld& world) -> Task<void> {
            std::vector<PublicKey> keys = world.pool;
            Result<AccountsAtSlot> read = co_await world.reader->recent_accounts(std::move(keys));
            world.answers.push_back(std::move(read));
        };
        time.spawn(keep(*this));
        time.settle();
    }
    /// The node confirms what it was asked for.
    void confirm() {
        for (; answered < node().heard.size(); ++answered) {
            const Result<JsonValue> request = JsonValue::parse(node().heard[answered]);
            REQUIRE(request);
            const std::string id = request.value()["id"].text();
            const std::string method = request.value()["method"].text();
            if (method == "accountUnsubscribe") {
                ++ended;
                node().say(R"({"jsonrpc":"2.0","result":true,"id":)" + id + "}");
            } else {
                REQUIRE(method == "accountSubscribe");
                names[request.value()["params"].items().front().text()] = id;
                node().say(R"({"jsonrpc":"2.0","result":)" + id + R"(,"id":)" + id + "}");
            }
            time.settle();
        }
    }
    void tell(const PublicKey& key, std::uint64_t slot, std::uint64_t lamports) {
        node().say(
            R"({"jsonrpc":"2.0","method":"accountNotification","params":{"result":{"context":{"slot":)" +
            std::to_string(slot) + R"(},"value":{"lamports":)" + std::to_string(lamports) +
            R"(,"owner":"11111111111111111111111111111111","data":["","base64"],"executable":false}},)" +
            R"("subscription":)" + names.at(key.to_string()) + "}}");
        time.settle();
    }
    /// The chain moves on by a slot, and the node says so.
    void change() {
        chain.slot += 1;
        chain.lamports += 1;
        tell(pool[0], chain.slot, chain.lamports);
    }
    /// All is listened to, and on the shelf.
    void warm() {
        REQUIRE(ask());
        confirm();
        chain.calls.clear();
        REQUIRE(ask());
        REQUIRE(chain.calls.empty());
    }
    double counted(const std::string& from) const {
        const std::string series = "libexec_quote_reads_total{from=\"" + from + "\"} ";
        const std::string text = metrics.text();
        const std::size_t at = text.find(series);
        return at == std::string::npos ? -1 : std::stod(text.substr(at + series.size()));
    }
    NodeWire& node() { return sockets.last(); }

    SimTime time;
    AnsweringReader chain{time};
    ScriptedSockets sockets{time};
    Random random{7};
    std::unique_ptr<Log> log = make_silent_log();
    Metrics metrics;
    std::optional<RpcSubscriptions> subscriptions;
    std::unique_ptr<ChainReader> reader;
    const std::vector<PublicKey> pool{watched_key(1), watched_key(2), well_known::clock_sysvar};
    std::vector<Result<AccountsAtSlot>> answers;
    std::map<std::string, std::string> names;  ///< the node's, by account
    std::size_t answered = 0;
    int ended = 0;
};

}  // namespace

TEST_SUITE("chain/solana/watched_reader") {
    TEST_CASE("what is asked for is listened to, and then it need not be read again") {
        WatchWorld world;
        CHECK(world.sockets.wires.empty());  // nothing to listen to
        const Time asked_at = world.time.now();
        const auto first = world.ask();
        REQUIRE(first);
        CHECK(first.value().slot == 100);
        CHECK(first.value().accounts.size() == 3);
        CHECK(first.value().asked_at == asked_at);
        REQUIRE(world.chain.calls.size() == 1);
        CHECK(world.chain.calls[0].addresses == world.pool);
        CHECK(world.chain.calls[0].least_slot == 0);
        CHECK(world.node().heard.size() == 2);  // not the clock

        // What was read before the node confirmed may have changed since: it is read again, unasked.
        world.confirm();
        CHECK(world.chain.calls.size() == 2);
        world.time.pass(1s);
        const auto second = world.ask({world.pool[2], world.pool[1], world.pool[0], world.pool[1]});
        CHECK(world.chain.calls.size() == 2);
        CHECK(second.value().asked_at == asked_at);
        CHECK(second.value().accounts == first.value().accounts);
        CHECK(world.counted("chain") == 1);
        CHECK(world.counted("renewal") == 1);
        CHECK(world.counted("shelf") == 1);
        CHECK(world.counted("shared") == 0);

        // Two seconds are its life, whatever the node says or does not say.
        world.time.pass(1s + 1ms);
        REQUIRE(world.ask());
        CHECK(world.chain.calls.size() == 3);
        REQUIRE(world.ask());
        CHECK(world.chain.calls.size() == 3);
        // Everything else goes through.
        CHECK(world.time.run(world.reader->accounts(world.pool, 5)).value().slot == 100);
        CHECK(world.chain.calls.back().least_slot == 5);
        AccountSearch search(watched_key(9), 165);
        CHECK(world.time.run(world.reader->search(std::move(search))).value().slot == 0);
        CHECK(world.time.run(world.reader->simulate({}, {}, 9)).value().slot == 9);
        CHECK(world.time.run(world.reader->recent_fees({})).value().size() == 1);
        CHECK(world.time.run(world.reader->rent_exemption(3)).value() == 3);
    }

    TEST_CASE("a change is read at once, of its slot at the least, while somebody asks") {
        WatchWorld world;
        world.warm();
        world.change();
        REQUIRE(world.chain.calls.size() == 1);
        CHECK(world.chain.calls[0].least_slot == 101);
        // The same change, told of another account, is in it already.
        world.tell(world.pool[1], 101, 11);
        CHECK(world.chain.calls.size() == 1);
        const auto read = world.ask();
        CHECK(world.chain.calls.size() == 1);
        CHECK(read.value().slot == 101);
        CHECK(read.value().accounts.at(world.pool[0]).lamports == 11);

        // What changes while it is read is read once more.
        world.chain.latency = 100ms;
        world.change();
        world.change();
        CHECK(world.chain.calls.size() == 2);
        world.time.pass(100ms);
        CHECK(world.chain.calls.size() == 3);
        CHECK(world.chain.calls[2].least_slot == 103);
        world.time.pass(100ms);
        CHECK(world.ask().value().slot == 103);
        CHECK(world.chain.calls.size() == 3);
    }

    TEST_CASE("when nobody asks any more nothing is read, and at last nothing is listened to") {
        WatchWorld world;
        world.warm();
        world.time.pass(2s + 1ms);
        world.change();
        CHECK(world.chain.calls.empty());
        CHECK(world.ask().value().slot == 101);
        CHECK(world.chain.calls.size() == 1);
        world.time.pass(60s);
        world.change();
        world.confirm();
        CHECK(world.ended == 0);
        world.time.pass(1s);
        world.change();
        world.confirm();
        CHECK(world.ended == 2);
        CHECK(world.chain.calls.size() == 1);
        // And from the start again.
        REQUIRE(world.ask());
        world.confirm();
        world.chain.calls.clear();
        REQUIRE(world.ask());
        CHECK(world.chain.calls.empty());
    }

    TEST_CASE("four reads a second are made unasked, not more") {
        WatchWorld world;
        world.warm();
        world.time.pass(1s);
        REQUIRE(world.ask());
        for (int i = 0; i < 30; ++i) {
            world.change();
            world.time.pass(30ms);
        }
        CHECK(world.chain.calls.size() == 4);
        CHECK(world.ask().value().slot == world.chain.slot);
        CHECK(world.chain.calls.size() == 5);
        world.time.pass(200ms);
        world.change();
        CHECK(world.chain.calls.size() == 6);
    }

    TEST_CASE("after a read that failed nothing is read unasked until one that was asked for succeeded") {
        WatchWorld world;
        world.warm();
        world.chain.failure = reject(Reason::rate_limited, "429");
        world.change();
        CHECK(world.chain.calls.size() == 1);
        world.time.pass(100ms);
        world.change();
        CHECK(world.chain.calls.size() == 1);
        // Who asks is told what happened to his own question.
        CHECK(world.ask().error().reason == Reason::rate_limited);
        CHECK(world.chain.calls.size() == 2);
        world.time.pass(900ms);
        world.change();
        CHECK(world.chain.calls.size() == 2);
        world.chain.failure.reset();
        REQUIRE(world.ask());
        CHECK(world.chain.calls.size() == 3);
        world.change();
        CHECK(world.chain.calls.size() == 4);
    }

    TEST_CASE("those who ask for the same at the same time share one read") {
        WatchWorld world;
        world.chain.latency = 50ms;
        for (int i = 0; i < 5; ++i) world.ask_beside();
        CHECK(world.chain.calls.size() == 1);
        world.time.pass(50ms);
        REQUIRE(world.answers.size() == 5);
        for (const auto& answer : world.answers) CHECK(answer.value().slot == 100);
        CHECK(world.chain.calls.size() == 1);
        CHECK(world.counted("chain") == 1);
        CHECK(world.counted("shared") == 4);
    }

    TEST_CASE("who comes while it is read does not get a failure or a state that is known to be old") {
        WatchWorld world;
        world.warm();
        world.time.pass(3s);
        world.chain.latency = 100ms;
        world.ask_beside();  // reads slot 100
        CHECK(world.chain.calls.size() == 1);
        world.change();
        world.ask_beside();
        world.ask_beside();
        world.time.pass(100ms);
        // The first has what he asked for; the others know of a change that is not in it.
        REQUIRE(world.answers.size() == 1);
        CHECK(world.answers[0].value().slot == 100);
        CHECK(world.chain.calls.size() == 2);
        CHECK(world.chain.calls[1].least_slot == 101);
        world.time.pass(100ms);
        REQUIRE(world.answers.size() == 3);
        CHECK(world.answers[1].value().slot == 101);
        CHECK(world.answers[2].value().slot == 101);
        CHECK(world.chain.calls.size() == 2);

        world.time.pass(3s);
        world.answers.clear();
        world.chain.calls.clear();
        world.chain.failure = reject(Reason::rate_limited, "down");
        world.ask_beside();
        world.chain.failure.reset();
        world.ask_beside();
        world.ask_beside();
        world.time.pass(100ms);
        REQUIRE(world.answers.size() == 1);
        CHECK(world.answers[0].error().detail == "down");
        world.time.pass(100ms);
        REQUIRE(world.answers.size() == 3);
        CHECK(world.answers[1]);
        CHECK(world.answers[2]);
        CHECK(world.chain.calls.size() == 2);
        // One that fails after he came is his as well: nobody asks for ever.
        world.time.pass(3s);
        world.answers.clear();
        world.chain.calls.clear();
        world.chain.failure = reject(Reason::rate_limited, "down");
        world.ask_beside();
        world.ask_beside();
        world.time.pass(300ms);
        REQUIRE(world.answers.size() == 2);
        CHECK_FALSE(world.answers[1]);
        CHECK(world.chain.calls.size() == 2);
    }

    TEST_CASE("a slot that nobody has reached is not insisted on when somebody waits") {
        WatchWorld world;
        world.warm();
        world.chain.reached = 100;
        world.tell(world.pool[0], 105, 50);
        CHECK(world.chain.calls.size() == 1);  // unasked: nobody waits
        CHECK(world.ask().value().slot == 100);
        REQUIRE(world.chain.calls.size() == 2);
        CHECK(world.chain.calls[1].least_slot == 0);
        // It shows less than what was heard of, and is not used again.
        CHECK(world.ask().value().slot == 100);
        CHECK(world.chain.calls.size() == 3);
        world.chain.slot = 105;
        world.chain.lamports = 50;
        world.chain.reached = 105;
        CHECK(world.ask().value().slot == 105);
        CHECK(world.ask().value().slot == 105);
        CHECK(world.chain.calls.size() == 4);

        // With somebody waiting the next question follows at once.
        world.time.pass(3s);
        world.tell(world.pool[0], 110, 60);
        world.chain.calls.clear();
        CHECK(world.ask().value().slot == 105);
        REQUIRE(world.chain.calls.size() == 2);
        CHECK(world.chain.calls[0].least_slot == 110);
        CHECK(world.chain.calls[1].least_slot == 0);
        // An endpoint that asks for a rest is not asked again.
        world.chain.slot = 110;
        world.chain.lamports = 60;
        world.chain.reached = 110;
        REQUIRE(world.ask());
        world.time.pass(3s);
        world.tell(world.pool[0], 111, 70);
        world.chain.unreached = reject(Reason::rate_limited, "429");
        world.chain.calls.clear();
        CHECK(world.ask().error().reason == Reason::rate_limited);
        CHECK(world.chain.calls.size() == 1);
    }

    TEST_CASE("while the connection is lost each question is read; afterwards it is read anew, unasked") {
        WatchWorld world;
        world.warm();
        world.node().break_off("reset by peer");
        world.time.settle();
        REQUIRE(world.ask());
        REQUIRE(world.ask());
        CHECK(world.chain.calls.size() == 2);
        world.time.pass(1s);
        REQUIRE(world.sockets.wires.size() == 2);
        world.chain.slot = 105;
        world.chain.lamports = 15;
        world.chain.calls.clear();
        world.answered = 0;
        world.confirm();
        CHECK(world.chain.calls.size() == 1);
        CHECK(world.ask().value().slot == 105);
        CHECK(world.chain.calls.size() == 1);
    }

    TEST_CASE("what cannot be listened to is read each time") {
        WatchWorld world;
        std::vector<PublicKey> many;
        for (std::uint8_t i = 0; i < 255; ++i) many.push_back(watched_key(i));
        std::vector<PublicKey> more;
        for (std::size_t i = 0; i < 400; ++i) {
            std::array<std::uint8_t, 32> bytes{};
            bytes[1] = static_cast<std::uint8_t>(i % 250 + 1);
            bytes[2] = static_cast<std::uint8_t>(i / 250);
            more.emplace_back(bytes);
        }
        many.insert(many.end(), more.begin(), more.end());
        REQUIRE(world.ask(many));
        REQUIRE(world.ask(many));
        CHECK(world.chain.calls.size() == 2);
        CHECK(world.sockets.wires.empty());  // more than all that may be listened to

        // The bounds of the connection are reached by others.
        std::vector<RpcSubscription> others;
        for (std::uint8_t i = 0; i < 255; ++i) {
            auto made = world.subscriptions->account(more[i], Commitment::finalized, [](const RpcNotice&) {});
            if (made) others.push_back(std::move(made).value());
            made = world.subscriptions->account(more[i], Commitment::processed, [](const RpcNotice&) {});
            if (made) others.push_back(std::move(made).value());
        }
        CHECK(others.size() == 450);
        REQUIRE(world.ask());
        REQUIRE(world.ask());
        CHECK(world.chain.calls.size() == 4);

        // Room comes back, and is used: two of all there is are the pool's.
        others.clear();
        world.time.pass(1s);
        REQUIRE(world.ask());
        for (std::uint8_t i = 0; i < 255; ++i) {
            for (const Commitment commitment : {Commitment::finalized, Commitment::processed}) {
                auto made = world.subscriptions->account(more[i], commitment, [](const RpcNotice&) {});
                if (made) others.push_back(std::move(made).value());
            }
        }
        CHECK(others.size() == 448);
    }

    TEST_CASE("a reader that throws is an error, and one that goes away leaves nothing behind") {
        WatchWorld world;
        world.chain.throws = true;
        CHECK(world.ask().error().reason == Reason::internal);
        world.chain.throws = false;
        world.chain.latency = 100ms;
        world.ask_beside();
        world.reader.reset();
        world.time.pass(200ms);
        REQUIRE(world.answers.size() == 1);
        CHECK(world.answers[0]);
    }

    TEST_CASE("a reader that is gone asks nobody a second time") {
        WatchWorld world;
        world.warm();
        world.time.pass(3s);
        world.chain.reached = 100;
        world.tell(world.pool[0], 105, 50);
        world.chain.latency = 100ms;
        world.ask_beside();
        CHECK(world.chain.calls.size() == 1);
        world.reader.reset();
        world.time.pass(300ms);
        REQUIRE(world.answers.size() == 1);
        CHECK(world.answers[0].error().reason == Reason::cancelled);
        CHECK(world.chain.calls.size() == 1);
    }
}
