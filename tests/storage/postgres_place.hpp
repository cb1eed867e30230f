#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "libexec/storage/postgres_store.hpp"
#include "libexec/telemetry/log.hpp"
#include "support/postgres_server.hpp"
#include "support/store_conformance.hpp"

namespace libexec::test {

/// A schema of its own in the shared server. Time is the test's: leases last an hour of it.
class PostgresPlace final : public StorePlace {
public:
    PostgresPlace() {
        static std::atomic<int> number = 0;
        config.url = PostgresServer::shared().url();
        config.schema = "place_" + std::to_string(++number);
        config.lease = std::chrono::hours(1);
        config.count_on_injected_clock = true;
    }
    static std::unique_ptr<StorePlace> make() { return std::make_unique<PostgresPlace>(); }

    std::unique_ptr<OrderStore> open(const Clock& clock, EventBus& bus) override {
        return open_postgres_store(config, clock, bus, *log);
    }

    PostgresStoreConfig config;
    std::unique_ptr<Log> log = make_silent_log();
};

}  // namespace libexec::test
