#include "daemon.hpp"

#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/signal_set.hpp>

#include "libexec/base/timers.hpp"
#include "libexec/base/uuid.hpp"
#include "libexec/embed/open.hpp"
#include "libexec/engine/retry_policy.hpp"
#include "libexec/net/descriptor_limit.hpp"
#include "libexec/net/http_server.hpp"
#include "routes.hpp"

namespace libexec::server {
namespace {

constexpr std::chrono::seconds stop_patience{10};
constexpr int interrupted_status = 130;

/// Waits for the signal to stop and sees the stop through.
class Stopper {
public:
    Stopper(Service& service, Routes& routes, HttpServer& server, Log& log)
        : service_(service), routes_(routes), server_(server), log_(log), signals_(io_, SIGINT, SIGTERM) {
        await_signal();
    }
    ~Stopper() {
        if (thread_.joinable()) thread_.join();
    }

    /// Returns when everything has stopped.
    void run() { io_.run(); }

private:
    void await_signal() {
        signals_.async_wait([this](const asio::error_code& error, int signal) {
            if (error) return;
            if (thread_.joinable()) {
                log_.warn("stop.forced", "second signal: leaving at once");
                std::_Exit(interrupted_status);
            }
            begin(signal);
            await_signal();
        });
    }

    void begin(int signal) {
        log_.info("stop.begin", "stopping: new orders are refused, orders in flight reach a safe point",
                  {{"signal", signal == SIGINT ? "SIGINT" : "SIGTERM"}});
        routes_.drain();
        asio::co_spawn(io_, give_up_late(), asio::detached);
        // Stopping blocks, and a second signal must still be heard.
        thread_ = std::thread([this] {
            try {
                service_.stop();
                server_.stop("shutting down");
                log_.info("stop.done", "stopped");
            } catch (const std::exception& error) {
                log_.error("stop.failed", error.what());
            }
            asio::post(io_, [this] { io_.stop(); });
        });
    }

    Task<void> give_up_late() {
        const std::unique_ptr<Timers> timers = make_timers(io_);
        co_await timers->sleep_for(stop_patience);
        log_.error("stop.late", "stopping took too long: leaving; the database is consistent");
        std::_Exit(static_cast<int>(ExitCode::fault));
    }

    Service& service_;
    Routes& routes_;
    HttpServer& server_;
    Log& log_;
    asio::io_context io_;
    asio::signal_set signals_;
    std::thread thread_;
};

void announce(const Options& options, std::uint16_t port, const std::string& version, Log& log) {
    const bool six = options.http.host.find(':') != std::string::npos;
    const std::string host = six ? "[" + options.http.host + "]" : options.http.host;
    log.info("start.ready", "execd " + version + " serves http://" + host + ":" + std::to_string(port),
             {{"database", options.engine.database_url},
              {"venues", "simulated"},
              {"mockSeed", std::to_string(options.engine.mock_seed.value_or(0))},
              {"concurrency", std::to_string(options.engine.queue_concurrency)}});
    log.info("start.retries", describe_retries(options));
    if (options.insecure && !is_loopback(options.http.host)) {
        log.warn("start.insecure", "other machines can reach this server and nobody is asked for a key");
    }
}

}  // namespace

std::string describe_retries(const Options& options) {
    RetryPolicy policy;
    policy.attempts_max = options.engine.max_retries;
    policy.delay_first = options.engine.retry_base;
    policy.jitter = std::chrono::milliseconds(0);
    Random random(0);

    std::string text =
        std::to_string(policy.attempts_max) + (policy.attempts_max == 1 ? " attempt" : " attempts");
    constexpr std::uint32_t shown_most = 6;
    for (std::uint32_t attempt = 1; attempt < policy.attempts_max && attempt <= shown_most; ++attempt) {
        text += attempt == 1 ? " with pauses of " : ", ";
        text += std::to_string(policy.delay_after(attempt, random)->count()) + " ms";
    }
    if (policy.attempts_max > shown_most + 1) text += " ...";
    if (policy.attempts_max > 1) text += ", each up to a tenth longer";
    return text + "; no new attempt later than " + std::to_string(options.engine.order_deadline.count()) +
           " ms after the start";
}

ExitCode run_daemon(Options options, const std::string& version, Log& log) {
    // A client or a log reader that goes away must not take the daemon along.
    std::signal(SIGPIPE, SIG_IGN);
    // Drawn here rather than below, so that a run can be repeated from its log.
    if (!options.engine.mock_seed) options.engine.mock_seed = system_entropy();

    const SystemClock clock;
    UuidGenerator ids(clock, system_entropy());
    std::unique_ptr<Service> service;
    std::optional<Routes> routes;
    std::optional<HttpServer> server;
    std::optional<Stopper> stopper;
    try {
        service = libexec::open(options.engine, log);
        RoutesConfig config;
        config.rate_limit = options.rate_limit;
        config.ws_per_order = options.ws_per_order;
        config.ping_interval = options.http.ping_interval;
        config.queue_limit = options.engine.queue_limit;
        config.origins = options.cors_origins;
        config.version = version;
        routes.emplace(std::move(config), *service, log, clock, ids);
        // The server lowers its limit of connections, and says so, when the system allows fewer files.
        raise_descriptor_limit(options.http.connections_max + surplus_connections + descriptors_of_its_own);
        server.emplace(options.http, *routes, log, clock);
        stopper.emplace(*service, *routes, *server, log);  // before anybody can know that we are up
        server->start();
    } catch (const std::runtime_error& error) {
        log.error("start.failed", error.what());
        return ExitCode::unavailable;
    }
    announce(options, server->port(), version, log);
    stopper->run();
    // Before the server and its io_contexts: the store's threads wake those up.
    service.reset();
    return ExitCode::stopped;
}

}  // namespace libexec::server
