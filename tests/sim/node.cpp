#include "sim/node.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "libexec/chain/sim/sim_signer.hpp"
#include "libexec/venues/sim/sim_venue.hpp"

namespace libexec::simulation {
namespace {

using namespace std::chrono_literals;

/// The clock of one machine: wrong, and set from time to time.
class HostClock final : public Clock {
public:
    HostClock(const World& world, const Host& host) : world_(world), host_(host) {}
    Time now() const override { return world_.now() + host_.skew; }

private:
    const World& world_;
    const Host& host_;
};

class HostTimers final : public Timers {
public:
    HostTimers(World& world, std::shared_ptr<Host> host) : world_(world), host_(std::move(host)) {}

    Task<void> sleep_for(Span delay) override {
        const std::uint64_t wait = host_->new_wait();
        world_.on(host_, delay + world_.between(0us, 300us), [host = host_, wait] { host->wake(wait); });
        co_await host_->park(wait);
    }
    std::unique_ptr<Alarm> make_alarm() override { return std::make_unique<HostAlarm>(world_, host_); }

private:
    class HostAlarm final : public Alarm {
    public:
        HostAlarm(World& world, std::shared_ptr<Host> host) : world_(world), host_(std::move(host)) {}
        Task<void> wait(Span delay) override {
            if (!rung_) {
                waiting_ = host_->new_wait();
                world_.on(host_, delay + world_.between(0us, 300us),
                          [host = host_, wait = waiting_] { host->wake(wait); });
                co_await host_->park(waiting_);
                waiting_ = 0;
            }
            rung_ = false;
        }
        void ring() override {
            rung_ = true;
            if (waiting_ != 0) host_->wake(waiting_);
        }

    private:
        World& world_;
        std::shared_ptr<Host> host_;
        std::uint64_t waiting_ = 0;
        bool rung_ = false;
    };

    World& world_;
    std::shared_ptr<Host> host_;
};

/// Warnings and errors go into the trace; a fault of the engine ends the run.
class JudgedLog final : public Log {
public:
    JudgedLog(World& world, Judge& judge, std::uint64_t node) : world_(world), judge_(judge), node_(node) {}
    bool enabled(LogLevel level) const override { return level >= LogLevel::warn; }
    void write(LogLevel, std::string_view event, std::string_view message,
               std::initializer_list<LogField>) override {
        world_.note(event, node_, message);
        if (event == "order.fault" || event == "engine.fault") judge_.on_internal_fault(std::string(message));
    }
    void set_level(LogLevel) override {}

private:
    World& world_;
    Judge& judge_;
    const std::uint64_t node_;
};

EngineConfig engine_config(const Plan& plan) {
    EngineConfig config;
    config.concurrency = plan.concurrency;
    config.retry.attempts_max = static_cast<std::uint32_t>(plan.attempts_max);
    config.retry.delay_first = 500ms;
    config.order_deadline = plan.order_deadline;
    config.queue_limit = plan.queue_limit;
    config.observe_interval = 500ms;
    config.resend_interval = 1'500ms;
    config.in_doubt_after = 4s;
    if (plan.confirmed_counts) config.commitment = Commitment::confirmed;
    return config;
}

SimMarketConfig market(std::uint64_t seed, const World& world) {
    SimMarketConfig config;
    config.seed = seed;
    config.failure_rate_ppm = world.faults ? static_cast<std::uint32_t>(world.plan.quote_failure_ppm) : 0;
    return config;
}

Span skew_of_a_clock(World& world) {
    const auto most_us = static_cast<std::int64_t>(world.plan.skew_ms) * 1'000;
    return most_us == 0 ? Span(0) : world.between(Span(-most_us), Span(most_us));
}

LocalBusConfig bus_config(const Plan& plan) {
    LocalBusConfig config;
    config.backlog_max = plan.backlog_max;
    return config;
}

Task<void> drained(Engine& engine, std::shared_ptr<bool> done) {
    co_await engine.drain();
    *done = true;
}

}  // namespace

struct Node::Running {
    Running(Shared& shared, Node& node, std::uint64_t number, Span skew)
        : host(std::make_shared<Host>(number, ++shared.starts, skew)),
          clock(shared.world, *host),
          timers(shared.world, host),
          log(shared.world, shared.judge, number),
          bus(bus_config(shared.world.plan)),
          store(
              shared.world, shared.database, host, bus, [&node] { node.crash(); },
              [&shared, number] { shared.committed(number); }),
          chain(shared.world, shared.chain, host),
          router(make_sim_venues(market(shared.seed, shared.world), clock, timers), 1'000ms, host->io(),
                 clock, timers, &shared.metrics),
          ids(clock, derive_seed(shared.seed, shared.starts)),
          seen(shared.database.log().size()) {
        bus.read_history_from(store);
        EngineParts parts{host->io(), store, router, chain, signer, clock, timers, ids, log, shared.metrics};
        engine = std::make_unique<Engine>(engine_config(shared.world.plan), parts, shared.seed);
    }
    /// The process ends first: what its coroutines refer to is still there then.
    ~Running() { host->die(); }

    std::shared_ptr<Host> host;
    HostClock clock;
    HostTimers timers;
    JudgedLog log;
    LocalBus bus;
    NodeStore store;
    ChainLine chain;
    SimSigner signer;
    Router router;
    UuidGenerator ids;
    std::unique_ptr<Engine> engine;
    std::size_t seen;  ///< how much of the database's log the streams here were told
    std::shared_ptr<bool> drain_done;
};

Node::Node(Shared& shared, std::uint64_t number) : shared_(shared), number_(number) {}
Node::~Node() = default;

void Node::start() {
    World& world = shared_.world;
    running_ = std::make_unique<Running>(shared_, *this, number_, skew_of_a_clock(world));
    world.note("start", number_, "", running_->host->start);
    const std::shared_ptr<Host>& host = running_->host;
    world.on(host, 0us, [this] { running_->engine->start(); });
    world.on(host, world.between(0us, 1s), [this] { tick(); });
    world.on(host, Span(world.plan.lease) / 3, [this] { beat(); });
    world.on(host, 1s, [this] { poll(); });
}

void Node::crash() {
    if (!alive()) return;
    ++shared_.world.totals.crashes;
    shared_.world.note("crash", number_, "");
    stop();
}

void Node::stop() {
    // Whoever asked for this may be running inside: the host dies now, the rest goes when nobody is in it.
    running_->host->die();
    World& world = shared_.world;
    world.in(world.between(100ms, 4s), [this] { start(); });
}

bool Node::alive() const { return running_ && running_->host->alive; }
const std::shared_ptr<Host>& Node::host() const { return running_->host; }
Engine& Node::engine() { return *running_->engine; }
EventBus& Node::bus() { return running_->bus; }

void Node::tick() {
    World& world = shared_.world;
    const Plan& plan = world.plan;
    shared_.judge.on_flights(number_, running_->engine->in_flight(), plan.concurrency, cancels);
    shared_.judge.on_live(shared_.database.live(), plan.queue_limit, plan.nodes);
    world.on(running_->host, 1s, [this] { tick(); });
    if (world.strikes(50)) running_->host->skew = skew_of_a_clock(world);
    if (world.strikes(plan.crash)) {
        crash();
    } else if (world.strikes(plan.pause)) {
        ++world.totals.pauses;
        running_->host->paused_until = world.now() + world.between(100ms, 3 * Span(plan.lease));
        world.note("pause", number_, "");
    } else if (world.strikes(plan.outage)) {
        shared_.database.away_until = world.now() + world.between(500ms, 8s);
        world.note("outage", number_, "");
    } else if (world.strikes(plan.drain) && !running_->drain_done) {
        drain();
    }
}

void Node::beat() {
    running_->store.beat();
    shared_.world.on(running_->host, Span(shared_.world.plan.lease) / 3, [this] { beat(); });
}

void Node::wake() {
    if (!alive()) return;
    shared_.world.on(running_->host, shared_.world.between(100us, 100ms), [this] {
        const std::vector<CommittedEvent>& log = shared_.database.log();
        std::vector<CommittedEvent> fresh;
        for (; running_->seen < log.size(); ++running_->seen) {
            const CommittedEvent& event = log[running_->seen];
            if (!running_->bus.watched(event->order)) continue;
            if (shared_.world.likely(500)) {
                fresh.push_back(event);
            } else {
                running_->bus.catch_up(event->order);
            }
        }
        running_->bus.publish(fresh);
    });
}

/// A wake-up may be lost, so a node looks by itself now and then.
void Node::poll() {
    for (const WatchedOrder& watched : running_->bus.watched_orders()) {
        const Database::Row* const row = shared_.database.find(watched.order);
        if (row != nullptr && row->order.last_seq > watched.seen) running_->bus.catch_up(watched.order);
    }
    shared_.world.on(running_->host, 1s, [this] { poll(); });
}

void Node::drain() {
    World& world = shared_.world;
    ++world.totals.drains;
    world.note("drain", number_, "");
    running_->drain_done = std::make_shared<bool>(false);
    asio::co_spawn(running_->host->io(), drained(*running_->engine, running_->drain_done), asio::detached);
    // Looks now and then whether it is done; what is still held is given back as the process ends.
    struct Look {
        static void at(Node& node, const std::shared_ptr<Host>& host) {
            node.shared_.world.on(host, 50ms, [&node, host] {
                if (!*node.running_->drain_done) return at(node, host);
                node.shared_.database.give_back(host->start);
                node.shared_.world.note("stopped", node.number_, "");
                node.stop();
            });
        }
    };
    Look::at(*this, running_->host);
}

}  // namespace libexec::simulation
