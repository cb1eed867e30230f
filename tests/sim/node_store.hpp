#pragma once

#include <deque>
#include <memory>

#include "libexec/engine/event_bus.hpp"
#include "sim/database.hpp"

namespace libexec::simulation {

/// How one node reaches the database: writes go out in order and are answered in order, unless they are lost,
/// refused, late, or the node dies meanwhile. Keeps the leases of what was handed out to its node.
class NodeStore final : public OrderStore {
public:
    /// `crash` ends the process this store is in.
    NodeStore(World& world, Database& database, std::shared_ptr<Host> host, EventBus& bus,
              std::function<void()> crash, std::function<void()> committed_here);

    /// Extends the leases; to be called every third of one.
    void beat();

    Task<Result<AcceptAnswer>> accept(Acceptance acceptance) override;
    Task<Result<ClaimBatch>> claim(std::size_t limit) override;
    Task<Result<std::optional<Claimed>>> claim_order(OrderId order) override;
    Task<Result<StepAnswer>> commit(Step step) override;
    void commit_later(Step step) override;
    Task<Result<std::optional<OrderStatus>>> request_cancel(OrderId order, Viewer viewer) override;
    Task<Result<std::optional<OrderRecord>>> load(OrderId order, Viewer viewer) override;
    Task<Result<std::vector<OrderRecord>>> list(OrderFilter filter) override;
    Task<Result<std::vector<CommittedEvent>>> events_after(OrderId order, std::uint32_t seq,
                                                           std::size_t limit, Viewer viewer) override;
    Task<Result<QueueCounts>> counts() override;
    std::uint64_t last_number() override { return database_.last_number(); }
    std::uint64_t live_orders() override { return database_.live(); }
    Result<Done> health() const override { return Done{}; }

private:
    enum class Fate : std::uint8_t {
        done,
        refused,
        answer_lost,
        write_lost,
        write_late,
        dies_before,
        dies_after
    };
    struct Line;

    template <class T>
    Task<Result<T>> write(std::string what, std::function<T()> transaction,
                          std::function<void(const T&)> answered, std::function<void(const T&)> unheard = {});
    template <class T>
    Task<Result<T>> read(std::function<T()> question);
    void give_back();
    Fate draw(std::string_view what);
    /// Sends one write on its way. `at_database` runs there, `answer` back here.
    void send(Fate fate, std::function<void()> at_database, std::function<void(Fate)> answer);
    void publish(const Step& step);

    World& world_;
    Database& database_;
    std::shared_ptr<Host> host_;
    EventBus& bus_;
    std::function<void()> crash_;
    std::function<void()> committed_here_;
    std::shared_ptr<Line> line_;
    /// What claims took although nobody was told.
    std::shared_ptr<std::map<OrderId, Claimed>> doubtful_ = std::make_shared<std::map<OrderId, Claimed>>();
    std::map<OrderId, std::uint64_t> held_;  ///< what was handed out here, with the epoch
};

}  // namespace libexec::simulation
