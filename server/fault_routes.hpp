#pragma once

#include "call.hpp"
#include "libexec/base/clock.hpp"
#include "libexec/embed/open.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec::server {

/// The faults of a simulated world: seen, set and cleared. Where nothing is simulated there are none to set.
class FaultRoutes {
public:
    FaultRoutes(Service& service, const Clock& clock, Log& log)
        : service_(service), clock_(clock), log_(log) {}

    Task<void> list(Call& call);
    Task<void> set(Call& call);
    Task<void> clear(Call& call);

private:
    /// The world's faults, or null with the refusal on its way.
    SimFaults* world(Call& call);
    /// Whether the target exists; when not, the refusal is on its way.
    bool is_known(Call& call, const SimFaults& faults);

    Service& service_;
    const Clock& clock_;
    Log& log_;
};

}  // namespace libexec::server
