#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <memory>

#include "libexec/embed/open.hpp"

namespace libexec {

/// The events of one order as they happen, for a thread that may wait:
///
///     OrderEvents events(*service, order);
///     for (const CommittedEvent& event : events) { ... }
///     if (!events.ended()) ...  // why there are no more
///
/// History first, then live, without gap or repeat; a reader that falls behind is resumed from the store. For
/// one thread, which is not the engine's; the service outlives it. Not with `Parts::io`, which nobody would
/// run while this waits.
class OrderEvents {
public:
    /// Begins after event number `after`: 0 for all of them. Throws std::system_error when the process has no
    /// descriptor left.
    OrderEvents(Service& service, OrderId order, std::uint32_t after = 0);
    ~OrderEvents();
    OrderEvents(const OrderEvents&) = delete;
    OrderEvents& operator=(const OrderEvents&) = delete;

    /// Waits for the next event; null when there will be no more.
    CommittedEvent next();
    /// The number of the last event handed out: whoever comes back later begins after it.
    std::uint32_t last_seq() const { return last_seq_; }
    /// After the last event: whether it ended the order. Errors: in_flight before that, not_found, draining
    /// when the service was stopped, service_unavailable when history cannot be read.
    const Result<Done>& ended() const { return ended_; }

    /// One pass over what `next` gives.
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = CommittedEvent;
        using difference_type = std::ptrdiff_t;
        using pointer = const CommittedEvent*;
        using reference = const CommittedEvent&;

        /// Reads the first event.
        explicit Iterator(OrderEvents& events) : events_(&events), event_(events.next()) {}
        reference operator*() const { return event_; }
        Iterator& operator++() {
            event_ = events_->next();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const Iterator& at, std::default_sentinel_t) { return at.event_ == nullptr; }

    private:
        OrderEvents* events_;
        CommittedEvent event_;
    };
    /// Waits for the first event.
    Iterator begin() { return Iterator(*this); }
    /// When there will be no more events.
    std::default_sentinel_t end() const { return {}; }

private:
    void read();

    asio::io_context io_{1};
    Service& service_;
    const OrderId order_;
    std::shared_ptr<EventStream> stream_;
    std::deque<CommittedEvent> read_;
    std::uint32_t last_seq_;
    bool known_ = false;  ///< there is such an order
    bool over_ = false;
    Result<Done> ended_;
};

}  // namespace libexec
