#pragma once

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "chain/rpc/scripted_sockets.hpp"
#include "libexec/chain/solana/watched_reader.hpp"
#include "libexec/json/value.hpp"
#include "libexec/solana/well_known.hpp"
#include "support/sim_time.hpp"

namespace libexec::test {

inline PublicKey watched_key(std::uint8_t number) {
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

}  // namespace libexec::test
