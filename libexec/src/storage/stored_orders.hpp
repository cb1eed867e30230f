#pragma once

#include <memory>

#include "libexec/base/clock.hpp"
#include "readers.hpp"
#include "writer.hpp"

namespace libexec {

/// Throws std::runtime_error when there is no room for anything.
void check_limits(const StoreLimits& limits);

/// The port on any database: one thread that writes, a few that read.
class StoredOrders : public OrderStore {
public:
    /// Throws what connecting throws.
    StoredOrders(const StoreLimits& limits, std::unique_ptr<WriteBackend> backend,
                 StoreReaders::Connect connect_reader, StoreWriter::Tell tell, const Clock& clock, Log& log);

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
    Task<Result<std::vector<StoreNode>>> nodes() override;

    std::uint64_t last_number() override { return writer_.last_number(); }
    std::uint64_t live_orders() override { return writer_.live_orders(); }
    std::uint64_t live_nodes() override { return writer_.live_nodes(); }
    Result<Done> health() const override { return writer_.health(); }

protected:
    StoreWriter& writer() { return writer_; }

private:
    template <class Answer, class Query>
    Task<Result<Answer>> ask(Query query);

    const Clock& clock_;
    StoreWriter writer_;
    StoreReaders readers_;  // gone before the writer finishes: nobody else may hold the database then
};

}  // namespace libexec
