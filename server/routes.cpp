#include "routes.hpp"

#include <optional>

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

/// Fixed paths come before those with a hole in the same place.
const Routes::Entry Routes::table[] = {
    {"POST", "/api/orders/execute", &Routes::order<&OrderRoutes::submit>},
    {"GET", "/api/orders/execute", &Routes::stream<&StreamRoutes::follow_by_query>},
    {"GET", "/api/orders", &Routes::order<&OrderRoutes::list>},
    {"GET", "/api/orders/{id}", &Routes::order<&OrderRoutes::read>},
    {"POST", "/api/orders/{id}/cancel", &Routes::order<&OrderRoutes::cancel>},
    {"GET", "/api/orders/{id}/events", &Routes::events},
    {"GET", "/api/orders/{id}/routing", &Routes::order<&OrderRoutes::routing>},
    {"GET", "/api/orders/{id}/attempts", &Routes::order<&OrderRoutes::attempts>},
    {"GET", "/api/orders/{id}/stream", &Routes::stream<&StreamRoutes::follow>},
    {"GET", "/ws/orders/{id}", &Routes::stream<&StreamRoutes::follow>},
    {"GET", "/api/queue/metrics", &Routes::state<&HealthRoutes::queue>},
    {"GET", "/api/tokens", &Routes::state<&HealthRoutes::tokens>},
    {"GET", "/api/health", &Routes::state<&HealthRoutes::health>},
    {"GET", "/health", &Routes::state<&HealthRoutes::health>},
    {"GET", "/livez", &Routes::state<&HealthRoutes::livez>},
    {"GET", "/readyz", &Routes::state<&HealthRoutes::readyz>},
    {"GET", "/version", &Routes::state<&HealthRoutes::version>},
};

Routes::Routes(RoutesConfig config, Service& service, Log& log, const Clock& clock, UuidGenerator& ids)
    : log_(log),
      ids_(ids),
      limiter_(config.rate_limit, clock),
      sockets_(config.ws_per_order),
      orders_(service, limiter_, draining_, log),
      streams_(service, sockets_, config.ping_interval, log),
      health_(service, sockets_, clock, draining_, std::move(config.version)) {}

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
    if (allowed.empty()) {
        call.refuse("not_found", "there is nothing at this address");
        return nullptr;
    }
    HttpResponse head;
    head.with("Allow", allowed + ", OPTIONS");
    if (method == "OPTIONS") {
        head.status = 204;
        head.content_type.clear();
        call.answer(std::move(head));
    } else {
        constexpr std::size_t shown_most = 16;
        call.refuse(make_problem("method_not_allowed", std::string(request.method.substr(0, shown_most)) +
                                                           " is not among " + allowed),
                    std::move(head));
    }
    return nullptr;
}

Task<void> Routes::events(Call& call) {
    if (StreamRoutes::wants_event_stream(call.request())) return streams_.serve_events(call);
    return orders_.events(call);
}

Task<void> Routes::handle(HttpExchange& exchange) {
    Call call(exchange, request_id_of(exchange.request(), ids_));
    const Entry* const entry = find(call);
    if (log_.enabled(LogLevel::debug)) {
        log_.debug("http.request", "request",
                   {{"method", std::string(call.request().method)},
                    {"path", std::string(call.request().path)},
                    {"address", std::string(call.request().peer_address)},
                    {"requestId", call.request_id()}});
    }
    if (entry != nullptr) co_await (this->*entry->route)(call);
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
            case 417:
                return "expectation_failed";
            case 426:
                return "upgrade_required";
            case 431:
                return "headers_too_large";
            case 503:
                return "service_unavailable";
            case 505:
                return "http_version_not_supported";
            default:
                return "internal";
        }
    }();
    const Problem problem = make_problem(code, std::string(detail));
    return HttpResponse(status, encode_problem(problem), "application/problem+json");
}

}  // namespace libexec::server
