#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "health_routes.hpp"
#include "libexec/base/clock.hpp"
#include "libexec/base/uuid.hpp"
#include "libexec/embed/open.hpp"
#include "libexec/net/http_exchange.hpp"
#include "libexec/telemetry/log.hpp"
#include "order_routes.hpp"
#include "rate_limiter.hpp"
#include "socket_limiter.hpp"
#include "stream_routes.hpp"

namespace libexec::server {

struct RoutesConfig {
    std::uint32_t rate_limit = 30;                    ///< submissions per minute and address; 0: no limit
    std::uint32_t ws_per_order = 3;                   ///< sockets per order and address; 0: no limit
    std::chrono::milliseconds ping_interval{20'000};  ///< signs of life in a quiet event stream
    std::string version;
};

/// The whole HTTP interface: finds the route of each request and answers what has none.
class Routes final : public HttpHandler {
public:
    /// All references outlive it.
    Routes(RoutesConfig config, Service& service, Log& log, const Clock& clock, UuidGenerator& ids);

    Task<void> handle(HttpExchange& exchange) override;
    HttpResponse make_error(int status, std::string_view detail) override;

    /// From now on new orders are refused and readiness is denied. From any thread.
    void drain() { draining_ = true; }

private:
    using Route = Task<void> (Routes::*)(Call&);
    struct Entry {
        std::string_view method;
        std::string_view pattern;  ///< `{id}` stands for any one segment
        Route route;
    };
    static const Entry table[];

    /// Serves GET /api/orders/{id}/events in the form the client asked for.
    Task<void> events(Call& call);
    template <auto Member>
    Task<void> order(Call& call) {
        return (orders_.*Member)(call);
    }
    template <auto Member>
    Task<void> stream(Call& call) {
        return (streams_.*Member)(call);
    }
    template <auto Member>
    Task<void> state(Call& call) {
        return (health_.*Member)(call);
    }
    /// The route of a request, or null with the answer given: 404, 405, or the methods of the path.
    const Entry* find(Call& call);

    Log& log_;
    UuidGenerator& ids_;
    std::atomic<bool> draining_{false};
    RateLimiter limiter_;
    SocketLimiter sockets_;
    OrderRoutes orders_;
    StreamRoutes streams_;
    HealthRoutes health_;
};

}  // namespace libexec::server
