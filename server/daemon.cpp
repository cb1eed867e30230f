#include "daemon.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
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
#include "libexec/net/descriptor_limit.hpp"
#include "libexec/net/http_server.hpp"
#include "banner.hpp"
#include "key_watch.hpp"
#include "port_holder.hpp"
#include "routes.hpp"
#include "tls_files.hpp"

namespace libexec::server {
namespace {

constexpr std::chrono::seconds stop_patience{10};
constexpr int interrupted_status = 130;

/// Waits for signals: reads the settings again, or sees the stop through.
class Stopper {
public:
    /// `keys` is null when nobody is asked for a key.
    Stopper(Service& service, Routes& routes, HttpServer& server, Reload& reload, KeyWatch* keys, bool person,
            Log& log)
        : service_(service),
          routes_(routes),
          server_(server),
          reload_(reload),
          keys_(keys),
          person_(person),
          log_(log),
          signals_(io_, SIGINT, SIGTERM, SIGHUP) {
        await_signal();
        if (keys_ != nullptr) asio::co_spawn(io_, watch_keys(), asio::detached);
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
            if (signal == SIGHUP && !terminal_is_gone()) {
                if (!thread_.joinable()) reload();
                return await_signal();
            }
            if (thread_.joinable()) {
                log_.warn("stop.forced", "second signal: leaving at once");
                std::_Exit(interrupted_status);
            }
            begin(signal);
            await_signal();
        });
    }

    /// Whoever closes the window in which execd greeted them wants it gone, not to read its settings again.
    bool terminal_is_gone() const { return person_ && stderr_log_format() != LogFormat::text; }

    void reload() {
        try {
            reload_.run();
            if (keys_ != nullptr) apply_keys(true);
        } catch (const std::exception& error) {
            log_.error("config.reload_failed", error.what());
        }
    }

    /// Whatever was revoked, or has expired, ends its sockets too.
    void apply_keys(bool anyway) {
        if (anyway) {
            keys_->read();
        } else {
            keys_->look();
        }
        routes_.end_stays_of(keys_->gate());
    }

    Task<void> watch_keys() {
        constexpr std::chrono::seconds interval{1};
        const std::unique_ptr<Timers> timers = make_timers(io_);
        for (;;) {
            co_await timers->sleep_for(interval);
            try {
                apply_keys(false);
            } catch (const std::exception& error) {
                log_.error("keys.refused", error.what());
            }
        }
    }

    void begin(int signal) {
        log_.info("stop.begin", "stopping: new orders are refused, orders in flight reach a safe point",
                  {{"signal", signal == SIGINT   ? "SIGINT"
                              : signal == SIGHUP ? "SIGHUP"
                                                 : "SIGTERM"}});
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
    Reload& reload_;
    KeyWatch* const keys_;
    const bool person_;
    Log& log_;
    asio::io_context io_;
    asio::signal_set signals_;
    std::thread thread_;
};

void announce(const DaemonStart& start, const Options& options, const StartFacts& facts, Log& log) {
    if (start.person) {
        std::cerr << start_banner(options, facts) << std::flush;
    } else {
        log.info("start.ready", "execd " + facts.version + " serves " + base_url(options, facts.port),
                 {{"pid", std::to_string(facts.pid)},
                  {"database", without_password(options.engine.database_url)},
                  {"venues", describe_venues(facts.venues)},
                  {"chain", options.engine.chain},
                  {"mockSeed", std::to_string(options.engine.mock_seed.value_or(0))},
                  {"concurrency", std::to_string(options.engine.queue_concurrency)},
                  {"rateLimit", std::to_string(options.rate_limit)},
                  {"queueLimit", std::to_string(options.engine.queue_limit)},
                  {"retries", describe_retries(options)},
                  {"tls", describe_identity(options.http.tls.get())},
                  {"keys", facts.keys.empty() ? "none asked" : facts.keys},
                  {"config", start.resolved.file}});
    }
    if (!facts.keys.empty() && !options.http.tls && !is_loopback(options.http.host)) {
        log.warn("start.plain_http",
                 "keys and orders travel in clear text: give this server TLS_CERT and TLS_KEY");
    }
    if (options.insecure && facts.keys.empty() && !is_loopback(options.http.host)) {
        log.warn("start.insecure", "other machines can reach this server and nobody is asked for a key");
    }
}

/// In quotes when the shell would take it apart.
std::string shell_word(const std::string& text) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./:_-+=@%,";
    if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

/// The command this process was started with, on another port.
std::string command_with_port(const ResolvedOptions& resolved, std::uint16_t port) {
    std::string command = "execd --port " + std::to_string(port);
    if (!resolved.file.empty()) command += " --config " + shell_word(resolved.file);
    for (const ResolvedValue& value : resolved.values) {
        if (value.origin != Origin::flag || value.setting->env == "PORT") continue;
        command += " " + std::string(value.setting->flag.substr(0, value.setting->flag.find(',')));
        if (value.setting->words != "true false") command += " " + shell_word(value.text);
    }
    return command;
}

std::string describe_taken_port(const ResolvedOptions& resolved) {
    const std::uint16_t port = resolved.options.http.port;
    const std::optional<std::string> holder = find_port_holder(port);
    return "port " + std::to_string(port) + " is in use by " + holder.value_or("another program") +
           "; another port: " + command_with_port(resolved, next_free_port(port));
}

}  // namespace

ExitCode run_daemon(DaemonStart start, Log& log) {
    // A client or a log reader that goes away must not take the daemon along.
    std::signal(SIGPIPE, SIG_IGN);
    Options options = start.resolved.options;
    StartFacts facts;
    facts.version = start.version;
    facts.pid = getpid();
    facts.seed_given = options.engine.mock_seed.has_value();
    // Drawn here rather than below, so that a run can be repeated from its log.
    if (!options.engine.mock_seed) options.engine.mock_seed = system_entropy();

    const SystemClock clock;
    UuidGenerator ids(clock, system_entropy());
    std::unique_ptr<Service> service;
    std::optional<Gate> gate;
    std::optional<KeyWatch> keys;
    std::optional<Routes> routes;
    std::optional<HttpServer> server;
    std::optional<Reload> reload;
    std::optional<Stopper> stopper;
    try {
        if (!options.api_keys_file.empty()) {
            const KeyFile file(options.api_keys_file);
            const auto mark = file.mark();
            Result<std::vector<ApiKey>> found = file.read();
            if (!found) throw std::runtime_error("API_KEYS_FILE " + found.error().detail);
            GateConfig guarded;
            guarded.window = options.signature_window;
            gate.emplace(guarded, std::move(found).value(), clock);
            keys.emplace(file, mark, *gate, log);
            facts.keys = describe_keys(*gate->keys(), clock.now());
        }
        service = libexec::open(options.engine, log);
        RoutesConfig config;
        config.rate_limit = options.rate_limit;
        config.ws_per_order = options.ws_per_order;
        config.ping_interval = options.http.ping_interval;
        config.queue_limit = options.engine.queue_limit;
        config.origins = options.cors_origins;
        config.version = start.version;
        routes.emplace(std::move(config), *service, log, clock, ids, gate ? &*gate : nullptr);
        // The server lowers its limit of connections, and says so, when the system allows fewer files.
        raise_descriptor_limit(options.http.connections_max + surplus_connections + descriptors_of_its_own);
        server.emplace(options.http, *routes, log, clock);
        const auto show = [&server](std::shared_ptr<const TlsIdentity> tls) {
            server->show_identity(std::move(tls));
        };
        reload.emplace(start.read, start.resolved, *routes, *service, show, clock, log);
        stopper.emplace(*service, *routes, *server, *reload, keys ? &*keys : nullptr, start.person,
                        log);  // before anybody can know that we are up
        server->start();
    } catch (const PortTaken&) {
        log.error("start.failed", describe_taken_port(start.resolved));
        return ExitCode::unavailable;
    } catch (const std::runtime_error& error) {
        log.error("start.failed", error.what());
        return ExitCode::unavailable;
    }
    facts.port = server->port();
    facts.venues = service->venues();
    announce(start, options, facts, log);
    const std::string warning = validity_warning(options.http.tls.get(), clock.now());
    if (!warning.empty()) log.warn("tls.validity", warning);
    stopper->run();
    routes->part();
    // Before the server and its io_contexts: the store's threads wake those up.
    service.reset();
    return ExitCode::stopped;
}

}  // namespace libexec::server
