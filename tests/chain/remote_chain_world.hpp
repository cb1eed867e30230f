#pragma once

#include <doctest/doctest.h>

#include <asio/post.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "chain/sim_world.hpp"
#include "libexec/chain/sim/chain_server.hpp"
#include "libexec/chain/sim/remote_chain.hpp"
#include "support/answer_of.hpp"

namespace libexec::test {

using namespace std::chrono_literals;

inline constexpr std::uint32_t quick_ppm = 50'000;  // a slot is 20 ms

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
        return answer_of(io, std::move(work));
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
        return signed_attempt(time, some_plan(key, number), anchor.value());
    }
    Result<Done> send(const Attempt& attempt) { return run(chain->send(CommittingStore::of(attempt))); }
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

    SimTime time;  // for signing only
    std::unique_ptr<Log> log = make_silent_log();
    asio::io_context io{1};
    std::unique_ptr<Timers> timers = make_timers(io);
    std::unique_ptr<Chain> chain;
};

inline SimChainConfig quick_chain(const TempDir& folder) {
    SimChainConfig config = calm_chain(quick_ppm);
    config.journal_path = folder.file("chain.journal");
    config.call_latency = 0ms;
    return config;
}

inline std::size_t count(const std::string& journal, SimJournalLine::Outcome outcome) {
    std::size_t found = 0;
    read_sim_journal(journal, [&](const SimJournalLine& line) { found += line.outcome == outcome ? 1 : 0; });
    return found;
}

}  // namespace libexec::test
