#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/engine/event_bus.hpp"
#include "libexec/engine/order_store.hpp"

namespace libexec::test {

/// An order store in memory, for one thread: the same rules as the real ones, and trouble on demand.
class MemoryStore final : public OrderStore {
public:
    MemoryStore(const Clock& clock, EventBus* bus) : clock_(clock), bus_(bus) {}

    /// Called before each write with its name; what it returns happens to that write.
    enum class Trouble { none, refused, answer_lost, unknown };
    std::function<Trouble(const std::string& what)> trouble = [](const std::string&) {
        return Trouble::none;
    };

    /// Awaited once a step is written, before its answer.
    std::function<Task<void>(const Step&)> before_answer;

    struct Row {
        Order order;
        std::vector<CommittedEvent> events;
        std::vector<Attempt> attempts;
        bool has_job = true;
        Time visible_at{};
        std::uint64_t epoch = 0;
        bool claimed = false;
    };
    std::map<OrderId, Row> rows;
    std::vector<Step> steps;  ///< every step that was written

    /// What a restart of the process does: nothing is claimed any more.
    void forget_claims();

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
    std::uint64_t last_number() override;
    std::uint64_t live_orders() override;
    Result<Done> health() const override { return Done{}; }

private:
    AcceptAnswer insert(Acceptance acceptance);
    const Row* find(const OrderId& order, const Viewer& viewer) const;
    Claimed take(Row& row);
    StepAnswer apply(Step step);

    const Clock& clock_;
    EventBus* bus_;
    std::map<std::pair<std::string, std::string>, std::pair<std::string, OrderId>> keys_;
};

}  // namespace libexec::test
