#include "local_service.hpp"

#include <asio/co_spawn.hpp>
#include <asio/use_future.hpp>

#include "assembly.hpp"

namespace libexec {
namespace {

using namespace std::chrono_literals;

/// A venue that takes part has a closed breaker.
std::vector<MetricSample> breaker_samples(const std::vector<VenueStatus>& venues) {
    std::vector<MetricSample> samples;
    for (const VenueStatus& venue : venues) {
        for (const VenueState state : venue_states) {
            const std::string_view word = state == VenueState::active ? "closed" : to_string(state);
            samples.push_back({{venue.name, std::string(word)}, venue.state == state ? 1.0 : 0.0});
        }
    }
    return samples;
}

/// Orders in flight and quotes for clients ask each venue once at a time: more than these are calls that
/// never returned.
RouterConfig router_config(const Config& config, const EngineConfig& engine, std::uint64_t seed) {
    RouterConfig router(config.quote_timeout);
    router.gate.calls_max = engine.concurrency + engine.quotes_max;
    router.seed = derive_seed(seed, "breakers");
    return router;
}

}  // namespace

LocalService::LocalService(const Config& config, Parts parts)
    : silence_(parts.log == nullptr ? make_silent_log() : nullptr),
      log_(parts.log == nullptr ? *silence_ : *parts.log),
      clock_(parts.clock == nullptr ? system_clock_ : *parts.clock),
      tokens_(read_tokens(config.tokens_file)),
      seed_(config.mock_seed ? *config.mock_seed : system_entropy()),
      ids_(clock_, system_entropy()),
      io_(parts.io == nullptr ? own_io_.emplace(1) : *parts.io),
      own_timers_(parts.timers == nullptr ? make_timers(io_) : nullptr),
      timers_(parts.timers == nullptr ? *own_timers_ : *parts.timers),
      faults_(clock_, fault_targets(config, parts)) {
    const Surroundings around{io_, clock_, timers_, bus_, log_};
    store_ = open_store(config, parts, around);
    bus_.read_history_from(*store_);
    solana_ = open_solana(config, around, seed_, metrics_);
    signer_ = open_signer(parts, solana_.get());
    chain_ = open_chain(config, parts, around, solana_.get(), seed_, &faults_);
    router_.emplace(gather_venues(config, parts, around, solana_.get(), seed_, &faults_),
                    router_config(config, engine_config(config), seed_), io_, clock_, timers_, &metrics_,
                    &log_);

    EngineParts engine{io_, *store_, *router_, *chain_, *signer_, clock_, timers_, ids_, log_, metrics_};
    engine_.emplace(engine_config(config), engine, seed_);
    add_samples();
    engine_->start();
    if (own_io_) {
        work_.emplace(io_.get_executor());
        thread_ = std::thread([this] { run(); });
    }
}

Task<Result<Submitted>> LocalService::submit(OrderRequest request, SubmitOptions options) {
    return engine_->submit(std::move(request), std::move(options));
}

Task<Result<CancelAnswer>> LocalService::cancel(OrderId order, Viewer viewer) {
    return engine_->cancel(order, std::move(viewer));
}

Task<Result<std::optional<OrderRecord>>> LocalService::load(OrderId order, Viewer viewer) {
    return store_->load(order, std::move(viewer));
}

Task<Result<std::vector<OrderRecord>>> LocalService::list(OrderFilter filter) {
    return store_->list(std::move(filter));
}

Task<Result<std::vector<CommittedEvent>>> LocalService::events(OrderId order, std::uint32_t after,
                                                               std::size_t limit, Viewer viewer) {
    return store_->events_after(order, after, limit, std::move(viewer));
}

std::shared_ptr<EventStream> LocalService::follow(OrderId order, std::uint32_t after_seq, Executor reader) {
    return bus_.follow(order, after_seq, reader);
}

std::shared_ptr<EventStream> LocalService::follow_all(Executor reader, Viewer viewer) {
    return bus_.follow_all(reader, std::move(viewer));
}

Task<Result<QueueCounts>> LocalService::queue() { return store_->counts(); }

Task<Result<RoutingDecision>> LocalService::quote(OrderRequest request) {
    return engine_->quote(std::move(request));
}

Task<Result<VenueStatus>> LocalService::pause_venue(std::string name, std::string reason) {
    return engine_->hold_venue(std::move(name), std::move(reason));
}

Task<Result<VenueStatus>> LocalService::resume_venue(std::string name) {
    return engine_->hold_venue(std::move(name), std::nullopt);
}

void LocalService::stop() {
    if (std::exchange(stopped_, true)) return;
    if (own_io_) {
        asio::co_spawn(io_, engine_->drain(), asio::use_future).get();
    } else {
        drain_here();
    }
    bus_.close();
    work_.reset();
    io_.stop();
    if (thread_.joinable()) thread_.join();
}

/// The program's io_context: nobody else runs it now. When its timers are not real time, an order in flight
/// may wait for a moment that never comes.
void LocalService::drain_here() {
    constexpr auto idle_slice = 50ms;
    constexpr int idle_slices_most = 200;
    bool drained = false;
    asio::co_spawn(io_, engine_->drain(), [&](std::exception_ptr thrown) {
        if (thrown) log_.error("engine.fault", "the drain ended by an exception");
        drained = true;
    });
    io_.restart();
    for (int idle = 0; !drained && idle < idle_slices_most;) {
        try {
            idle = io_.run_one_for(idle_slice) == 0 ? idle + 1 : 0;
        } catch (const std::exception& fault) {
            log_.error("engine.fault", fault.what());
        }
    }
    if (!drained)
        log_.warn("engine.drain_incomplete", "nothing moves any more; orders resume at the next start");
}

/// Read at a scrape, which nobody makes any more when the service is gone: the registry goes with it.
void LocalService::add_samples() {
    const auto gauge = [this](const char* name, const char* help, auto read) {
        metrics_.sampled(Metrics::Kind::gauge, name, help, {}, [read] {
            return std::vector<MetricSample>{{{}, static_cast<double>(read())}};
        });
    };
    gauge("libexec_workers_active", "Orders being worked on now.", [this] { return engine_->in_flight(); });
    gauge("libexec_queue_depth", "Orders waiting to be worked on, for the first time or again.", [this] {
        const std::uint64_t live = engine_->live_orders();
        return live - std::min(live, engine_->in_flight());
    });
    metrics_.sampled(Metrics::Kind::gauge, "libexec_venue_breaker_state",
                     "1 for the state a venue's breaker is in, 0 for the others.", {"venue", "state"},
                     [this] { return breaker_samples(router_->statuses()); });
    add_process_metrics(metrics_);
}

void LocalService::run() {
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

}  // namespace libexec
