#include "worker.hpp"

#include <algorithm>
#include <array>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <cstdio>
#include <exception>
#include <utility>

#include "http_connection.hpp"

namespace libexec {

namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;

/// Short enough for the shortest deadline to be met within a twentieth of it.
std::chrono::milliseconds tick_for(const HttpServerConfig& config) {
    const auto shortest =
        std::min({config.request_deadline, config.idle_timeout, config.write_stall, config.ping_interval,
                  config.pong_timeout, config.close_timeout, config.handshake_deadline});
    return std::clamp(shortest / 20, std::chrono::milliseconds(5), std::chrono::milliseconds(500));
}

/// IMF-fixdate (RFC 9110 section 5.6.7). Not strftime: its names of days and months follow the locale.
std::string make_date_line(Time now) {
    static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(now - day));
    const std::chrono::weekday weekday(day);
    std::array<char, 64> text;
    const int size = std::snprintf(
        text.data(), text.size(), "Date: %s, %02u %s %04d %02d:%02d:%02d GMT\r\n", days[weekday.c_encoding()],
        static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
        static_cast<int>(date.year()), static_cast<int>(time.hours().count()),
        static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
    return std::string(text.data(), static_cast<std::size_t>(size));
}

}  // namespace

Worker::Worker(ServerShared& shared_state)
    : shared(shared_state), buffer_(buffer_bytes), tick_length_(tick_for(shared_state.config)) {}

// The writers hold sockets, which have to go before the io_context.
Worker::~Worker() { dirty_.clear(); }

void Worker::run() {
    asio::co_spawn(io_, tick_for_ever(*this), asio::detached);
    for (;;) {
        try {
            io_.run();
            return;
        } catch (const std::exception& error) {
            // Work posted here by others: the connections catch their own.
            shared.log.error("net.thread", "posted work threw on a network thread",
                             {{"error", error.what()}});
        }
    }
}

Task<void> Worker::tick_for_ever(Worker& worker) {
    SteadyTimer timer(worker.io_.get_executor());
    for (;;) {
        timer.expires_after(worker.tick_length_);
        co_await timer.async_wait(use_task);
        worker.tick();
    }
}

void Worker::tick() {
    ++now_;
    for (HttpConnection* connection : connections_) connection->on_tick(now_);
}

Tick Worker::due_in(std::chrono::milliseconds delay) const {
    // The current tick has partly passed already, hence one more.
    return now_ + static_cast<Tick>((delay + tick_length_ - std::chrono::milliseconds(1)) / tick_length_) + 1;
}

std::string_view Worker::date_line() {
    if (now_ >= date_due_) {
        date_line_ = make_date_line(shared.clock.now());
        date_due_ = now_ + 1;
    }
    return date_line_;
}

std::span<char> Worker::gathering_room() {
    if (gathering_room_.empty()) gathering_room_.resize(tls_record_bytes);
    return gathering_room_;
}

void Worker::add(HttpConnection& connection) {
    connection.set_slot(connections_.size());
    connections_.push_back(&connection);
    if (stopping_) connection.stop(stop_reason_);
}

void Worker::remove(HttpConnection& connection) {
    const std::size_t slot = connection.slot();
    connections_[slot] = connections_.back();
    connections_[slot]->set_slot(slot);
    connections_.pop_back();
}

void Worker::stop(std::string reason) {
    stopping_ = true;
    stop_reason_ = std::move(reason);
    for (HttpConnection* connection : connections_) connection->stop(stop_reason_);
}

void Worker::abort() {
    for (HttpConnection* connection : connections_) connection->abort();
}

void Worker::flush_later(std::shared_ptr<Flushable> writer) {
    dirty_.push_back(std::move(writer));
    if (dirty_.size() == 1) asio::post(io_, [this] { flush_dirty(); });
}

void Worker::flush_dirty() {
    const auto writers = std::exchange(dirty_, {});
    for (const auto& writer : writers) writer->flush();
}

}  // namespace libexec
