#include "libexec/chain/sim/remote_chain.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <asio/post.hpp>
#include <future>
#include <thread>

#include "chain/sim_world.hpp"
#include "libexec/chain/sim/chain_server.hpp"

using namespace libexec;
using namespace std::chrono_literals;
using Outcome = SimJournalLine::Outcome;

namespace {

constexpr std::uint32_t quick_ppm = 50'000;  // a slot is 20 ms

/// What execsim is, on a thread.
class ChainProcess {
public:
    explicit ChainProcess(SimChainConfig chain_config) : config_(std::move(chain_config)) { start(0); }
    ~ChainProcess() { stop(); }
    ChainProcess(const ChainProcess&) = delete;
    ChainProcess& operator=(const ChainProcess&) = delete;

    void stop() {
        if (!thread_.joinable()) return;
        io_->stop();
        thread_.join();
        server_.reset();
        chain_.reset();
        timers_.reset();
        io_.reset();
    }
    void start_again() { start(port_); }

    std::uint16_t port() const { return port_; }
    void set(const SimTroubles& troubles) {
        on_its_thread([&] { chain_->set_troubles(troubles); });
    }
    std::uint64_t transactions() {
        std::uint64_t count = 0;
        on_its_thread([&] { count = chain_->transactions(); });
        return count;
    }

private:
    void start(std::uint16_t port) {
        io_ = std::make_unique<asio::io_context>(1);
        timers_ = make_timers(*io_);
        chain_ = open_sim_chain(config_, *io_, clock_, *timers_, *log_);
        ChainServerConfig server;
        server.port = port;
        server.time_scale_ppm = config_.time_scale_ppm;
        server.connections_max = 8;
        server_ = std::make_unique<ChainServer>(server, *chain_, *io_, *timers_, *log_);
        port_ = server_->port();
        thread_ = std::thread([this] { io_->run(); });
    }
    template <class Work>
    void on_its_thread(Work work) {
        std::promise<void> done;
        asio::post(*io_, [&] {
            work();
            done.set_value();
        });
        done.get_future().get();
    }

    const SimChainConfig config_;
    const SystemClock clock_;
    const std::unique_ptr<Log> log_ = make_silent_log();
    std::uint16_t port_ = 0;
    std::unique_ptr<asio::io_context> io_;
    std::unique_ptr<Timers> timers_;
    std::unique_ptr<SimChain> chain_;
    std::unique_ptr<ChainServer> server_;
    std::thread thread_;
};

/// An engine's side: one chain over the wire, on this thread.
struct Engine {
    explicit Engine(std::uint16_t port, std::chrono::milliseconds patience = 1'000ms,
                    std::uint32_t scale_ppm = quick_ppm) {
        RemoteChainConfig config;
        config.address.host = "127.0.0.1";
        config.address.port = port;
        config.time_scale_ppm = scale_ppm;
        config.answer_within = patience;
        config.connect_within = 5s;
        chain = open_remote_chain(config, io, *timers, *log);
    }

    template <class T>
    T run(Task<T> work) {
        std::optional<T> answer;
        asio::co_spawn(io, std::move(work), [&](std::exception_ptr thrown, T value) {
            if (!thrown) answer.emplace(std::move(value));
        });
        io.restart();
        while (!answer && io.run_one_for(30s) > 0) {
        }
        REQUIRE(answer);
        return std::move(*answer);
    }
    void pass(std::chrono::milliseconds span) {
        io.restart();
        io.run_for(span);
    }
    template <class Condition>
    bool becomes(Condition holds) {
        for (int i = 0; i < 2'000 && !holds(); ++i) pass(5ms);
        return holds();
    }

    Attempt attempt(std::uint64_t key, std::uint32_t number = 1) {
        const Result<Anchor> anchor = run(chain->anchor());
        REQUIRE(anchor);
        return signed_attempt(time, test::some_plan(key, number), anchor.value());
    }
    Result<Done> send(const Attempt& attempt) { return run(chain->send(test::CommittingStore::of(attempt))); }
    Observation observe(const Attempt& attempt) { return run(chain->observe(attempt)); }
    Observation watch(const Attempt& attempt, std::chrono::milliseconds pause = 10ms) {
        for (int looks = 0; looks < 2'000; ++looks) {
            Observation seen = observe(attempt);
            const Landed* const landed = std::get_if<Landed>(&seen);
            if (std::holds_alternative<ProvablyDead>(seen)) return seen;
            if (landed != nullptr && landed->commitment == Commitment::finalized) return seen;
            pass(pause);
        }
        return Unknown();
    }

    test::SimTime time;  // for signing only
    std::unique_ptr<Log> log = make_silent_log();
    asio::io_context io{1};
    std::unique_ptr<Timers> timers = make_timers(io);
    std::unique_ptr<Chain> chain;
};

SimChainConfig quick_chain(const test::TempFolder& folder) {
    SimChainConfig config = test::calm_chain(quick_ppm);
    config.journal_path = folder.file("chain.journal");
    config.call_latency = 0ms;
    return config;
}

std::size_t count(const std::string& journal, Outcome outcome) {
    std::size_t found = 0;
    read_sim_journal(journal, [&](const SimJournalLine& line) { found += line.outcome == outcome ? 1 : 0; });
    return found;
}

/// A socket that speaks bytes, with a receive timeout.
class RawClient {
public:
    explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in place{};
        place.sin_family = AF_INET;
        place.sin_port = htons(port);
        place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0);
        const timeval patience{10, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    ~RawClient() { ::close(fd_); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    void say(std::string_view text) { CHECK(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) >= 0); }
    /// Everything until the other side closes.
    std::string hear_all() {
        std::string heard;
        char some[4096];
        for (ssize_t size = 0; (size = ::recv(fd_, some, sizeof some, 0)) > 0;)
            heard.append(some, static_cast<std::size_t>(size));
        return heard;
    }
    std::string hear_line() {
        std::string heard;
        char one = 0;
        while (::recv(fd_, &one, 1, 0) == 1 && one != '\n') heard += one;
        return heard;
    }

private:
    int fd_;
};

/// A chain process that is none: says the same bytes to whoever comes, then what follows each line it hears.
class FalseChain {
public:
    explicit FalseChain(std::string answer)
        : answer_(std::move(answer)), fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in place{};
        place.sin_family = AF_INET;
        place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0);
        REQUIRE(::listen(fd_, 8) == 0);
        socklen_t size = sizeof place;
        REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&place), &size) == 0);
        port_ = ntohs(place.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~FalseChain() {
        stopping_ = true;
        ::shutdown(fd_, SHUT_RDWR);
        thread_.join();
        ::close(fd_);
    }
    std::uint16_t port() const { return port_; }
    int visits() const { return visits_; }

private:
    void serve() {
        while (!stopping_) {
            const int client = ::accept(fd_, nullptr, nullptr);
            if (client < 0) return;
            ++visits_;
            const timeval patience{0, 200'000};
            ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
            char some[4096];
            bool greeted = false;
            while (!stopping_) {
                const ssize_t size = ::recv(client, some, sizeof some, 0);
                if (size == 0 || (size < 0 && greeted && answer_.empty())) break;
                if (size < 0) {
                    if (greeted) continue;
                    break;
                }
                const std::string hello = encode_chain_reply(ChainReply(ChainOp::hello, 0)) + "\n";
                const std::string& words = greeted ? answer_ : hello;
                greeted = true;
                if (::send(client, words.data(), words.size(), MSG_NOSIGNAL) < 0) break;
            }
            ::close(client);
        }
    }

    const std::string answer_;
    int fd_;
    std::uint16_t port_ = 0;
    std::atomic<bool> stopping_{false};
    std::atomic<int> visits_{0};
    std::thread thread_;
};

}  // namespace

TEST_SUITE("chain/remote_chain") {
    TEST_CASE("a swap lands over the wire as it does in process, and its journal says so") {
        const test::TempFolder folder;
        ChainProcess process(quick_chain(folder));
        Engine engine(process.port());
        const Attempt attempt = engine.attempt(1);
        CHECK(engine.chain->health());
        CHECK(attempt.last_valid_height > 0);
        REQUIRE(engine.send(attempt));
        const Observation seen = engine.watch(attempt);
        REQUIRE(std::holds_alternative<Landed>(seen));
        const Landed& landed = std::get<Landed>(seen);
        CHECK(landed.ok);
        CHECK(landed.amount_in == attempt.quoted_in);
        CHECK(landed.amount_out == attempt.quoted_out);
        CHECK(landed.fee_lamports == 5'000);
        CHECK(landed.slot > attempt.anchor_slot);
        CHECK(count(folder.file("chain.journal"), Outcome::landed_ok) == 1);
    }

    TEST_CASE("without waiting every transaction meets the fate it meets in process") {
        SimChainConfig config = test::calm_chain(0);
        config.failure_rate_ppm = 400'000;
        config.drift_bps = 150;
        config.seed = 11;
        test::SimWorld near(config);
        ChainProcess process(config);
        Engine engine(process.port(), 1'000ms, 0);
        std::map<std::string, int> outcomes;
        for (std::uint64_t key = 1; key <= 60; ++key) {
            const Attempt here = near.attempt(key);
            REQUIRE(near.send(here));
            const std::string expected = test::outcome_text(near.watch(here));
            const Attempt there = engine.attempt(key);
            REQUIRE(engine.send(there));
            CAPTURE(key);
            CHECK(test::outcome_text(engine.watch(there, 0ms)) == expected);
            ++outcomes[expected.substr(0, 2)];
        }
        CHECK(outcomes.size() >= 4);  // ok, dead, account_in_use, slippage_exceeded
        const Attempt never_sent = engine.attempt(1'000);
        CHECK(std::holds_alternative<ProvablyDead>(engine.watch(never_sent, 0ms)));
        CHECK(engine.send(never_sent).error().reason == Reason::stale_blockhash);
    }

    TEST_CASE("the same signature from two engines is one transaction") {
        const test::TempFolder folder;
        ChainProcess process(quick_chain(folder));
        Engine one(process.port());
        Engine two(process.port());
        const Attempt attempt = one.attempt(1);
        CHECK(two.attempt(2).signature != attempt.signature);
        REQUIRE(one.send(attempt));
        REQUIRE(two.send(attempt));
        REQUIRE(one.send(attempt));
        CHECK(test::outcome_text(one.watch(attempt)) == test::outcome_text(two.watch(attempt)));
        CHECK(process.transactions() == 1);
        CHECK(count(folder.file("chain.journal"), Outcome::landed_ok) == 1);
    }

    TEST_CASE("bytes that are not ours are refused over the wire, too") {
        const test::TempFolder folder;
        ChainProcess process(quick_chain(folder));
        Engine engine(process.port());
        Attempt bad = engine.attempt(1);
        bad.signed_bytes.back() ^= 1u;
        CHECK(engine.send(bad).error().reason == Reason::chain_rejected);
        bad.signed_bytes.assign(5'000, 0);  // beyond what a line may carry
        CHECK(engine.send(bad).error().reason == Reason::service_unavailable);
        CHECK(process.transactions() == 0);
        REQUIRE(engine.send(engine.attempt(2)));
    }

    TEST_CASE("what was never sent is proven dead by nodes asked over the wire") {
        const test::TempFolder folder;
        ChainProcess process(quick_chain(folder));
        Engine engine(process.port());
        const Attempt attempt = engine.attempt(1);
        const Observation seen = engine.watch(attempt);
        REQUIRE(std::holds_alternative<ProvablyDead>(seen));
        const std::string& evidence = std::get<ProvablyDead>(seen).evidence;
        for (const char* node : {"node-1", "node-2", "node-3"})
            CHECK(evidence.find(node) != std::string::npos);
        CHECK(engine.send(attempt).error().reason == Reason::stale_blockhash);
        CHECK(count(folder.file("chain.journal"), Outcome::dropped) == 1);
    }

    TEST_CASE("nodes that lie or lag do so over the wire: no proof with one honest node, one with two") {
        const test::TempFolder folder;
        ChainProcess process(quick_chain(folder));
        Engine engine(process.port());
        SimTroubles troubles;
        troubles.nodes[0].slot_as_height = true;
        troubles.nodes[1].silent = true;
        process.set(troubles);
        const Attempt attempt = engine.attempt(1);
        for (int looks = 0; looks < 60;
             ++looks) {  // two seconds: the blockhash is good for less than half of one
            CHECK(std::holds_alternative<Unknown>(engine.observe(attempt)));
            engine.pass(20ms);
        }
        troubles.nodes[1] = SimNodeFaults();
        process.set(troubles);
        const Observation seen = engine.watch(attempt);
        REQUIRE(std::holds_alternative<ProvablyDead>(seen));
        CHECK(std::get<ProvablyDead>(seen).evidence.find("node-1") == std::string::npos);

        // A node far behind holds the proof up until it has caught up.
        troubles = SimTroubles();
        troubles.nodes[2].lag_slots = 1'000'000;
        process.set(troubles);
        const Attempt other = engine.attempt(2);
        engine.pass(700ms);
        CHECK(std::holds_alternative<Unknown>(engine.observe(other)));
        process.set(SimTroubles());
        CHECK(std::holds_alternative<ProvablyDead>(engine.watch(other)));
    }

    TEST_CASE("a send whose answer is lost is an error and no verdict: it lands all the same, once") {
        const test::TempFolder folder;
        ChainProcess process(quick_chain(folder));
        Engine engine(process.port(), 100ms);
        const Attempt attempt = engine.attempt(1);
        SimTroubles troubles;
        troubles.lost_reply = 1'000'000;
        process.set(troubles);
        CHECK(engine.send(attempt).error().reason == Reason::service_unavailable);
        CHECK(std::holds_alternative<Unknown>(engine.observe(attempt)));
        CHECK(std::holds_alternative<Unknown>(engine.observe(attempt)));
        CHECK_FALSE(engine.chain->health());
        process.set(SimTroubles());
        REQUIRE(std::holds_alternative<Landed>(engine.watch(attempt)));
        CHECK(engine.chain->health());
        CHECK(count(folder.file("chain.journal"), Outcome::landed_ok) == 1);

        const Attempt unheard = engine.attempt(2);
        troubles = SimTroubles();
        troubles.lost_request = 1'000'000;
        process.set(troubles);
        CHECK(engine.send(unheard).error().reason == Reason::service_unavailable);
        process.set(SimTroubles());
        CHECK(std::holds_alternative<ProvablyDead>(engine.watch(unheard)));
        CHECK(process.transactions() == 2);
    }

    TEST_CASE("answers and deliveries that come twice change nothing") {
        const test::TempFolder folder;
        ChainProcess process(quick_chain(folder));
        Engine engine(process.port());
        SimTroubles troubles;
        troubles.duplicate = 1'000'000;
        process.set(troubles);
        for (std::uint64_t key = 1; key <= 5; ++key) {
            const Attempt attempt = engine.attempt(key);
            REQUIRE(engine.send(attempt));
            CHECK(std::holds_alternative<Landed>(engine.watch(attempt)));
        }
        engine.pass(900ms);  // later than the latest delivery
        CHECK(process.transactions() == 5);
        CHECK(count(folder.file("chain.journal"), Outcome::sent) == 5);
        CHECK(count(folder.file("chain.journal"), Outcome::landed_ok) == 5);
    }

    TEST_CASE("a chain that goes away is told, an anchor waits for it, and what was sent has landed once") {
        const test::TempFolder folder;
        ChainProcess process(quick_chain(folder));
        Engine engine(process.port());
        const Attempt attempt = engine.attempt(1);
        REQUIRE(engine.send(attempt));
        process.stop();
        CHECK(engine.becomes([&] { return !engine.chain->health(); }));
        CHECK(engine.chain->health().error().reason == Reason::service_unavailable);
        CHECK(engine.chain->health().error().detail.find("sim://127.0.0.1:") != std::string::npos);
        CHECK(engine.send(attempt).error().reason == Reason::service_unavailable);
        CHECK(std::holds_alternative<Unknown>(engine.observe(attempt)));

        std::thread later([&] {
            std::this_thread::sleep_for(150ms);
            process.start_again();
        });
        const Result<Anchor> anchor = engine.run(engine.chain->anchor());
        later.join();
        CHECK(anchor);
        CHECK(engine.chain->health());
        REQUIRE(engine.send(attempt));
        REQUIRE(std::holds_alternative<Landed>(engine.watch(attempt)));
        CHECK(count(folder.file("chain.journal"), Outcome::landed_ok) == 1);
        CHECK(count(folder.file("chain.journal"), Outcome::start) == 2);
    }

    TEST_CASE("many calls are under way at once over one connection") {
        const test::TempFolder folder;
        SimChainConfig config = quick_chain(folder);
        config.call_latency = 400ms;  // 20 ms at this pace
        ChainProcess process(config);
        Engine engine(process.port(), 5'000ms);
        engine.attempt(1);
        int answered = 0;
        const auto ask = [](Chain& chain, int& counter) -> Task<void> {
            const Result<Anchor> anchor = co_await chain.anchor();
            counter += anchor ? 1 : 0;
        };
        constexpr int calls = 300;  // one after the other they would take six seconds
        const auto began = std::chrono::steady_clock::now();
        for (int i = 0; i < calls; ++i)
            asio::co_spawn(engine.io, ask(*engine.chain, answered), asio::detached);
        CHECK(engine.becomes([&] { return answered == calls; }));
        CHECK(std::chrono::steady_clock::now() - began < 5s);
    }

    TEST_CASE("whoever speaks nonsense is told so and cut, and the others are served on") {
        const test::TempFolder folder;
        ChainProcess process(quick_chain(folder));
        Engine engine(process.port());
        engine.attempt(1);
        const std::string hello = encode_chain_call(ChainCall(ChainOp::hello)) + "\n";
        for (const std::string& words :
             {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("\n"), std::string("{}\n"),
              std::string("{\"id\":1,\"op\":\"anchor\"}\n"),
              std::string("{\"id\":1,\"op\":\"hello\",\"version\":2}\n"),
              std::string(3 * chain_line_bytes_max, 'x'), hello + "{\"id\":2,\"op\":\"launch\"}\n"}) {
            CAPTURE(words.substr(0, 60));
            RawClient client(process.port());
            client.say(words);
            if (words.starts_with(hello)) CHECK(client.hear_line().find("\"done\":1") != std::string::npos);
            const std::string heard = client.hear_all();
            // A reset may swallow the sentence when it has more to read than it will.
            if (words.size() < 1'000) CHECK(heard.find("\"reason\":\"invalid_body\"") != std::string::npos);
        }
        {
            RawClient half(process.port());
            half.say("{\"id\":1,");
        }
        CHECK(engine.attempt(2).last_valid_height > 0);
    }

    TEST_CASE("more engines than it takes are refused with a sentence, and come in when one leaves") {
        const test::TempFolder folder;
        ChainProcess process(quick_chain(folder));
        const std::string hello = encode_chain_call(ChainCall(ChainOp::hello)) + "\n";
        std::vector<std::unique_ptr<RawClient>> clients;
        for (int i = 0; i < 8; ++i) {
            clients.push_back(std::make_unique<RawClient>(process.port()));
            clients.back()->say(hello);
            CHECK(clients.back()->hear_line().find("\"done\":1") != std::string::npos);
        }
        RawClient surplus(process.port());
        CHECK(surplus.hear_all().find("queue_full") != std::string::npos);
        clients.clear();
        Engine engine(process.port());
        CHECK(engine.attempt(1).last_valid_height > 0);
    }

    TEST_CASE("faults are switched over the wire, and a bad one is refused by its rule") {
        const test::TempFolder folder;
        ChainProcess process(quick_chain(folder));
        RawClient client(process.port());
        client.say(encode_chain_call(ChainCall(ChainOp::hello)) + "\n");
        client.hear_line();
        ChainCall call(ChainOp::trouble);
        call.id = 1;
        call.name = "fork";
        call.value = "0.25";
        client.say(encode_chain_call(call) + "\n");
        CHECK(decode_chain_reply(client.hear_line()).value().troubles == "fork=0.25");
        call.value = "2";
        client.say(encode_chain_call(call) + "\n");
        const ChainReply refused = decode_chain_reply(client.hear_line()).value();
        REQUIRE(refused.error);
        CHECK(refused.error->reason == Reason::invalid_parameter);
        ChainCall all(ChainOp::troubles);
        client.say(encode_chain_call(all) + "\n");
        CHECK(decode_chain_reply(client.hear_line()).value().troubles == "fork=0.25");
    }

    TEST_CASE("a false chain is found out: an error, never a verdict, and another try") {
        ChainReply wrong(ChainOp::send, 1);
        ChainReply liar(ChainOp::declare_dead, 1);
        for (const std::string& answer :
             {std::string("what?\n"), encode_chain_reply(wrong) + "\n", encode_chain_reply(liar) + "\n",
              std::string(2 * chain_line_bytes_max, 'x'), std::string()}) {
            CAPTURE(answer.substr(0, 60));
            FalseChain false_chain(answer);
            Engine engine(false_chain.port(), 100ms);
            CHECK(engine.run(engine.chain->anchor()).error().reason == Reason::service_unavailable);
            Attempt attempt = signed_attempt(engine.time, test::some_plan(1, 1), Anchor());
            CHECK(std::holds_alternative<Unknown>(engine.observe(attempt)));
            if (!answer.empty()) CHECK(engine.becomes([&] { return false_chain.visits() > 1; }));
        }
    }

    TEST_CASE("nobody there is an error in good time") {
        std::uint16_t port = 0;
        {
            const FalseChain closing(" ");
            port = closing.port();
        }
        Engine engine(port);
        Attempt attempt = signed_attempt(engine.time, test::some_plan(1, 1), Anchor());
        CHECK_FALSE(engine.chain->health());
        CHECK(engine.send(attempt).error().reason == Reason::service_unavailable);
        CHECK(std::holds_alternative<Unknown>(engine.observe(attempt)));
    }
}
