#include "metrics_routes.hpp"

#include <algorithm>
#include <array>

namespace libexec::server {
namespace {

/// A method anybody may invent must not become a series of its own.
std::string_view bounded_method(std::string_view method) {
    constexpr std::array<std::string_view, 7> known{"GET",   "HEAD",   "POST",   "PUT",
                                                    "PATCH", "DELETE", "OPTIONS"};
    return std::find(known.begin(), known.end(), method) != known.end() ? method : "other";
}

}  // namespace

MetricsRoutes::MetricsRoutes(Metrics& metrics, const SocketLimiter& sockets, const RateLimiter& limiter,
                             std::string version)
    : metrics_(metrics),
      durations_(metrics.histograms(
          "http_server_request_duration_seconds",
          "From a request to the end of its answer; of streams and WebSockets, to the end of the connection.",
          {"http_request_method", "http_route", "http_response_status_code"}, duration_buckets(), 1'000)) {
    using Kind = Metrics::Kind;
    metrics.sampled(Kind::gauge, "libexec_websocket_connections", "WebSockets open now.", {}, [&sockets] {
        return std::vector<MetricSample>{{{}, static_cast<double>(sockets.total())}};
    });
    metrics.sampled(Kind::counter, "libexec_rate_limited_total",
                    "Submissions refused because their address sent too many.", {}, [&limiter] {
                        return std::vector<MetricSample>{{{}, static_cast<double>(limiter.refused())}};
                    });
    metrics.sampled(Kind::gauge, "libexec_build_info", "1, labelled with the version.", {"version"},
                    [version = std::move(version)] {
                        return std::vector<MetricSample>{{{version}, 1}};
                    });
}

Task<void> MetricsRoutes::serve(Call& call) {
    call.answer(HttpResponse(200, metrics_.text(), metrics_content_type));
    co_return;
}

void MetricsRoutes::answered(std::string_view method, std::string_view route, int status,
                             std::chrono::microseconds duration) const {
    durations_
        .with({bounded_method(method), route.empty() ? std::string_view("none") : route,
               std::to_string(status)})
        .observe(std::max(duration, std::chrono::microseconds(0)));
}

}  // namespace libexec::server
