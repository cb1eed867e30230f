#pragma once

#include <chrono>
#include <cstdint>

#include "libexec/base/random.hpp"

namespace libexec::simulation {

/// What one seed makes of the world. Rates in thousandths of the occasions; zero in many seeds, so that the
/// others show by themselves.
struct Plan {
    explicit Plan(std::uint64_t seed);

    // the nodes
    std::uint64_t nodes = 2;
    std::uint64_t orders = 4;
    std::uint64_t concurrency = 2;
    std::uint64_t queue_limit = 1'000;
    std::uint64_t attempts_max = 3;
    std::uint64_t backlog_max = 64;
    std::chrono::milliseconds order_deadline{30'000};
    std::chrono::milliseconds lease{4'000};
    std::chrono::milliseconds faults_end{35'000};
    std::uint64_t crash = 0;    ///< of a node, a second
    std::uint64_t pause = 0;    ///< of a node, a second
    std::uint64_t drain = 0;    ///< of a node, a second
    std::uint64_t skew_ms = 0;  ///< a node's clock is wrong by up to this

    // the store
    std::uint64_t refused = 0;         ///< a write is refused
    std::uint64_t answer_lost = 0;     ///< a write is done and its answer lost
    std::uint64_t write_lost = 0;      ///< a write is lost, and nobody can tell
    std::uint64_t write_late = 0;      ///< a write nobody can tell about is done much later
    std::uint64_t crash_at_write = 0;  ///< the node dies just before or after a write
    std::uint64_t stall = 0;           ///< a write takes long
    /// The store renews all that its node holds, and gives back what a claim took whose answer was lost; else
    /// it renews what it handed out, and may take its own jobs again when they have lapsed.
    bool gives_back = false;
    std::uint64_t outage = 0;     ///< of the database, for seconds, a second
    std::uint64_t wake_lost = 0;  ///< a wake-up for another node's streams is lost

    // the network and the chain
    std::uint64_t send_lost = 0;
    std::uint64_t send_late = 0;
    std::uint64_t send_twice = 0;
    std::uint64_t reply_lost = 0;
    std::uint64_t lands_with_error = 0;
    std::uint64_t fork = 0;         ///< a landed transaction is undone below finality
    bool confirmed_counts = false;  ///< a success is announced below finality; only without forks
    std::uint64_t lag = 0;          ///< a node's answer is from long ago
    bool liar = false;              ///< one node says its slot for its height
    bool forgetful = false;         ///< one node knows no transaction
    std::uint64_t silent = 0;       ///< so many nodes answer nothing for long stretches
    bool finalized_only = false;    ///< the nodes' statuses speak of finalized slots

    // the clients
    std::uint64_t answer_to_client_lost = 0;
    std::uint64_t quote_failure_ppm = 50'000;
};

}  // namespace libexec::simulation
