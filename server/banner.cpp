#include "banner.hpp"

#include <algorithm>

#include "libexec/engine/retry_policy.hpp"
#include "tls_files.hpp"

namespace libexec::server {
namespace {

constexpr std::uint16_t usual_port = 3000;

/// "1 s", "1.5 s", "250 ms".
std::string span_text(std::chrono::microseconds span) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
    if (ms < 1'000 || ms % 100 != 0) return std::to_string(ms) + " ms";
    const std::string tenths = ms % 1'000 == 0 ? "" : "." + std::to_string(ms % 1'000 / 100);
    return std::to_string(ms / 1'000) + tenths + " s";
}

/// "3 attempts, pauses 1 s, 2 s".
std::string attempts_text(const Options& options) {
    RetryPolicy policy;
    policy.attempts_max = options.engine.max_retries;
    policy.delay_first = options.engine.retry_base;
    policy.jitter = std::chrono::milliseconds(0);
    Random random(0);

    std::string text =
        std::to_string(policy.attempts_max) + (policy.attempts_max == 1 ? " attempt" : " attempts");
    constexpr std::uint32_t shown_most = 6;
    for (std::uint32_t attempt = 1; attempt < policy.attempts_max && attempt <= shown_most; ++attempt) {
        text += attempt == 1 ? ", pauses " : ", ";
        text += span_text(*policy.delay_after(attempt, random));
    }
    return policy.attempts_max > shown_most + 1 ? text + " ..." : text;
}

std::string limit_text(std::uint64_t limit, const std::string& what) {
    return limit == 0 ? "no limit of " + what : std::to_string(limit) + " " + what;
}

std::string data_text(const Options& options) {
    constexpr std::string_view scheme = "sqlite:";
    std::string place = without_password(options.engine.database_url);
    if (!place.starts_with(scheme)) return place + " (PostgreSQL, shared with other nodes)";
    return place.erase(0, scheme.size()) + " (SQLite, kept when execd stops)";
}

}  // namespace

std::string base_url(const Options& options, std::uint16_t port) {
    const bool six = options.http.host.find(':') != std::string::npos;
    return std::string(options.http.tls ? "https://" : "http://") +
           (six ? "[" + options.http.host + "]" : options.http.host) + ":" + std::to_string(port);
}

std::string describe_venues(const std::vector<VenueStatus>& venues) {
    std::string text;
    for (std::size_t i = 0; i < venues.size(); ++i) {
        text += (i > 0 ? ", " : "") + venues[i].name;
        if (i + 1 == venues.size() || venues[i + 1].kind != venues[i].kind)
            text += " (" + venues[i].kind + ")";
    }
    return text.empty() ? "none" : text;
}

std::string describe_retries(const Options& options) {
    return attempts_text(options) + (options.engine.max_retries > 1 ? ", each up to a tenth longer" : "") +
           "; nothing new later than " + span_text(options.engine.order_deadline) + " after the start";
}

std::string start_banner(const Options& options, const StartFacts& facts) {
    const std::string url = base_url(options, facts.port);
    const bool loopback = is_loopback(options.http.host);
    std::string text;
    const auto line = [&text](std::string name, const std::string& what) {
        name.resize(10, ' ');
        text += "  " + name + what + "\n";
    };
    text += "execd " + facts.version + ", process " + std::to_string(facts.pid) + "\n";
    const std::string_view reach = loopback             ? "  (this machine only)"
                                   : facts.keys.empty() ? "  (OTHER MACHINES CAN REACH IT, NO KEY ASKED)"
                                                        : "  (other machines can reach it, with a key)";
    line("address", url + std::string(reach));
    if (!facts.keys.empty()) line("access", facts.keys + " in " + options.api_keys_file);
    line("API", "POST /api/orders/execute, WebSocket /api/orders/ws, all of it in /openapi.json");
    if (options.http.tls) line("TLS", describe_identity(options.http.tls.get()));
    line("health", "/livez /readyz, metrics /metrics");
    line("data", data_text(options));
    line("venues",
         describe_venues(facts.venues) +
             (facts.seed_given ? ", seed " + std::to_string(options.engine.mock_seed.value_or(0)) : ""));
    if (options.engine.chain != "sim") line("chain", options.engine.chain + " (a process of its own)");
    line("retries",
         attempts_text(options) + "; nothing new after " + span_text(options.engine.order_deadline));
    line("limits", limit_text(options.rate_limit, "submissions a minute and address") + ", " +
                       std::to_string(options.engine.queue_limit) + " orders waiting or running");
    line("workers", std::to_string(options.engine.queue_concurrency) + " orders at once");
    text += "try:  execctl " +
            (facts.port == usual_port && loopback && !options.http.tls ? std::string()
                                                                       : "--server " + url + " ") +
            "submit SOL USDC 10\n";
    return text;
}

}  // namespace libexec::server
