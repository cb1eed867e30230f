#include "wake_link.hpp"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "libexec/base/failpoint.hpp"

namespace libexec {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto tell_interval = 20ms;
constexpr auto reconnect_pause = 500ms;
constexpr std::size_t hints_most = 100'000;     ///< beyond, others learn by looking
constexpr std::size_t published_most = 50'000;  ///< remembered, and as many from before
constexpr std::size_t page = 1'000;

}  // namespace

/// The connection, whose statements are two.
class WakeLink::Listener {
public:
    explicit Listener(const PgPlace& place)
        : channel_(place.schema + "_events"), connection_(PQconnectdb(place.conninfo.c_str()), PQfinish) {
        if (PQstatus(connection_.get()) != CONNECTION_OK) throw std::runtime_error(trouble());
        run("listen " + channel_);
    }

    int socket() const { return PQsocket(connection_.get()); }

    void notify(const std::vector<std::string>& payloads) {
        for (const std::string& payload : payloads) {
            const std::array<const char*, 2> values{channel_.c_str(), payload.c_str()};
            check(PQexecParams(connection_.get(), "select pg_notify($1, $2)", 2, nullptr, values.data(),
                               nullptr, nullptr, 0));
        }
    }

    /// The payload of the next notification that has arrived.
    std::optional<std::string> next() {
        if (PQconsumeInput(connection_.get()) == 0) throw std::runtime_error(trouble());
        const std::unique_ptr<PGnotify, decltype(&PQfreemem)> heard(PQnotifies(connection_.get()), PQfreemem);
        if (!heard) return std::nullopt;
        return std::string(heard->extra);
    }

private:
    std::string trouble() const {
        const std::string text = PQerrorMessage(connection_.get());
        return text.substr(0, text.find('\n'));
    }
    void run(const std::string& sql) { check(PQexec(connection_.get(), sql.c_str())); }
    void check(PGresult* given) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(given, PQclear);
        const ExecStatusType status = PQresultStatus(result.get());
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) throw std::runtime_error(trouble());
    }

    const std::string channel_;
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

WakeLink::WakeLink(Plan plan, EventBus& bus, Log& log)
    : plan_(std::move(plan)), bus_(bus), log_(log), bell_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (bell_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    std::unique_ptr<Listener> listener;
    try {
        listener = std::make_unique<Listener>(plan_.place);
    } catch (...) {
        close(bell_);
        throw;
    }
    thread_ = std::thread([this, first = std::move(listener)]() mutable { run(std::move(first)); });
}

WakeLink::~WakeLink() {
    stopping_ = true;
    eventfd_write(bell_, 1);
    thread_.join();
    close(bell_);
}

void WakeLink::tell(const std::vector<CommittedEvent>& events) {
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = hints_.empty();
        for (const CommittedEvent& event : events) {
            if (hints_.size() < hints_most) hints_.emplace(event->order, event->seq);
        }
    }
    if (first) eventfd_write(bell_, 1);
}

void WakeLink::run(std::unique_ptr<Listener> listener) {
    bool complained = false;
    while (!stopping_) {
        try {
            if (!listener) {
                listener = std::make_unique<Listener>(plan_.place);
                log_.info("wake.recovered", "other nodes can be heard again");
                complained = false;
                bus_.missed_some();  // what was told meanwhile has passed unheard
            }
            serve(*listener);
        } catch (...) {
            listener.reset();
            if (!complained)
                log_.warn("wake.lost", "other nodes cannot be heard", {{"why", current_trouble().what}});
            complained = true;
            tables_.reset();
        }
        if (!stopping_) wait(-1, reconnect_pause);
    }
}

void WakeLink::serve(Listener& listener) {
    while (!stopping_) {
        wait(listener.socket(), until_next());
        for (std::optional<std::string> text = listener.next(); text; text = listener.next()) hear(*text);
        const Moment now = steady_clock::now();
        if (now >= hints_due_) {
            const std::vector<std::string> payloads = take_hints();
            if (!payloads.empty()) {
                listener.notify(payloads);
                LIBEXEC_FAILPOINT("hint-told");
                hints_due_ = steady_clock::now() + tell_interval;
            }
        }
        if (now >= poll_due_) {
            look_at_followed();
            poll_due_ = steady_clock::now() + plan_.poll;
        }
    }
}

std::chrono::milliseconds WakeLink::until_next() {
    Moment next = poll_due_;
    {
        const std::lock_guard lock(mutex_);
        if (!hints_.empty()) next = std::min(next, hints_due_);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - steady_clock::now());
    return std::max(left, 0ms);
}

/// Until there is something to hear or to tell, or the time is over.
void WakeLink::wait(int socket, std::chrono::milliseconds most) {
    std::array<pollfd, 2> waiting{};
    waiting[0] = pollfd{bell_, POLLIN, 0};
    waiting[1] = pollfd{socket, POLLIN, 0};  // a negative one is passed over
    poll(waiting.data(), waiting.size(), static_cast<int>(most.count()));
    eventfd_t rings = 0;
    eventfd_read(bell_, &rings);
}

std::vector<std::string> WakeLink::take_hints() {
    std::map<OrderId, std::uint32_t> hints;
    {
        const std::lock_guard lock(mutex_);
        hints.swap(hints_);
    }
    std::vector<std::string> payloads;
    WakePayload payload;
    payload.node = plan_.node;
    for (const auto& [order, first] : hints) {
        payload.items.push_back({order, first});
        if (payload.items.size() < WakePayload::items_most) continue;
        payloads.push_back(payload.text());
        payload.items.clear();
    }
    if (!payload.items.empty()) payloads.push_back(payload.text());
    return payloads;
}

void WakeLink::hear(const std::string& text) {
    const std::optional<WakePayload> payload = WakePayload::parse(text);
    if (!payload) {
        log_.warn("wake.unreadable", "a notification that no node of ours sends was passed over");
        return;
    }
    if (payload->node == plan_.node) return;
    for (const WakePayload::Item& item : payload->items) {
        if (bus_.watched(item.order)) read_foreign(item);
    }
}

void WakeLink::read_foreign(const WakePayload::Item& item) {
    std::uint32_t last = std::max(item.first - 1, published(item.order));
    for (;;) {
        const std::vector<CommittedEvent> events = tables().events_after(item.order, last, page, Viewer());
        if (events.empty()) break;
        LIBEXEC_FAILPOINT("foreign-event-read");
        bus_.publish(events);
        last = events.back()->seq;
        if (events.size() < page) break;
    }
    if (published_.size() >= published_most) {
        published_before_ = std::move(published_);
        published_.clear();
    }
    published_[item.order] = last;
}

std::uint32_t WakeLink::published(const OrderId& order) const {
    for (const auto* orders : {&published_, &published_before_}) {
        const auto found = orders->find(order);
        if (found != orders->end()) return found->second;
    }
    return 0;
}

/// For events that nobody told of: the connection was away, a node died between its commit and its telling,
/// or a commit's answer was lost here.
void WakeLink::look_at_followed() {
    const std::vector<WatchedOrder> followed = bus_.watched_orders();
    if (followed.empty()) return;
    std::vector<OrderId> ids;
    for (const WatchedOrder& order : followed) ids.push_back(order.order);
    const std::map<OrderId, std::uint32_t> stored = tables().last_seqs(ids);
    for (const WatchedOrder& order : followed) {
        const auto found = stored.find(order.order);
        if (found != stored.end() && found->second > order.seen) bus_.catch_up(order.order);
    }
}

PgReadTables& WakeLink::tables() {
    if (!tables_) tables_ = std::make_unique<PgReadTables>(plan_.place, PgReadTables::Asker{});
    return *tables_;
}

}  // namespace libexec
