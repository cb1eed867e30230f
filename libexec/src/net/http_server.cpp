#include "libexec/net/http_server.hpp"

#include <asio/basic_socket_acceptor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <algorithm>
#include <future>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "http_connection.hpp"
#include "libexec/net/descriptor_limit.hpp"
#include "worker.hpp"

namespace libexec {

namespace {

using asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;

constexpr int backlog = 4096;
constexpr std::chrono::milliseconds accept_pause{50};  // when the process has run out of descriptors
constexpr std::chrono::milliseconds cut_timeout{1'000};
constexpr std::uint64_t connections_least = 16;

tcp::endpoint resolve(asio::io_context& io, const HttpServerConfig& config, asio::error_code& error) {
    const asio::ip::address address = asio::ip::make_address(config.host, error);
    if (!error) return tcp::endpoint(address, config.port);
    tcp::resolver resolver(io);
    const auto found =
        resolver.resolve(config.host, std::to_string(config.port), tcp::resolver::passive, error);
    return error ? tcp::endpoint() : found.begin()->endpoint();
}

}  // namespace

class HttpServer::Impl {
public:
    Impl(HttpServerConfig config, HttpHandler& handler, Log& log, const Clock& clock)
        : shared_(std::move(config), handler, log, clock), identity_(shared_.config.tls) {
        const std::size_t threads = std::max<std::size_t>(1, shared_.config.threads);
        for (std::size_t i = 0; i < threads; ++i) workers_.push_back(std::make_unique<Worker>(shared_));
        acceptor_.emplace(workers_.front()->executor());
    }

    ~Impl() { stop("server gone"); }

    void start() {
        listen();
        limit_connections();
        asio::co_spawn(workers_.front()->executor(), accept_for_ever(*this), asio::detached);
        for (const auto& worker : workers_) threads_.emplace_back([&worker = *worker] { worker.run(); });
        shared_.log.info("net.listening", "accepting connections",
                         {{"host", shared_.config.host}, {"port", std::to_string(port_)}});
    }

    std::uint16_t port() const { return port_; }

    void show_identity(std::shared_ptr<const TlsIdentity> tls) {
        const std::lock_guard lock(identity_mutex_);
        identity_ = std::move(tls);
    }

    void stop_accepting() {
        const std::lock_guard lock(stop_mutex_);
        close_acceptor();
    }

    void stop(std::string_view reason) {
        const std::lock_guard lock(stop_mutex_);
        if (threads_.empty()) return;
        close_acceptor();
        for (const auto& worker : workers_) {
            asio::post(worker->executor(),
                       [&worker = *worker, why = std::string(reason)] { worker.stop(why); });
        }
        if (!all_gone_within(shared_.config.stop_timeout)) {
            shared_.log.warn("net.stop", "cutting connections that did not end in time",
                             {{"connections", std::to_string(shared_.connections.load())}});
            for (const auto& worker : workers_) {
                asio::post(worker->executor(), [&worker = *worker] { worker.abort(); });
            }
            all_gone_within(cut_timeout);
        }
        for (const auto& worker : workers_) worker->finish();
        for (std::thread& thread : threads_) thread.join();
        threads_.clear();
        // What a handler or a subscriber still holds must let go of its socket before the io_contexts go.
        for (const auto& worker : workers_) worker->abort();
    }

    HttpServerCounts counts() const {
        HttpServerCounts counts;
        counts.connections = shared_.connections.load(std::memory_order_relaxed);
        counts.websockets = shared_.websockets.load(std::memory_order_relaxed);
        counts.refused = shared_.refused.load(std::memory_order_relaxed);
        for (const auto& worker : workers_) counts.requests += worker->requests();
        return counts;
    }

private:
    void listen() {
        asio::io_context resolving;
        asio::error_code error;
        const tcp::endpoint endpoint = resolve(resolving, shared_.config, error);
        if (!error) acceptor_->open(endpoint.protocol(), error);
        if (!error && endpoint.address().is_v6()) acceptor_->set_option(asio::ip::v6_only(false), error);
        // For the connections of a former run that linger; a port that is listened on stays refused.
        if (!error) acceptor_->set_option(Acceptor::reuse_address(true), error);
        if (!error) acceptor_->bind(endpoint, error);
        if (!error) acceptor_->listen(backlog, error);
        if (error) {
            acceptor_->close();
            const std::string what =
                "Cannot listen on " + shared_.config.host + ":" + std::to_string(shared_.config.port) + ": ";
            if (error == asio::error::address_in_use)
                throw PortTaken(what + "another program already uses this port.");
            throw std::runtime_error(what + error.message() + ".");
        }
        port_ = acceptor_->local_endpoint().port();
    }

    /// Clients must not use up the descriptors that the rest of the process needs for its files.
    void limit_connections() {
        const std::uint64_t others = descriptors_of_its_own + surplus_connections;
        const std::uint64_t descriptors = descriptor_limit();
        const std::uint64_t room = descriptors > others ? descriptors - others : 0;
        // Where there is next to nothing, those who are told so must not take the rest.
        if (room < connections_least) surplus_ = std::min(surplus_connections, descriptors / 8);
        connections_max_ =
            std::min<std::uint64_t>(shared_.config.connections_max, std::max(room, connections_least));
        if (connections_max_ == shared_.config.connections_max) return;
        shared_.log.warn("net.descriptors",
                         "fewer connections than configured: raise the limit of open files",
                         {{"connections", std::to_string(connections_max_)},
                          {"configured", std::to_string(shared_.config.connections_max)},
                          {"openFiles", std::to_string(descriptors)}});
    }

    static Task<void> accept_for_ever(Impl& server) {
        asio::error_code error;
        std::size_t turn = 0;
        SteadyTimer pause(server.workers_.front()->executor());
        while (server.acceptor_->is_open()) {
            Worker& worker = *server.workers_[turn++ % server.workers_.size()];
            Socket socket = co_await server.acceptor_->async_accept(worker.executor(),
                                                                    asio::redirect_error(use_task, error));
            if (!error) {
                server.welcome(worker, std::move(socket));
                continue;
            }
            if (!server.acceptor_->is_open()) co_return;
            // Mostly EMFILE: descriptors come back when connections end.
            server.shared_.log.warn("net.accept", "cannot accept a connection", {{"error", error.message()}});
            pause.expires_after(accept_pause);
            co_await pause.async_wait(asio::redirect_error(use_task, error));
        }
    }

    void welcome(Worker& worker, Socket socket) {
        const std::uint64_t open = shared_.connections.load(std::memory_order_relaxed);
        const std::uint64_t limit = connections_max_;
        asio::error_code error;
        const tcp::endpoint peer = socket.remote_endpoint(error);
        if (error) return;  // gone already
        if (open >= limit + surplus_) {
            shared_.refused.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        socket.set_option(tcp::no_delay(true), error);
        socket.non_blocking(true, error);
        if (error) return;
        HttpConnection::launch(std::make_shared<HttpConnection>(
            worker, std::move(socket), peer.address().to_string(), open >= limit, identity()));
    }

    std::shared_ptr<const TlsIdentity> identity() {
        const std::lock_guard lock(identity_mutex_);
        return identity_;
    }

    void close_acceptor() {
        if (threads_.empty()) return;
        std::promise<void> closed;
        asio::post(workers_.front()->executor(), [this, &closed] {
            asio::error_code ignored;
            acceptor_->close(ignored);
            closed.set_value();
        });
        closed.get_future().wait();
    }

    bool all_gone_within(std::chrono::milliseconds patience) const {
        constexpr std::chrono::milliseconds step{2};
        for (auto waited = std::chrono::milliseconds(0); waited < patience; waited += step) {
            if (shared_.connections.load(std::memory_order_acquire) == 0) return true;
            std::this_thread::sleep_for(step);
        }
        return shared_.connections.load(std::memory_order_acquire) == 0;
    }

    ServerShared shared_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::optional<Acceptor> acceptor_;
    std::vector<std::thread> threads_;
    std::mutex stop_mutex_;
    std::mutex identity_mutex_;
    std::shared_ptr<const TlsIdentity> identity_;
    std::uint64_t connections_max_ = 0;
    std::uint64_t surplus_ = surplus_connections;
    std::uint16_t port_ = 0;
};

HttpServer::HttpServer(HttpServerConfig config, HttpHandler& handler, Log& log, const Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(config), handler, log, clock)) {}

HttpServer::~HttpServer() = default;

void HttpServer::start() { impl_->start(); }

std::uint16_t HttpServer::port() const { return impl_->port(); }

void HttpServer::show_identity(std::shared_ptr<const TlsIdentity> tls) {
    impl_->show_identity(std::move(tls));
}

void HttpServer::stop_accepting() { impl_->stop_accepting(); }

void HttpServer::stop(std::string_view reason) { impl_->stop(reason); }

HttpServerCounts HttpServer::counts() const { return impl_->counts(); }

}  // namespace libexec
