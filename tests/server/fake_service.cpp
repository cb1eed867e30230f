#include "server/fake_service.hpp"

namespace libexec::test {

class FakeService::Stream final : public EventStream {
public:
    Stream(FakeService& service, OrderId order, std::uint32_t after, Executor reader)
        : service_(service), order_(order), timers_(make_timers(reader.context())), last_seq_(after) {
        const std::lock_guard lock(service_.mutex_);
        ++service_.open_streams_;
    }
    ~Stream() override {
        const std::lock_guard lock(service_.mutex_);
        --service_.open_streams_;
    }
    Task<Result<EventBatch>> next() override {
        for (;;) {
            EventBatch batch;
            batch.events = service_.events_after(order_, last_seq_, 100);
            if (!batch.events.empty()) {
                last_seq_ = batch.events.back()->seq;
                if (batch.events.back()->ends_order()) batch.end = EventBatch::End::finished;
            } else {
                const std::lock_guard lock(service_.mutex_);
                batch.end = closed_ ? EventBatch::End::closed : service_.end_;
            }
            batch.last_seq = last_seq_;
            if (!batch.events.empty() || batch.end != EventBatch::End::none) co_return batch;
            co_await timers_->sleep_for(std::chrono::milliseconds(1));
        }
    }
    void close() override {
        const std::lock_guard lock(service_.mutex_);
        closed_ = true;
    }

private:
    FakeService& service_;
    OrderId order_;
    std::unique_ptr<Timers> timers_;
    std::uint32_t last_seq_;
    bool closed_ = false;
};

/// What happens to any order from its making on.
class FakeService::EveryStream final : public EventStream {
public:
    EveryStream(FakeService& service, Executor reader, Viewer viewer)
        : service_(service), viewer_(std::move(viewer)), timers_(make_timers(reader.context())) {
        const std::lock_guard lock(service_.mutex_);
        ++service_.open_streams_;
        next_ = service_.every_.size();
    }
    ~EveryStream() override {
        const std::lock_guard lock(service_.mutex_);
        --service_.open_streams_;
    }
    Task<Result<EventBatch>> next() override {
        for (;;) {
            EventBatch batch = take();
            if (!batch.events.empty() || batch.end != EventBatch::End::none) co_return batch;
            co_await timers_->sleep_for(std::chrono::milliseconds(1));
        }
    }
    void close() override {
        const std::lock_guard lock(service_.mutex_);
        closed_ = true;
    }

private:
    EventBatch take() {
        const std::lock_guard lock(service_.mutex_);
        EventBatch batch;
        for (; next_ < service_.every_.size(); ++next_) {
            const CommittedEvent& event = service_.every_[next_];
            if (viewer_.sees(event->account)) batch.events.push_back(event);
        }
        if (batch.events.empty()) batch.end = closed_ ? EventBatch::End::closed : service_.end_;
        return batch;
    }

    FakeService& service_;
    const Viewer viewer_;
    std::unique_ptr<Timers> timers_;
    std::size_t next_ = 0;
    bool closed_ = false;
};

Task<Result<Submitted>> FakeService::submit(OrderRequest request, SubmitOptions with) {
    const std::lock_guard lock(mutex_);
    requests.push_back(request);
    options.push_back(with);
    if (submit_error) co_return *submit_error;
    Submitted submitted;
    if (next_is_replay_of) {
        submitted.order = *std::exchange(next_is_replay_of, std::nullopt);
        submitted.replayed = true;
        co_return submitted;
    }
    if (const auto known = keys_.find({with.account, with.idempotency_key}); known != keys_.end()) {
        if (request_digest(known->second.first) != request_digest(request)) {
            co_return reject(Reason::idempotency_conflict, "the key belongs to another order");
        }
        submitted.order = known->second.second;
        submitted.replayed = true;
        co_return submitted;
    }
    submitted.order = place_locked(request, with.account);
    if (!with.idempotency_key.empty())
        keys_[{with.account, with.idempotency_key}] = {std::move(request), submitted.order};
    co_return submitted;
}

Task<Result<CancelAnswer>> FakeService::cancel(OrderId order, Viewer viewer) {
    const std::lock_guard lock(mutex_);
    const auto found = orders_.find(order);
    // Who names no account says itself what the answer is.
    const bool named = viewer.account() && !viewer.account()->empty();
    if (named && (found == orders_.end() || !viewer.sees(found->second.record.order.account)))
        co_return reject(Reason::not_found, "no order " + order.to_string());
    co_return cancel_answer;
}

Task<Result<std::optional<OrderRecord>>> FakeService::load(OrderId order, Viewer viewer) {
    const std::lock_guard lock(mutex_);
    if (read_error) co_return *read_error;
    std::optional<OrderRecord> record;
    const auto found = orders_.find(order);
    if (found != orders_.end() && viewer.sees(found->second.record.order.account))
        record = found->second.record;
    co_return record;
}

Task<Result<std::vector<OrderRecord>>> FakeService::list(OrderFilter filter) {
    const std::lock_guard lock(mutex_);
    std::vector<OrderRecord> records;
    for (auto found = orders_.rbegin(); found != orders_.rend() && records.size() < filter.limit; ++found) {
        if (!filter.viewer.sees(found->second.record.order.account)) continue;
        if (!filter.before || found->first < *filter.before) records.push_back(found->second.record);
    }
    filters.push_back(std::move(filter));
    co_return records;
}

Task<Result<std::vector<CommittedEvent>>> FakeService::events(OrderId order, std::uint32_t after,
                                                              std::size_t limit, Viewer viewer) {
    std::vector<CommittedEvent> found = events_after(order, after, limit);
    std::erase_if(found, [&](const CommittedEvent& event) { return !viewer.sees(event->account); });
    co_return found;
}

std::shared_ptr<EventStream> FakeService::follow(OrderId order, std::uint32_t after_seq, Executor reader) {
    return std::make_shared<Stream>(*this, order, after_seq, reader);
}

std::shared_ptr<EventStream> FakeService::follow_all(Executor reader, Viewer viewer) {
    return std::make_shared<EveryStream>(*this, reader, std::move(viewer));
}

Task<Result<QueueCounts>> FakeService::queue() {
    const std::lock_guard lock(mutex_);
    co_return counts;
}

Task<Result<RoutingDecision>> FakeService::quote(OrderRequest request) {
    const std::lock_guard lock(mutex_);
    quote_requests.push_back(std::move(request));
    co_return quote_answer;
}

OrderId FakeService::place_locked(OrderRequest request, std::string account) {
    Uuid::Bytes bytes{};
    bytes[6] = 0x70;
    bytes[8] = 0x80;
    bytes[14] = static_cast<std::uint8_t>((orders_.size() + 1) >> 8);
    bytes[15] = static_cast<std::uint8_t>(orders_.size() + 1);
    const OrderId id(bytes);
    Row& row = orders_[id];
    row.record.order.id = id;
    row.record.order.account = std::move(account);
    if (request.token_in.symbol.empty()) {
        request.token_in = *tokens_.find("SOL");
        request.token_out = *tokens_.find("USDC");
        request.amount = Amount(10'000'000'000);
    }
    row.record.order.request = std::move(request);
    happen_locked(row, OrderStatus::pending, NoData{}, EventKind::moved);
    return id;
}

void FakeService::happen_locked(Row& row, OrderStatus status, EventData data, EventKind kind) {
    OrderEvent event;
    event.order = row.record.order.id;
    event.account = row.record.order.account;
    event.seq = ++row.record.order.last_seq;
    event.status = row.record.order.status = status;
    event.kind = kind;
    event.data = std::move(data);
    row.events.push_back(std::make_shared<const OrderEvent>(std::move(event)));
    every_.push_back(row.events.back());
}

std::vector<CommittedEvent> FakeService::events_after(OrderId order, std::uint32_t after, std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::vector<CommittedEvent> events;
    const auto found = orders_.find(order);
    if (found == orders_.end()) return events;
    for (const CommittedEvent& event : found->second.events) {
        if (event->seq > after && events.size() < limit) events.push_back(event);
    }
    return events;
}

void FakeService::confirm(OrderId order) {
    ConfirmedData data;
    data.tx_hash = "5sig";
    data.venue = "meteora";
    data.amount_in = {Amount(10'000'000'000), 9};
    data.amount_out = {Amount(1'502'611'000), 6};
    happen(order, OrderStatus::confirmed, data);
}

}  // namespace libexec::test
