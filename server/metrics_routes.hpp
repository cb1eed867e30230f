#pragma once

#include <chrono>
#include <string_view>

#include "call.hpp"
#include "libexec/telemetry/metrics.hpp"
#include "rate_limiter.hpp"
#include "socket_limiter.hpp"

namespace libexec::server {

/// What the server counts, beside what the engine does, in the engine's registry; and GET /metrics.
class MetricsRoutes {
public:
    /// All references outlive the last scrape.
    MetricsRoutes(Metrics& metrics, const SocketLimiter& sockets, const RateLimiter& limiter,
                  std::string version);

    Task<void> serve(Call& call);

    /// A request was answered. `route` is the pattern of its route, never the path; empty when none fits.
    void answered(std::string_view method, std::string_view route, int status,
                  std::chrono::microseconds duration) const;

private:
    const Metrics& metrics_;
    MetricFamily<Histogram> durations_;
};

}  // namespace libexec::server
