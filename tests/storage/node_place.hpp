#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "storage/postgres_place.hpp"
#include "support/store_conformance_world.hpp"

namespace libexec::test {

/// One of several nodes on one schema, whose leases count on the server's clock.
class NodePlace final : public StorePlace {
public:
    NodePlace(const std::string& schema, std::chrono::milliseconds lease) {
        place.config.schema = schema;
        place.config.count_on_injected_clock = false;
        place.config.lease = lease;
        place.config.probe_interval = std::chrono::milliseconds(50);
        place.config.stall = std::chrono::milliseconds(500);
    }
    std::unique_ptr<OrderStore> open(const Clock& clock, EventBus& bus) override {
        return place.open(clock, bus);
    }
    PostgresPlace place;
};

/// A schema nobody has used.
inline std::string new_schema() {
    static std::atomic<int> number = 0;
    return "nodes_" + std::to_string(++number);
}

inline std::unique_ptr<StorePlace> node_on(const std::string& schema,
                                           std::chrono::milliseconds lease = std::chrono::hours(1)) {
    return std::make_unique<NodePlace>(schema, lease);
}

/// Looks again until it holds, for ten seconds.
template <class Condition>
bool soon(Condition holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < end) {
        if (holds()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return holds();
}

}  // namespace libexec::test
