#include "libexec/storage/postgres_store.hpp"

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "../stored_orders.hpp"
#include "backend.hpp"
#include "libexec/base/random.hpp"
#include "limit_link.hpp"
#include "read_tables.hpp"
#include "wake_link.hpp"

namespace libexec {
namespace {

using namespace std::chrono_literals;

constexpr auto watch_interval = 250ms;
constexpr std::size_t name_most = 60;  // a node's travels in hints, whose length is bounded

void check(const PostgresStoreConfig& config) {
    const auto made_of = [](const std::string& text, const std::string& letters) {
        return !text.empty() && text.size() <= name_most &&
               text.find_first_not_of(letters) == std::string::npos;
    };
    const std::string low = "abcdefghijklmnopqrstuvwxyz_";
    const std::string digits = "0123456789";
    if (!made_of(config.schema, low + digits) || digits.find(config.schema.front()) != std::string::npos) {
        throw std::runtime_error("the schema '" + config.schema +
                                 "' needs another name: a-z, 0-9 and _, not a digit first, at most 60");
    }
    if (!made_of(config.node, low + digits + "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-")) {
        throw std::runtime_error("the node name '" + config.node +
                                 "' needs another form: 1 to 60 letters, digits and .-_");
    }
    check_limits(config);
    if (config.lease < 300ms) throw std::runtime_error("a lease needs at least 300 ms to be renewed in time");
}

/// A node that starts again is another one to the database: what it held before must run out first.
std::string mark_of_this_start() {
    constexpr std::string_view digits = "0123456789abcdef";
    std::uint64_t entropy = system_entropy();
    std::string mark;
    for (int i = 0; i < 8; ++i, entropy >>= 4U) mark += digits[entropy & 0xfU];
    return mark;
}

PgBackend::Identity identity_of(const PostgresStoreConfig& config) {
    PgBackend::Identity identity;
    identity.place.schema = config.schema;
    identity.place.conninfo = pg_conninfo(config.url, "libexec " + config.node);
    identity.who.name = config.node;
    identity.who.id = config.node + "-" + mark_of_this_start();
    identity.who.lease = config.lease;
    identity.count_on_injected_clock = config.count_on_injected_clock;
    return identity;
}

PgReadTables::Asker asker_of(const PgBackend::Identity& identity) {
    PgReadTables::Asker asker;
    asker.node = identity.who.id;
    asker.lease = identity.who.lease;
    asker.count_on_injected_clock = identity.count_on_injected_clock;
    return asker;
}

/// The writer tells the bus first, then the other nodes.
class PostgresStore final : public StoredOrders {
public:
    PostgresStore(const PostgresStoreConfig& config, const PgBackend::Identity& identity, const Clock& clock,
                  EventBus& bus, Log& log)
        : PostgresStore(config, identity, clock, bus, log, std::make_shared<Teller>(bus)) {}
    ~PostgresStore() override {
        {
            const std::lock_guard lock(mutex_);
            closing_ = true;
        }
        closed_.notify_one();
        watch_.join();
        teller_->link(nullptr);
    }

    SharedLimits* shared_limits() override { return &limits_; }

private:
    /// Where the events of a commit go. The writer starts before there is a link and ends after it.
    class Teller {
    public:
        explicit Teller(EventBus& bus) : bus_(bus) {}
        void tell(const std::vector<CommittedEvent>& events) {
            bus_.publish(events);
            const std::lock_guard lock(mutex_);
            if (link_ != nullptr) link_->tell(events);
        }
        void link(WakeLink* link) {
            const std::lock_guard lock(mutex_);
            link_ = link;
        }

    private:
        EventBus& bus_;
        std::mutex mutex_;
        WakeLink* link_ = nullptr;
    };

    PostgresStore(const PostgresStoreConfig& config, const PgBackend::Identity& identity, const Clock& clock,
                  EventBus& bus, Log& log, std::shared_ptr<Teller> teller)
        : StoredOrders(
              config, std::make_unique<PgBackend>(identity, clock, log),
              [place = identity.place, asker = asker_of(identity)] {
                  return std::make_unique<PgReadTables>(place, asker);
              },
              [teller](const std::vector<CommittedEvent>& events) { teller->tell(events); }, clock, log),
          teller_(std::move(teller)),
          limits_(identity.place, identity.who, log),
          link_(plan_of(identity), bus, log) {
        teller_->link(&link_);
        watch_ = std::thread([this] { watch(); });
    }

    WakeLink::Plan plan_of(const PgBackend::Identity& identity) {
        WakeLink::Plan plan;
        plan.place = identity.place;
        plan.node = identity.who.id;
        return plan;
    }

    /// A thread that asks the server nothing sees to those whom a hanging server keeps waiting.
    void watch() {
        std::unique_lock lock(mutex_);
        while (!closed_.wait_for(lock, watch_interval, [this] { return closing_; })) {
            writer().refuse_stalled();
            limits_.refuse_stalled();
        }
    }

    const std::shared_ptr<Teller> teller_;
    PgLimitLink limits_;
    WakeLink link_;
    std::mutex mutex_;
    std::condition_variable closed_;
    bool closing_ = false;
    std::thread watch_;
};

}  // namespace

std::unique_ptr<OrderStore> open_postgres_store(PostgresStoreConfig config, const Clock& clock, EventBus& bus,
                                                Log& log) {
    check(config);
    try {
        return std::make_unique<PostgresStore>(config, identity_of(config), clock, bus, log);
    } catch (const soci::soci_error&) {
        throw std::runtime_error("cannot open the database: " + current_trouble().what);
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(std::string("cannot open the database: ") + error.what());
    }
}

std::string postgres_trouble(const std::string& url) {
    try {
        PgPlace place;
        place.conninfo = pg_conninfo(url, "libexec");
        place.schema = PostgresStoreConfig().schema;
        PgConnection connection(place);
        check_durability(connection.session);
    } catch (...) {
        return current_trouble().what;
    }
    return "";
}

}  // namespace libexec
