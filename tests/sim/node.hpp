#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "libexec/bus/local_bus.hpp"
#include "libexec/engine/engine.hpp"
#include "sim/judge.hpp"
#include "sim/node_store.hpp"

namespace libexec::simulation {

/// What the nodes share.
struct Shared {
    World& world;
    Database& database;
    JudgeChain& chain;
    Judge& judge;
    Metrics& metrics;
    std::uint64_t seed;
    std::uint64_t starts = 0;
    std::function<void(std::uint64_t node)> committed = [](std::uint64_t) {};
};

/// One node: a real engine with its router, bus and venues, that dies and starts again.
class Node {
public:
    Node(Shared& shared, std::uint64_t number);
    ~Node();

    void start();
    /// kill -9: memory is gone, whatever was on its way may still arrive. Starts again after a while.
    void crash();
    /// There may be something in the database that others wrote.
    void wake();

    bool alive() const;
    const std::shared_ptr<Host>& host() const;
    Engine& engine();
    EventBus& bus();
    std::uint64_t cancels = 0;  ///< under way here: each may fly one order more

private:
    struct Running;
    void stop();
    void tick();
    void beat();
    void poll();
    void drain();

    Shared& shared_;
    const std::uint64_t number_;
    std::unique_ptr<Running> running_;
};

}  // namespace libexec::simulation
