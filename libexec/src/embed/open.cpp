#include "libexec/embed/open.hpp"

#include <asio/co_spawn.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/use_future.hpp>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "config_check.hpp"
#include "libexec/bus/local_bus.hpp"
#include "libexec/chain/sim/sim_chain.hpp"
#include "libexec/chain/sim/sim_signer.hpp"
#include "libexec/storage/sqlite_store.hpp"
#include "libexec/venues/sim/sim_venue.hpp"

namespace libexec {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::microseconds observe_interval =
    400ms;  ///< one slot of the simulated chain, before its scale
constexpr std::chrono::microseconds resend_interval = 2s;

TokenRegistry read_tokens(const std::string& path) {
    TokenRegistry tokens = TokenRegistry::with_defaults();
    if (path.empty()) return tokens;
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file || file.bad()) throw std::runtime_error("cannot read the tokens file " + path);
    if (const Result<Done> added = tokens.add_lines(text.str()); !added) {
        throw std::runtime_error("tokens file " + path + ", " + added.error().detail);
    }
    return tokens;
}

std::chrono::microseconds scaled(std::chrono::microseconds real, std::uint32_t scale_ppm) {
    return real * static_cast<std::int64_t>(scale_ppm) / 1'000'000;
}

EngineConfig engine_config(const Config& config) {
    EngineConfig engine;
    engine.concurrency = config.queue_concurrency;
    engine.retry.attempts_max = config.max_retries;
    engine.retry.delay_first = config.retry_base;
    engine.retry.jitter = config.retry_base / 10;
    engine.order_deadline = config.order_deadline;
    engine.orders_per_minute = config.orders_per_minute;
    engine.queue_limit = config.queue_limit;
    engine.commitment = config.commitment;
    engine.observe_interval = scaled(observe_interval, config.mock_time_scale_ppm);
    engine.resend_interval = scaled(resend_interval, config.mock_time_scale_ppm);
    engine.in_doubt_after = config.order_deadline;
    return engine;
}

/// A venue that takes part has a closed breaker; nothing opens one in this version.
std::vector<MetricSample> breaker_samples(const std::vector<VenueStatus>& venues) {
    std::vector<MetricSample> samples;
    for (const VenueStatus& venue : venues) {
        const bool closed = venue.state == VenueState::active;
        samples.push_back({{venue.name, "closed"}, closed ? 1.0 : 0.0});
        samples.push_back({{venue.name, "open"}, closed ? 0.0 : 1.0});
    }
    return samples;
}

/// Everything in the order in which it may refer to what stands above it. The store and the engine are let go
/// before the io_context: what still waits on them is destroyed with it, and must find its timers alive.
class LocalService final : public Service {
public:
    LocalService(Config config, Log& log)
        : log_(log),
          tokens_(read_tokens(config.tokens_file)),
          seed_(config.mock_seed ? *config.mock_seed : system_entropy()),
          ids_(clock_, system_entropy()),
          timers_(make_timers(io_)) {
        const std::string database = sqlite_path(config.database_url);
        SqliteStoreConfig store_config;
        store_config.path = database;
        store_ = open_sqlite_store(store_config, clock_, bus_, log_);
        bus_.read_history_from(*store_);

        SimMarketConfig market;
        market.seed = seed_;
        market.time_scale_ppm = config.mock_time_scale_ppm;
        market.failure_rate_ppm = config.mock_failure_rate_ppm;
        SimChainConfig chain;
        chain.seed = seed_;
        chain.time_scale_ppm = config.mock_time_scale_ppm;
        chain.failure_rate_ppm = config.mock_failure_rate_ppm;
        chain.journal_path = journal_path(config);
        chain_ = open_sim_chain(chain, io_, clock_, *timers_, log_);
        router_.emplace(make_sim_venues(market, clock_, *timers_), config.quote_timeout, io_, clock_,
                        *timers_, &metrics_);

        EngineParts parts{io_, *store_, *router_, *chain_, signer_, clock_, *timers_, ids_, log_, metrics_};
        engine_.emplace(engine_config(config), parts, seed_);
        add_samples();
        engine_->start();
        thread_ = std::thread([this] { run(); });
    }

    ~LocalService() override { stop(); }

    Task<Result<Submitted>> submit(OrderRequest request, SubmitOptions options) override {
        return engine_->submit(std::move(request), std::move(options));
    }
    Task<Result<CancelAnswer>> cancel(OrderId order) override { return engine_->cancel(order); }
    Task<Result<std::optional<OrderRecord>>> load(OrderId order) override { return store_->load(order); }
    Task<Result<std::vector<OrderRecord>>> list(OrderFilter filter) override {
        return store_->list(std::move(filter));
    }
    Task<Result<std::vector<CommittedEvent>>> events(OrderId order, std::uint32_t after,
                                                     std::size_t limit) override {
        return store_->events_after(order, after, limit);
    }
    std::shared_ptr<EventStream> follow(OrderId order, std::uint32_t after_seq, Executor reader) override {
        return bus_.follow(order, after_seq, reader);
    }
    std::shared_ptr<EventStream> follow_all(Executor reader) override { return bus_.follow_all(reader); }
    Task<Result<QueueCounts>> queue() override { return store_->counts(); }

    Task<Result<RoutingDecision>> quote(OrderRequest request) override {
        return engine_->quote(std::move(request));
    }
    std::vector<VenueStatus> venues() const override { return router_->statuses(); }

    Metrics& metrics() override { return metrics_; }
    const TokenRegistry& tokens() const override { return tokens_; }
    Result<Done> health() const override { return store_->health(); }
    bool draining() const override { return engine_->draining(); }

    void stop() override {
        if (!thread_.joinable()) return;
        asio::co_spawn(io_, engine_->drain(), asio::use_future).get();
        bus_.close();
        work_.reset();
        io_.stop();
        thread_.join();
    }

private:
    /// Read at a scrape, which nobody makes any more when the service is gone: the registry goes with it.
    void add_samples() {
        const auto gauge = [this](const char* name, const char* help, auto read) {
            metrics_.sampled(Metrics::Kind::gauge, name, help, {}, [read] {
                return std::vector<MetricSample>{{{}, static_cast<double>(read())}};
            });
        };
        gauge("libexec_workers_active", "Orders being worked on now.",
              [this] { return engine_->in_flight(); });
        gauge("libexec_queue_depth", "Orders waiting to be worked on, for the first time or again.", [this] {
            const std::uint64_t live = engine_->live_orders();
            return live - std::min(live, engine_->in_flight());
        });
        metrics_.sampled(Metrics::Kind::gauge, "libexec_venue_breaker_state",
                         "1 for the state a venue's breaker is in, 0 for the others.", {"venue", "state"},
                         [this] { return breaker_samples(router_->statuses()); });
        add_process_metrics(metrics_);
    }

    void run() {
        for (;;) {
            try {
                io_.run();
                return;
            } catch (const std::exception& fault) {
                // A handler let an exception out. The orders in flight are safe in the store; go on with the
                // rest.
                log_.error("engine.fault", fault.what());
            }
        }
    }

    Log& log_;
    Metrics metrics_;
    const SystemClock clock_;
    const TokenRegistry tokens_;
    const std::uint64_t seed_;
    UuidGenerator ids_;
    asio::io_context io_{1};
    asio::executor_work_guard<Executor> work_{io_.get_executor()};
    std::unique_ptr<Timers> timers_;
    LocalBus bus_;
    std::unique_ptr<OrderStore> store_;
    SimSigner signer_;
    std::unique_ptr<SimChain> chain_;
    std::optional<Router> router_;
    std::optional<Engine> engine_;
    std::thread thread_;
};

}  // namespace

std::unique_ptr<Service> open(Config config, Log& log) {
    check(config);
    return std::make_unique<LocalService>(std::move(config), log);
}

}  // namespace libexec
