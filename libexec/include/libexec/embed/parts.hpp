#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/base/timers.hpp"
#include "libexec/chain/chain.hpp"
#include "libexec/embed/config.hpp"
#include "libexec/engine/event_bus.hpp"
#include "libexec/engine/order_store.hpp"
#include "libexec/telemetry/log.hpp"
#include "libexec/venues/venue.hpp"

namespace libexec {

/// What a part that a program brings along finds in the engine it becomes part of. All of it outlives the
/// part.
struct Surroundings {
    asio::io_context& io;  ///< the engine's own; a chain or a venue is used from its thread alone
    const Clock& clock;
    Timers& timers;
    EventBus& bus;  ///< a store publishes here after each commit
    Log& log;
};

/// What a program puts in place of what the engine brings along. Whatever is null or empty is built in.
/// Pointers are borrowed: what they point to outlives the service. Everything else the service takes over.
struct Parts {
    Log* log = nullptr;            ///< null: silent
    const Clock* clock = nullptr;  ///< null: the machine's

    /// Null: the engine runs an io_context of its own on a thread of its own. Otherwise the program runs this
    /// one, on one thread at a time, and the engine starts no thread; only the SQLite store still has its
    /// own. `stop` runs it on the calling thread until the orders in flight are safe, and leaves it stopped;
    /// nobody runs it then or later, for what was cut short still lies in it until it is destroyed.
    asio::io_context* io = nullptr;
    /// The only way the engine waits; they belong to `io`, which is then given too. Null: real time.
    Timers* timers = nullptr;

    std::vector<std::unique_ptr<Venue>> venues;  ///< asked beside the built-in ones
    bool simulated_venues = true;                ///< false: only those in `venues`

    /// Empty: what `Config::database_url` names. May throw std::exception, as `open` does.
    std::function<std::unique_ptr<OrderStore>(Surroundings)> store;
    /// Empty: the simulated chain. May throw std::exception, as `open` does.
    std::function<std::unique_ptr<Chain>(Surroundings)> chain;
    std::unique_ptr<Signer> signer;  ///< null: signs for the simulated chain, and for no other
};

/// The order store that `config.database_url` names. Throws std::runtime_error as `open` does.
std::unique_ptr<OrderStore> open_store(const Config& config, const Surroundings& around);

}  // namespace libexec
