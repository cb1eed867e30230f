#include "libexec/embed/order_events.hpp"

#include <asio/co_spawn.hpp>

#include "libexec/embed/wait.hpp"

namespace libexec {

Rejection rejected_by(std::exception_ptr thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
        return reject(Reason::internal, error.what());
    } catch (...) {
        return reject(Reason::internal, "an exception that does not say what it is");
    }
}

OrderEvents::OrderEvents(Service& service, OrderId order, std::uint32_t after)
    : service_(service),
      order_(order),
      stream_(service.follow(order, after, io_.get_executor())),
      last_seq_(after),
      ended_(reject(Reason::in_flight, "the order's last event was not read yet")) {}

OrderEvents::~OrderEvents() = default;

CommittedEvent OrderEvents::next() {
    while (read_.empty() && !over_) read();
    if (read_.empty()) return nullptr;
    CommittedEvent event = std::move(read_.front());
    read_.pop_front();
    last_seq_ = event->seq;
    return event;
}

void OrderEvents::read() {
    if (!known_) {
        const Result<std::optional<OrderRecord>> record = wait(service_.load(order_));
        known_ = record && record.value();
        if (!known_) {
            over_ = true;
            ended_ = record ? reject(Reason::not_found, "no order " + order_.to_string()) : record.error();
            return;
        }
    }
    Result<EventBatch> answer;
    asio::co_spawn(io_, stream_->next(), [&answer](std::exception_ptr thrown, Result<EventBatch> batch) {
        answer = thrown ? Result<EventBatch>(rejected_by(thrown)) : std::move(batch);
    });
    // To the end, not to the answer: whoever woke this thread up is done with the io_context then.
    io_.restart();
    io_.run();
    over_ = true;
    if (!answer) {
        ended_ = answer.error();
        return;
    }
    EventBatch batch = std::move(answer).value();
    read_.insert(read_.end(), batch.events.begin(), batch.events.end());
    switch (batch.end) {
        case EventBatch::End::none:
            over_ = false;
            break;
        case EventBatch::End::finished:
            ended_ = Done{};
            break;
        case EventBatch::End::lagged:
            over_ = false;
            stream_ = service_.follow(order_, batch.last_seq, io_.get_executor());
            break;
        case EventBatch::End::closed:
            ended_ = reject(Reason::draining,
                            "the service was stopped before the order ended; it goes on when "
                            "its store is opened again");
            break;
    }
}

}  // namespace libexec
