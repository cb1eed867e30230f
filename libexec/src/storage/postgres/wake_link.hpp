#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "connection.hpp"
#include "libexec/engine/event_bus.hpp"
#include "libexec/telemetry/log.hpp"
#include "read_tables.hpp"
#include "wake_payload.hpp"

namespace libexec {

/// How the nodes on one database hear of each other's events: one thread and one connection that tells others
/// (NOTIFY, in transactions of its own, at most every 20 ms) and listens to them. The tables are the truth:
/// what is heard is read there and published here; followed orders are looked up now and then, whether
/// anybody told or not.
class WakeLink {
public:
    struct Plan {
        PgPlace place;
        std::string node;                     ///< of this start: its own hints are passed over
        std::chrono::milliseconds poll{250};  ///< of followed orders
    };

    /// Listens when it returns: nothing that is told from then on is missed, unless the connection is lost.
    /// Throws std::runtime_error when it cannot connect. The bus outlives the link.
    WakeLink(Plan plan, EventBus& bus, Log& log);
    ~WakeLink();
    WakeLink(const WakeLink&) = delete;
    WakeLink& operator=(const WakeLink&) = delete;

    /// These are durable and were published here. From the writer's thread.
    void tell(const std::vector<CommittedEvent>& events);

private:
    using Moment = std::chrono::steady_clock::time_point;
    class Listener;

    void run(std::unique_ptr<Listener> listener);
    void serve(Listener& listener);
    std::chrono::milliseconds until_next();
    std::vector<std::string> take_hints();
    void hear(const std::string& text);
    void read_foreign(const WakePayload::Item& item);
    std::uint32_t published(const OrderId& order) const;
    void look_at_followed();
    void wait(int socket, std::chrono::milliseconds most);
    PgReadTables& tables();

    const Plan plan_;
    EventBus& bus_;
    Log& log_;
    int bell_ = -1;  ///< rung when there is something to tell, and to stop

    std::mutex mutex_;
    std::map<OrderId, std::uint32_t> hints_;  ///< orders with events nobody else was told of yet
    std::atomic<bool> stopping_{false};

    // The thread's own.
    std::unique_ptr<PgReadTables> tables_;
    /// Orders of other nodes that somebody here watches: how far they were published here. The older half is
    /// forgotten when the newer one is full.
    std::unordered_map<OrderId, std::uint32_t> published_;
    std::unordered_map<OrderId, std::uint32_t> published_before_;
    Moment hints_due_{};
    Moment poll_due_{};
    std::thread thread_;
};

}  // namespace libexec
