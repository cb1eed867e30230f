#pragma once

#include <cstdint>

#include "call.hpp"
#include "libexec/access/gate.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec::server {

/// What a caller must have for a route.
enum class Need : std::uint8_t {
    admin,    ///< a key with that scope; the first, so that who says nothing gets the strictest
    trade,    ///< the same
    read,     ///< the same
    any_key,  ///< a key, whatever it may do
    nothing,
};

/// Asks whoever comes for a key, when the server has keys at all.
class AccessGuard {
public:
    /// Null: nobody is asked. The gate outlives it.
    AccessGuard(Gate* gate, Log& log) : gate_(gate), log_(log) {}

    /// Whether the request may go on; then the call knows its caller. When not, the refusal is on its way. A
    /// ticket counts for a WebSocket alone.
    bool admit(Call& call, Need need);
    /// POST /api/tickets.
    Task<void> issue_ticket(Call& call);

private:
    bool refuse(Call& call, const Denial& denial);

    Gate* const gate_;
    Log& log_;
};

}  // namespace libexec::server
