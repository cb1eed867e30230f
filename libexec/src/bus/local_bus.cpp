#include "libexec/bus/local_bus.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <unordered_map>

#include "libexec/base/failpoint.hpp"
#include "subscriber.hpp"

namespace libexec {
namespace {

constexpr std::size_t history_page = 256;

}  // namespace

struct LocalBus::Hub {
    explicit Hub(LocalBusConfig config_given) : config(config_given) {}

    void forget(OrderId order, const Subscriber* gone) {
        const std::lock_guard lock(mutex);
        const auto found = by_order.find(order);
        if (found == by_order.end()) return;
        std::erase_if(found->second.subscribers, [gone](const auto& other) { return other.get() == gone; });
        if (found->second.subscribers.empty()) by_order.erase(found);
    }

    /// The history of an order was read up to here.
    void saw(const OrderId& order, std::uint32_t seq) {
        const std::lock_guard lock(mutex);
        const auto found = by_order.find(order);
        if (found != by_order.end()) found->second.seen = std::max(found->second.seen, seq);
    }

    void forget_feed(const Subscriber* gone) {
        const std::lock_guard lock(mutex);
        std::erase_if(feed, [gone](const Watcher& other) { return other.subscriber.get() == gone; });
    }

    const LocalBusConfig config;
    std::atomic<OrderStore*> store{nullptr};
    std::mutex mutex;
    struct Followed {
        std::vector<std::shared_ptr<Subscriber>> subscribers;
        std::uint32_t seen = 0;
    };
    std::unordered_map<OrderId, Followed> by_order;
    struct Watcher {
        std::shared_ptr<Subscriber> subscriber;
        Viewer viewer;
    };
    std::vector<Watcher> feed;
    bool closed = false;

    class OrderStream;
    class FeedStream;
};

/// One order's events: the subscriber is registered before history is read, so whatever history misses has
/// arrived in the mailbox; what stands in both is dropped by its number.
class LocalBus::Hub::OrderStream final : public EventStream {
public:
    OrderStream(std::shared_ptr<Hub> hub, OrderId order, std::uint32_t after_seq,
                std::shared_ptr<Subscriber> subscriber)
        : hub_(std::move(hub)), order_(order), last_seq_(after_seq), subscriber_(std::move(subscriber)) {}
    ~OrderStream() override { hub_->forget(order_, subscriber_.get()); }

    Task<Result<EventBatch>> next() override {
        EventBatch batch;
        while (batch.events.empty() && batch.end == EventBatch::End::none) {
            if (!caught_up_) {
                Result<Done> read = co_await read_history(batch);
                if (!read) co_return read.error();
                continue;
            }
            Subscriber::Taken taken = co_await subscriber_->take();
            for (CommittedEvent& event : taken.batch.events) admit(std::move(event), batch);
            if (batch.end != EventBatch::End::none) break;
            if (taken.nudged && taken.batch.end == EventBatch::End::none) caught_up_ = false;
            if (caught_up_) batch.end = taken.batch.end;
        }
        batch.last_seq = last_seq_;
        co_return batch;
    }

    void close() override { subscriber_->close(); }

private:
    Task<Result<Done>> read_history(EventBatch& batch) {
        OrderStore* const store = hub_->store;
        Result<std::vector<CommittedEvent>> page =
            co_await store->events_after(order_, last_seq_, history_page);
        if (!page) co_return page.error();
        for (const CommittedEvent& event : page.value()) admit(event, batch);
        hub_->saw(order_, last_seq_);
        if (page.value().size() == history_page) co_return Done{};
        caught_up_ = true;
        if (batch.events.empty() && !ended_known_) {
            // Nothing new: perhaps because the reader has had the last event already.
            Result<std::optional<OrderRecord>> record = co_await store->load(order_);
            if (!record) co_return record.error();
            const bool over = record.value() && is_terminal(record.value()->order.status);
            if (over && record.value()->order.last_seq <= last_seq_) batch.end = EventBatch::End::finished;
        }
        ended_known_ = true;
        co_return Done{};
    }

    void admit(CommittedEvent event, EventBatch& batch) {
        if (!caught_up_ && event->seq > last_seq_ + 1) return;  // history will bring it in order
        if (event->seq <= last_seq_ || batch.end != EventBatch::End::none) return;
        if (event->seq > last_seq_ + 1) {
            caught_up_ = false;  // a publish was missed: fill the hole from the store
            return;
        }
        last_seq_ = event->seq;
        if (event->ends_order()) batch.end = EventBatch::End::finished;
        batch.events.push_back(std::move(event));
    }

    std::shared_ptr<Hub> hub_;
    OrderId order_;
    std::uint32_t last_seq_;
    std::shared_ptr<Subscriber> subscriber_;
    bool caught_up_ = false;
    bool ended_known_ = false;
};

class LocalBus::Hub::FeedStream final : public EventStream {
public:
    FeedStream(std::shared_ptr<Hub> hub, std::shared_ptr<Subscriber> subscriber)
        : hub_(std::move(hub)), subscriber_(std::move(subscriber)) {}
    ~FeedStream() override { hub_->forget_feed(subscriber_.get()); }

    Task<Result<EventBatch>> next() override {
        Subscriber::Taken taken = co_await subscriber_->take();
        co_return std::move(taken.batch);
    }

    void close() override { subscriber_->close(); }

private:
    std::shared_ptr<Hub> hub_;
    std::shared_ptr<Subscriber> subscriber_;
};

LocalBus::LocalBus(LocalBusConfig config) : hub_(std::make_shared<Hub>(config)) {}

LocalBus::~LocalBus() { close(); }

void LocalBus::read_history_from(OrderStore& store) { hub_->store = &store; }

void LocalBus::publish(const std::vector<CommittedEvent>& events) {
    const std::lock_guard lock(hub_->mutex);
    if (hub_->by_order.empty() && hub_->feed.empty()) return;
    for (const CommittedEvent& event : events) {
        const auto found = hub_->by_order.find(event->order);
        if (found != hub_->by_order.end()) {
            found->second.seen = std::max(found->second.seen, event->seq);
            for (const auto& subscriber : found->second.subscribers) subscriber->deliver(event);
            LIBEXEC_FAILPOINT("event-delivered");
        }
        for (const auto& [subscriber, viewer] : hub_->feed) {
            // Not later: what others do must not fill this one's backlog.
            if (viewer.sees(event->account)) subscriber->deliver(event);
        }
    }
}

std::shared_ptr<EventStream> LocalBus::follow(OrderId order, std::uint32_t after_seq, Executor reader) {
    auto subscriber = std::make_shared<Subscriber>(reader, hub_->config.backlog_max);
    {
        const std::lock_guard lock(hub_->mutex);
        if (hub_->closed) {
            subscriber->close();
        } else {
            hub_->by_order[order].subscribers.push_back(subscriber);
        }
    }
    return std::make_shared<Hub::OrderStream>(hub_, order, after_seq, std::move(subscriber));
}

std::shared_ptr<EventStream> LocalBus::follow_all(Executor reader, Viewer viewer) {
    auto subscriber = std::make_shared<Subscriber>(reader, hub_->config.backlog_max);
    {
        const std::lock_guard lock(hub_->mutex);
        if (hub_->closed) {
            subscriber->close();
        } else {
            hub_->feed.push_back({subscriber, std::move(viewer)});
        }
    }
    return std::make_shared<Hub::FeedStream>(hub_, std::move(subscriber));
}

void LocalBus::close() {
    const std::lock_guard lock(hub_->mutex);
    hub_->closed = true;
    for (const auto& [order, followed] : hub_->by_order) {
        for (const auto& subscriber : followed.subscribers) subscriber->close();
    }
    for (const auto& [subscriber, viewer] : hub_->feed) subscriber->close();
}

bool LocalBus::watched(const OrderId& order) const {
    const std::lock_guard lock(hub_->mutex);
    return !hub_->feed.empty() || hub_->by_order.contains(order);
}

std::vector<WatchedOrder> LocalBus::watched_orders() const {
    std::vector<WatchedOrder> watched;
    const std::lock_guard lock(hub_->mutex);
    for (const auto& [order, followed] : hub_->by_order) {
        WatchedOrder& one = watched.emplace_back();
        one.order = order;
        one.seen = followed.seen;
    }
    return watched;
}

void LocalBus::catch_up(const OrderId& order) {
    const std::lock_guard lock(hub_->mutex);
    const auto found = hub_->by_order.find(order);
    if (found == hub_->by_order.end()) return;
    for (const auto& subscriber : found->second.subscribers) subscriber->nudge();
}

void LocalBus::missed_some() {
    const std::lock_guard lock(hub_->mutex);
    for (const auto& [subscriber, viewer] : hub_->feed) subscriber->lag();
}

}  // namespace libexec
