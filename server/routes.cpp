#include "routes.hpp"

#include <exception>
#include <optional>

#include "accept.hpp"
#include "guarded_exchange.hpp"
#include "query.hpp"
#include "trace_context.hpp"

namespace libexec::server {
namespace {

/// What `{id}` stands for when `path` has the shape of `pattern`; empty when the pattern has no `{id}`.
std::optional<std::string_view> match(std::string_view pattern, std::string_view path) {
    constexpr std::string_view hole = "{id}";
    const std::size_t at = pattern.find(hole);
    if (at == std::string_view::npos) {
        return pattern == path ? std::optional<std::string_view>("") : std::nullopt;
    }
    const std::string_view before = pattern.substr(0, at);
    const std::string_view after = pattern.substr(at + hole.size());
    if (path.size() <= before.size() + after.size() || !path.starts_with(before) || !path.ends_with(after)) {
        return std::nullopt;
    }
    const std::string_view id = path.substr(before.size(), path.size() - before.size() - after.size());
    if (id.find('/') != std::string_view::npos) return std::nullopt;
    return id;
}

}  // namespace

/// Fixed paths come before those with a hole in the same place. What a caller needs stands third.
const Routes::Entry Routes::table[] = {
    {"POST", "/api/orders/execute", Need::trade, &Routes::order<&OrderRoutes::submit>},
    {"GET", "/api/orders/execute", Need::trade, &Routes::execute_socket, Offer::socket},
    {"GET", "/api/orders/ws", Need::trade, &Routes::socket<&SubmitSocket::serve>, Offer::socket},
    {"GET", "/api/stream", Need::read, &Routes::feed<&FeedRoutes::serve>, Offer::socket},
    {"GET", "/api/orders", Need::read, &Routes::order<&OrderRoutes::list>},
    {"POST", "/api/orders", Need::trade, &Routes::order<&OrderRoutes::submit>},
    {"GET", "/api/orders/{id}", Need::read, &Routes::order<&OrderRoutes::read>},
    {"DELETE", "/api/orders/{id}", Need::trade, &Routes::order<&OrderRoutes::cancel>},
    {"POST", "/api/orders/{id}/cancel", Need::trade, &Routes::order<&OrderRoutes::cancel>},
    {"POST", "/api/orders/{id}/retry", Need::trade, &Routes::order<&OrderRoutes::retry>},
    {"GET", "/api/orders/{id}/events", Need::read, &Routes::events, Offer::json_or_events},
    {"GET", "/api/orders/{id}/routing", Need::read, &Routes::order<&OrderRoutes::routing>},
    {"GET", "/api/orders/{id}/attempts", Need::read, &Routes::order<&OrderRoutes::attempts>},
    {"GET", "/api/orders/{id}/stream", Need::read, &Routes::stream<&StreamRoutes::follow>, Offer::socket},
    {"GET", "/ws/orders/{id}", Need::read, &Routes::stream<&StreamRoutes::follow>, Offer::socket},
    {"POST", "/api/quotes", Need::trade, &Routes::quote<&QuoteRoutes::quote>},
    {"GET", "/api/quote", Need::read, &Routes::quote<&QuoteRoutes::quote_by_query>},
    {"GET", "/api/venues", Need::read, &Routes::venue<&VenueRoutes::list>},
    {"POST", "/api/venues/{id}/pause", Need::admin, &Routes::venue<&VenueRoutes::pause>},
    {"POST", "/api/venues/{id}/resume", Need::admin, &Routes::venue<&VenueRoutes::resume>},
    {"GET", "/api/faults", Need::admin, &Routes::fault<&FaultRoutes::list>},
    {"PUT", "/api/faults/{id}", Need::admin, &Routes::fault<&FaultRoutes::set>},
    {"DELETE", "/api/faults/{id}", Need::admin, &Routes::fault<&FaultRoutes::clear>},
    {"POST", "/api/tickets", Need::any_key, &Routes::ticket},
    {"GET", "/api/queue/metrics", Need::read, &Routes::state<&HealthRoutes::queue>},
    {"GET", "/api/nodes", Need::admin, &Routes::state<&HealthRoutes::nodes>},
    {"GET", "/api/tokens", Need::read, &Routes::state<&HealthRoutes::tokens>},
    {"GET", "/api/health", Need::nothing, &Routes::state<&HealthRoutes::health>},
    {"GET", "/health", Need::nothing, &Routes::state<&HealthRoutes::health>},
    {"GET", "/livez", Need::nothing, &Routes::state<&HealthRoutes::livez>, Offer::text},
    {"GET", "/readyz", Need::nothing, &Routes::state<&HealthRoutes::readyz>, Offer::text},
    {"GET", "/metrics", Need::read, &Routes::metrics, Offer::text},
    {"GET", "/version", Need::nothing, &Routes::state<&HealthRoutes::version>},
    {"GET", "/problems/{id}", Need::nothing, &Routes::explain, Offer::json_or_text},
    {"GET", "/openapi.json", Need::nothing, &Routes::state<&HealthRoutes::openapi>},
};

std::vector<Routes::Served> Routes::served() {
    std::vector<Served> all;
    for (const Entry& entry : table) all.push_back({entry.method, entry.pattern, entry.need});
    return all;
}

Routes::Routes(RoutesConfig config, Service& service, Log& log, const Clock& clock, UuidGenerator& ids,
               Gate* gate)
    : log_(log),
      clock_(clock),
      ids_(ids),
      queue_limit_(config.queue_limit),
      guard_(gate, log),
      tokens_(service.tokens()),
      limiter_(config.rate_limit, clock, 10'000, service.shared_limits()),
      sockets_(config.ws_per_order, service.shared_limits()),
      frames_(service.explorer()),
      origins_(std::move(config.origins)),
      submissions_(service, limiter_, draining_, tokens_, queue_limit_),
      orders_(service, submissions_, tokens_, clock, log),
      streams_(service, sockets_, frames_, config.ping_interval, log),
      submit_socket_(service, submissions_, sockets_, frames_, config.orders_per_socket, log),
      feed_(service, sockets_, frames_, clock, config.state_interval, log),
      quotes_(service, tokens_),
      venues_(service, log),
      faults_(service, clock, log),
      health_(service, tokens_, sockets_, clock, draining_, config.version),
      metrics_(service.metrics(), sockets_, limiter_, config.version) {}

void Routes::set_limits(const RoutesLimits& limits) {
    limiter_.change(limits.rate_limit);
    sockets_.change(limits.ws_per_order);
    queue_limit_ = limits.queue_limit;
}

Need Routes::need_of(const Entry& entry, const HttpRequest& request) {
    const bool follows = entry.route == &Routes::execute_socket && request.query_parameter("orderId");
    return follows ? Need::read : entry.need;
}

const Routes::Entry* Routes::find(Call& call) {
    const HttpRequest& request = call.request();
    const std::string_view method = request.method == "HEAD" ? "GET" : request.method;
    std::string_view matched_pattern;
    std::string allowed;
    for (const Entry& entry : table) {
        const auto id = match(entry.pattern, request.path);
        if (!id || (!matched_pattern.empty() && entry.pattern != matched_pattern)) continue;
        if (entry.method == method) {
            call.id_text = *id;
            return &entry;
        }
        matched_pattern = entry.pattern;
        allowed += std::string(allowed.empty() ? "" : ", ") + std::string(entry.method);
        if (entry.method == "GET") allowed += ", HEAD";
    }
    if (request.path == "*") allowed = "GET, HEAD, POST, PUT, DELETE";
    if (allowed.empty()) {
        call.refuse("not_found", "there is nothing at this address");
        return nullptr;
    }
    allowed += ", OPTIONS";
    if (method == "OPTIONS") {
        tell_methods(call, allowed);
        return nullptr;
    }
    constexpr std::size_t shown_most = 16;
    HttpResponse head;
    head.with("Allow", allowed);
    call.refuse(make_problem("method_not_allowed",
                             std::string(request.method.substr(0, shown_most)) + " is not among " + allowed),
                std::move(head));
    return nullptr;
}

void Routes::tell_methods(Call& call, const std::string& methods) {
    for (HttpHeader& header : origins_.preflight_headers(call.request(), methods))
        call.add_header(std::move(header));
    HttpResponse head(204);
    head.content_type.clear();
    head.with("Allow", methods);
    call.answer(std::move(head));
}

bool Routes::admit(Call& call, const Entry& entry) {
    const HttpRequest& request = call.request();
    const bool upgrades = entry.offer == Offer::socket && call.http().is_websocket_upgrade();
    if (!parse_query(request.query)) {
        call.refuse(bad_parameter("query", "has a broken percent-escape: write % as %25"));
        return false;
    }
    // A browser sends more on its own than a page may read: that a page cannot see the answer is no
    // protection.
    if ((upgrades || entry.method != "GET") && !origins_.allows(request)) {
        constexpr std::size_t shown_most = 128;
        const std::string origin(request.header("origin").value_or("").substr(0, shown_most));
        Problem problem =
            make_problem("forbidden", "Origin: pages of '" + origin +
                                          "' may not do this; CORS_ORIGINS lists those that may");
        problem.errors.push_back({"Origin", "must be this server's own or one of CORS_ORIGINS"});
        call.refuse(std::move(problem));
        return false;
    }
    if (entry.offer == Offer::socket && !upgrades) {
        HttpResponse head;
        call.refuse(
            make_problem("upgrade_required", entry.pattern == "/api/orders/execute"
                                                 ? "POST submits an order here; GET is for a WebSocket"
                                                 : "this path speaks WebSocket"),
            std::move(head.with("Upgrade", "websocket")));
        return false;
    }
    if (upgrades) return true;
    const std::optional<std::string_view> type = [&] {
        switch (entry.offer) {
            case Offer::text:
                return preferred_type(request, {"text/plain"});
            case Offer::json_or_text:
                return preferred_type(request, {"application/json", "text/plain"});
            case Offer::json_or_events:
                return preferred_type(request, {"application/json", "text/event-stream"});
            case Offer::json:
            case Offer::socket:
                break;
        }
        return preferred_type(request, {"application/json"});
    }();
    if (type) return true;
    call.refuse(
        "not_acceptable",
        "Accept takes none of what is here: send application/json, text/plain for health and problems, "
        "text/event-stream for events, or nothing");
    return false;
}

Task<void> Routes::execute_socket(Call& call) {
    if (call.request().query_parameter("orderId")) return streams_.follow_by_query(call);
    return submit_socket_.serve(call);
}

Task<void> Routes::events(Call& call) {
    if (StreamRoutes::wants_event_stream(call.request())) return streams_.serve_events(call);
    return orders_.events(call);
}

Task<void> Routes::handle(HttpExchange& exchange) {
    const Time began = clock_.now();
    const TraceContext trace = trace_of(exchange.request(), ids_);
    const std::string request_id = request_id_of(exchange.request(), ids_);
    TracedExchange traced(exchange, request_id, trace.to_string());
    GuardedExchange guarded(traced, stays_);
    Call call(guarded, request_id, trace.trace_id);
    for (HttpHeader& header : origins_.headers(exchange.request())) call.add_header(std::move(header));
    const Entry* const entry = find(call);
    if (log_.enabled(LogLevel::debug)) {
        log_.debug("http.request", "request",
                   {{"method", std::string(call.request().method)},
                    {"path", std::string(call.request().path)},
                    {"address", std::string(call.request().peer_address)},
                    {"correlation_id", call.request_id()},
                    {"trace_id", call.trace_id()}});
    }
    try {
        if (entry != nullptr && guard_.admit(call, need_of(*entry, call.request())) && admit(call, *entry)) {
            if (call.caller()) guarded.depend_on(call.caller()->key_id);
            co_await (this->*entry->route)(call);
        }
    } catch (const std::exception& fault) {
        if (traced.status() != 0) throw;  // the answer is on its way
        log_.error("http.fault", fault.what(),
                   {{"correlation_id", call.request_id()}, {"trace_id", call.trace_id()}});
        call.refuse("internal", "a fault of ours; the log has more under the request id");
    }
    metrics_.answered(call.request().method, entry != nullptr ? entry->pattern : std::string_view(),
                      traced.status(), clock_.now() - began);
}

HttpResponse Routes::make_error(int status, std::string_view detail) {
    const auto code = [&]() -> std::string_view {
        switch (status) {
            case 400:
                return "bad_request";
            case 408:
                return "request_timeout";
            case 413:
                return "body_too_large";
            case 414:
                return "target_too_long";
            case 417:
                return "expectation_failed";
            case 426:
                return "upgrade_required";
            case 429:
                return "too_many_connections";
            case 431:
                return "headers_too_large";
            case 501:
                return "not_implemented";
            case 503:
                return "service_unavailable";
            case 505:
                return "http_version_not_supported";
            default:
                return "internal";
        }
    }();
    Problem problem = make_problem(code, std::string(detail));
    complete_problem(problem, "", ids_.next().to_string());
    HttpResponse response(status, encode_problem(problem), "application/problem+json");
    response.with("X-Request-Id", problem.request_id)
        .with("traceparent", new_trace(ids_).to_string())
        .with("Cache-Control", "no-store");
    if (problem.retry_after) response.with("Retry-After", std::to_string(problem.retry_after->count()));
    return response;
}

}  // namespace libexec::server
