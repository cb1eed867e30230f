#pragma once

#include <asio/executor_work_guard.hpp>
#include <optional>
#include <thread>

#include "libexec/base/uuid.hpp"
#include "libexec/bus/local_bus.hpp"
#include "libexec/embed/open.hpp"
#include "libexec/routing/router.hpp"
#include "solana_world.hpp"

namespace libexec {

/// One engine and its parts in this process, in the order in which they may refer to what stands above them.
/// The store and the engine are let go before the io_context: what still waits on them is destroyed with it,
/// and must find its timers alive.
class LocalService final : public Service {
public:
    /// Both were checked. Throws std::exception when a part cannot be had.
    LocalService(const Config& config, Parts parts);
    ~LocalService() override { stop(); }

    Task<Result<Submitted>> submit(OrderRequest request, SubmitOptions options) override;
    Task<Result<CancelAnswer>> cancel(OrderId order, Viewer viewer) override;
    Task<Result<std::optional<OrderRecord>>> load(OrderId order, Viewer viewer) override;
    Task<Result<std::vector<OrderRecord>>> list(OrderFilter filter) override;
    Task<Result<std::vector<CommittedEvent>>> events(OrderId order, std::uint32_t after, std::size_t limit,
                                                     Viewer viewer) override;
    std::shared_ptr<EventStream> follow(OrderId order, std::uint32_t after_seq, Executor reader) override;
    std::shared_ptr<EventStream> follow_all(Executor reader, Viewer viewer) override;
    Task<Result<QueueCounts>> queue() override;
    Task<Result<std::vector<StoreNode>>> nodes() override { return store_->nodes(); }
    SharedLimits* shared_limits() override { return store_->shared_limits(); }

    Task<Result<RoutingDecision>> quote(OrderRequest request) override;
    std::vector<VenueStatus> venues() const override { return router_->statuses(); }
    Task<Result<VenueStatus>> pause_venue(std::string name, std::string reason) override;
    Task<Result<VenueStatus>> resume_venue(std::string name) override;

    Metrics& metrics() override { return metrics_; }
    const TokenRegistry& tokens() const override { return tokens_; }
    Result<Done> health() const override { return store_->health(); }
    Result<Done> chain_health() const override { return chain_->health(); }
    Explorer explorer() const override { return solana_ != nullptr ? solana_->explorer() : Explorer(); }
    bool draining() const override { return engine_->draining(); }
    SimFaults* faults() override { return faults_.targets().empty() ? nullptr : &faults_; }
    void set_limits(const ServiceLimits& limits) override {
        engine_->set_limits(limits.queue_limit, limits.orders_per_minute);
    }

    void stop() override;

private:
    void add_samples();
    void run();
    void drain_here();

    const std::unique_ptr<Log> silence_;  ///< when the program gave no log
    Log& log_;
    Metrics metrics_;
    const SystemClock system_clock_;
    const Clock& clock_;
    const TokenRegistry tokens_;
    const std::uint64_t seed_;
    UuidGenerator ids_;
    std::optional<asio::io_context> own_io_;
    asio::io_context& io_;
    std::optional<asio::executor_work_guard<Executor>> work_;
    std::unique_ptr<Timers> own_timers_;
    Timers& timers_;
    SimFaults faults_;
    LocalBus bus_;
    std::unique_ptr<OrderStore> store_;
    std::unique_ptr<SolanaWorld> solana_;  ///< null on another chain
    std::unique_ptr<Signer> signer_;
    std::unique_ptr<Chain> chain_;
    std::optional<Router> router_;
    std::optional<Engine> engine_;
    std::thread thread_;
    bool stopped_ = false;
};

}  // namespace libexec
