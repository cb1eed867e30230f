#include "stored_orders.hpp"

#include <stdexcept>
#include <utility>

namespace libexec {

void check_limits(const StoreLimits& limits) {
    if (limits.batch_max == 0 || limits.queue_limit == 0 || limits.read_queue_limit == 0 ||
        limits.readers == 0)
        throw std::runtime_error("the order store needs at least one reader and room for one operation");
}

StoredOrders::StoredOrders(const StoreLimits& limits, std::unique_ptr<WriteBackend> backend,
                           StoreReaders::Connect connect_reader, StoreWriter::Tell tell, const Clock& clock,
                           Log& log)
    : clock_(clock),
      writer_(limits, std::move(backend), std::move(tell), log),
      readers_(std::move(connect_reader), limits.readers, limits.read_queue_limit, log) {}

Task<Result<AcceptAnswer>> StoredOrders::accept(Acceptance acceptance) {
    return await_operation<AcceptAnswer>(writer_, std::make_unique<AcceptOp>(std::move(acceptance)));
}

Task<Result<ClaimBatch>> StoredOrders::claim(std::size_t limit) {
    return await_operation<ClaimBatch>(writer_, std::make_unique<ClaimOp>(limit));
}

Task<Result<std::optional<Claimed>>> StoredOrders::claim_order(OrderId order) {
    return await_operation<std::optional<Claimed>>(writer_, std::make_unique<ClaimOrderOp>(order));
}

Task<Result<StepAnswer>> StoredOrders::commit(Step step) {
    return await_operation<StepAnswer>(writer_, std::make_unique<StepOp>(std::move(step)));
}

void StoredOrders::commit_later(Step step) { writer_.push(std::make_unique<StepOp>(std::move(step))); }

Task<Result<std::optional<OrderStatus>>> StoredOrders::request_cancel(OrderId order, Viewer viewer) {
    return await_operation<std::optional<OrderStatus>>(writer_,
                                                       std::make_unique<CancelOp>(order, std::move(viewer)));
}

template <class Answer, class Query>
Task<Result<Answer>> StoredOrders::ask(Query query) {
    return await_operation<Answer>(readers_, std::make_unique<QueryOp<Answer, Query>>(std::move(query)));
}

Task<Result<std::optional<OrderRecord>>> StoredOrders::load(OrderId order, Viewer viewer) {
    return ask<std::optional<OrderRecord>>(
        [order, for_whom = std::move(viewer)](ReadTables& tables) { return tables.load(order, for_whom); });
}

Task<Result<std::vector<OrderRecord>>> StoredOrders::list(OrderFilter filter) {
    return ask<std::vector<OrderRecord>>(
        [wanted = std::move(filter)](ReadTables& tables) { return tables.list(wanted); });
}

Task<Result<std::vector<CommittedEvent>>> StoredOrders::events_after(OrderId order, std::uint32_t seq,
                                                                     std::size_t limit, Viewer viewer) {
    return ask<std::vector<CommittedEvent>>(
        [order, seq, limit, for_whom = std::move(viewer)](ReadTables& tables) {
            return tables.events_after(order, seq, limit, for_whom);
        });
}

Task<Result<QueueCounts>> StoredOrders::counts() {
    return ask<QueueCounts>([this](ReadTables& tables) { return tables.counts(clock_.now()); });
}

Task<Result<std::vector<StoreNode>>> StoredOrders::nodes() {
    return ask<std::vector<StoreNode>>([](ReadTables& tables) { return tables.nodes(); });
}

}  // namespace libexec
