#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "access_guard.hpp"
#include "fault_routes.hpp"
#include "feed_routes.hpp"
#include "health_routes.hpp"
#include "libexec/base/clock.hpp"
#include "libexec/base/uuid.hpp"
#include "libexec/embed/open.hpp"
#include "libexec/net/http_exchange.hpp"
#include "libexec/telemetry/log.hpp"
#include "long_stays.hpp"
#include "metrics_routes.hpp"
#include "order_routes.hpp"
#include "origins.hpp"
#include "problem_routes.hpp"
#include "quote_routes.hpp"
#include "rate_limiter.hpp"
#include "socket_limiter.hpp"
#include "stream_routes.hpp"
#include "submissions.hpp"
#include "submit_socket.hpp"
#include "token_list.hpp"
#include "venue_routes.hpp"

namespace libexec::server {

struct RoutesConfig {
    std::uint32_t rate_limit = 30;                    ///< submissions per minute and address; 0: no limit
    std::uint32_t ws_per_order = 3;                   ///< sockets per order and address; 0: no limit
    std::size_t orders_per_socket = 1'000;            ///< that a submitting socket follows at a time
    std::chrono::milliseconds ping_interval{20'000};  ///< signs of life in a quiet event stream
    std::uint64_t queue_limit = 10'000;               ///< of the engine, for what is said about a full queue
    std::chrono::milliseconds state_interval{
        1'000};                        ///< between looks at queue and venues, for their followers
    std::vector<std::string> origins;  ///< web pages that may use this server, as `parse_origins` gives them
    std::string version;
};

/// What may change while requests are served; as in RoutesConfig.
struct RoutesLimits {
    std::uint32_t rate_limit = 30;
    std::uint32_t ws_per_order = 3;
    std::uint64_t queue_limit = 10'000;
};

/// The whole HTTP interface: finds the route of each request and answers what has none.
class Routes final : public HttpHandler {
public:
    /// All references outlive it, the gate too. Without one nobody is asked for a key.
    Routes(RoutesConfig config, Service& service, Log& log, const Clock& clock, UuidGenerator& ids,
           Gate* gate = nullptr);

    Task<void> handle(HttpExchange& exchange) override;
    HttpResponse make_error(int status, std::string_view detail) override;

    /// One thing that is served: a method and a path, in which `{id}` stands for any one segment.
    struct Served {
        std::string_view method;
        std::string_view pattern;
        Need need;
    };
    static std::vector<Served> served();

    /// From now on new orders are refused and readiness is denied. From any thread.
    void drain() { draining_ = true; }
    /// The service is about to go, while connections may still be torn down.
    void part() { sockets_.part(); }
    /// Ends the sockets and streams whose key does not count any more. From any thread, with a gate.
    void end_stays_of(const Gate& gate) {
        stays_.sweep([&gate](const std::string& key_id) { return gate.stands(key_id); });
    }
    /// Other limits from now on. From any thread.
    void set_limits(const RoutesLimits& limits);
    /// Other tokens from now on; orders that were accepted keep theirs. From any thread.
    void set_tokens(TokenList::Snapshot tokens) { tokens_.replace(std::move(tokens)); }

private:
    using Route = Task<void> (Routes::*)(Call&);
    /// What a route answers with when all is well.
    enum class Offer : std::uint8_t { json, text, json_or_text, json_or_events, socket };
    // A row reads in this order.
    struct Entry {  // NOLINT(clang-analyzer-optin.performance.Padding)
        std::string_view method;
        std::string_view pattern;  ///< `{id}` stands for any one segment
        Need need;
        Route route;
        Offer offer = Offer::json;
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
    template <auto Member>
    Task<void> socket(Call& call) {
        return (submit_socket_.*Member)(call);
    }
    template <auto Member>
    Task<void> feed(Call& call) {
        return (feed_.*Member)(call);
    }
    template <auto Member>
    Task<void> quote(Call& call) {
        return (quotes_.*Member)(call);
    }
    template <auto Member>
    Task<void> venue(Call& call) {
        return (venues_.*Member)(call);
    }
    template <auto Member>
    Task<void> fault(Call& call) {
        return (faults_.*Member)(call);
    }
    Task<void> metrics(Call& call) { return metrics_.serve(call); }
    Task<void> explain(Call& call) { return explain_problem(call); }
    /// The WebSocket on the path of submissions: one order's with `?orderId=`, else for submitting.
    Task<void> execute_socket(Call& call);

    Task<void> ticket(Call& call) { return guard_.issue_ticket(call); }

    /// What this request needs: for the one path that does two things, by what it asks for.
    static Need need_of(const Entry& entry, const HttpRequest& request);
    /// The route of a request, or null with the answer given: 404, 405, or the methods of the path.
    const Entry* find(Call& call);
    /// The answer to OPTIONS.
    void tell_methods(Call& call, const std::string& methods);
    /// Whether the request may go on to its route; when not, the refusal is on its way.
    bool admit(Call& call, const Entry& entry);

    Log& log_;
    const Clock& clock_;
    UuidGenerator& ids_;
    std::atomic<bool> draining_{false};
    std::atomic<std::uint64_t> queue_limit_;
    AccessGuard guard_;
    LongStays stays_;
    TokenList tokens_;
    RateLimiter limiter_;
    SocketLimiter sockets_;
    EventFrames frames_;
    const Origins origins_;
    Submissions submissions_;
    OrderRoutes orders_;
    StreamRoutes streams_;
    SubmitSocket submit_socket_;
    FeedRoutes feed_;
    QuoteRoutes quotes_;
    VenueRoutes venues_;
    FaultRoutes faults_;
    HealthRoutes health_;
    MetricsRoutes metrics_;
};

}  // namespace libexec::server
