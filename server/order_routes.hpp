#pragma once

#include <atomic>
#include <string>

#include "call.hpp"
#include "libexec/base/clock.hpp"
#include "libexec/embed/open.hpp"
#include "libexec/telemetry/log.hpp"
#include "rate_limiter.hpp"

namespace libexec::server {

/// The order `call` names, or nothing and a 404 or 503 already on its way.
Task<std::optional<OrderRecord>> find_order(Service& service, Call& call);
/// Every event of an order after `after`, read in pages; errors as in `Service::events`.
Task<Result<std::vector<CommittedEvent>>> all_events(Service& service, OrderId order, std::uint32_t after);

/// Submitting, reading and cancelling orders.
class OrderRoutes {
public:
    OrderRoutes(Service& service, RateLimiter& limiter, const std::atomic<bool>& draining, Log& log)
        : service_(service), limiter_(limiter), draining_(draining), log_(log) {}

    Task<void> submit(Call& call);
    Task<void> read(Call& call);
    Task<void> cancel(Call& call);
    Task<void> list(Call& call);
    Task<void> events(Call& call);
    Task<void> routing(Call& call);
    Task<void> attempts(Call& call);

private:
    /// Whether the request may go on; when not, the refusal is on its way.
    bool admit(Call& call);

    Service& service_;
    RateLimiter& limiter_;
    const std::atomic<bool>& draining_;
    Log& log_;
};

}  // namespace libexec::server
