#include "libexec/chain/solana/signer_server.hpp"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <asio/basic_stream_socket.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/read.hpp>
#include <asio/redirect_error.hpp>
#include <asio/write.hpp>

#include "libexec/chain/solana/signer_wire.hpp"
#include "signer_socket.hpp"

namespace libexec {
namespace {

using namespace std::chrono_literals;
using Socket = asio::basic_stream_socket<asio::local::stream_protocol, Executor>;

constexpr std::chrono::milliseconds pause_without_descriptors{50};
constexpr std::size_t detail_bytes_most = 1'000;  ///< so that an answer always fits into its frame

}  // namespace

struct SignerServer::Impl : std::enable_shared_from_this<SignerServer::Impl> {
    Impl(SignerServerConfig server_config, const KeyPairSigner& key, asio::io_context& server_io,
         Timers& server_timers, Log& server_log)
        : config(std::move(server_config)),
          signer(key),
          io(server_io),
          timers(server_timers),
          log(server_log),
          place(std::in_place, config.socket_path, !config.users.empty(), server_io) {}

    /// One client. Its requests are answered one after the other.
    struct Session {
        Session(std::shared_ptr<Impl> owner, Socket connected, std::uint32_t peer)
            : server(std::move(owner)),
              socket(std::move(connected)),
              user(peer),
              patience(server->timers.make_alarm()) {
            server->sessions.insert(this);
        }
        ~Session() { server->sessions.erase(this); }
        Session(const Session&) = delete;
        Session& operator=(const Session&) = delete;

        void cut() {
            open = false;
            patience->ring();
            asio::error_code ignored;
            socket.close(ignored);
        }

        const std::shared_ptr<Impl> server;
        Socket socket;
        const std::uint32_t user;
        const std::unique_ptr<Alarm> patience;
        bool open = true;
        bool heard = false;  ///< something since the clock was looked at last
    };

    static Task<void> accept_all(std::shared_ptr<Impl> server) {
        while (server->place) {
            asio::error_code error;
            SignerSocket::Acceptor& acceptor = server->place->acceptor();
            Socket socket = co_await acceptor.async_accept(asio::redirect_error(use_task, error));
            if (!server->place || error == asio::error::operation_aborted) co_return;
            if (error) {
                co_await server->timers.sleep_for(pause_without_descriptors);
                continue;
            }
            server->take_in(std::move(socket));
        }
    }

    void take_in(Socket socket) {
        const auto user = peer_user(socket.native_handle());
        const bool known =
            user && (*user == ::geteuid() || std::ranges::find(config.users, *user) != config.users.end());
        if (!known) {
            log.warn("signer.stranger", "a user who may not ask for signatures was turned away",
                     {{"uid", user ? std::to_string(*user) : "unknown"}});
            return;
        }
        if (sessions.size() >= config.connections_max) {
            log.warn("signer.full", "as many clients as may be are connected: one more was turned away");
            return;
        }
        const auto session = std::make_shared<Session>(shared_from_this(), std::move(socket), *user);
        asio::co_spawn(io, serve(session), asio::detached);
        asio::co_spawn(io, watch(session), asio::detached);
    }

    /// Cuts a client that says nothing, or only half.
    static Task<void> watch(std::shared_ptr<Session> session) {
        while (session->open) {
            co_await session->patience->wait(session->server->config.request_within);
            if (session->open && !std::exchange(session->heard, false)) session->cut();
        }
    }

    static Task<void> serve(std::shared_ptr<Session> session) {
        while (session->open) {
            Result<std::string> body = co_await read_frame(session);
            if (!session->open) break;
            SignerAnswer answer;
            const bool in_order = static_cast<bool>(body);
            if (in_order) {
                answer = session->server->answer(body.value(), session->user);
            } else {
                if (body.error().reason != Reason::invalid_body) break;  // it has gone
                answer = session->server->refuse_frame(body.error(), session->user);
            }
            if (answer.error && answer.error->detail.size() > detail_bytes_most)
                answer.error->detail.resize(detail_bytes_most);
            const std::string frame = to_signer_frame(encode_signer_answer(answer));
            asio::error_code error;
            co_await asio::async_write(session->socket, asio::buffer(frame),
                                       asio::redirect_error(use_task, error));
            if (error || !in_order) break;  // where the next frame begins is not known any more
        }
        if (session->open) session->cut();
    }

    static Task<Result<std::string>> read_frame(std::shared_ptr<Session> session) {
        SignerFrameHead head{};
        asio::error_code error;
        co_await asio::async_read(session->socket, asio::buffer(head), asio::redirect_error(use_task, error));
        if (error) co_return reject(Reason::service_unavailable, error.message());
        const Result<std::size_t> size = signer_frame_size(head);
        if (!size) co_return size.error();
        std::string body(size.value(), '\0');
        co_await asio::async_read(session->socket, asio::buffer(body), asio::redirect_error(use_task, error));
        if (error) co_return reject(Reason::service_unavailable, error.message());
        session->heard = true;
        co_return body;
    }

    SignerAnswer refuse_frame(const Rejection& why, std::uint32_t user) {
        log.warn("signer.bad_request", why.detail, {{"uid", std::to_string(user)}});
        SignerAnswer answer;
        answer.error = why;
        return answer;
    }

    SignerAnswer answer(const std::string& body, std::uint32_t user) {
        const Result<SignerRequest> request = decode_signer_request(body);
        if (!request) return refuse_frame(request.error(), user);
        SignerAnswer answer;
        if (request.value().op == SignerOp::public_key) {
            answer.wallet = signer.wallet();
            return answer;
        }
        const SwapTerms& terms = request.value().terms;
        Result<SignedTransaction> made = sign(request.value());
        if (!made) {
            log.warn("signer.refused", made.error().detail,
                     {{"orderId", terms.order.to_string()},
                      {"attempt", std::to_string(terms.attempt), true},
                      {"error_code", std::string(to_string(made.error().reason))},
                      {"uid", std::to_string(user)}});
            answer.error = made.error();
            return answer;
        }
        log.info("signer.signed", "a swap was signed",
                 {{"orderId", terms.order.to_string()},
                  {"attempt", std::to_string(terms.attempt), true},
                  {"mintIn", terms.mint_in.to_string()},
                  {"mostIn", terms.most_in.to_string()},
                  {"mintOut", terms.mint_out.to_string()},
                  {"leastOut", terms.least_out.to_string()}});
        answer.transaction = std::move(made).value();
        return answer;
    }

    Result<SignedTransaction> sign(const SignerRequest& request) {
        if (signed_lately >= config.orders_per_minute)
            return reject(Reason::rate_limited, "orders_per_minute: " + std::to_string(signed_lately) +
                                                    " transactions were signed within a minute, at most " +
                                                    std::to_string(config.orders_per_minute));
        Result<SignedTransaction> made = signer.sign_now(request.transaction, request.terms);
        if (made) {
            ++signed_lately;
            asio::co_spawn(io, forget_one(shared_from_this()), asio::detached);
        }
        return made;
    }

    /// Of the time that passes, not of the clock's, which somebody may set.
    static Task<void> forget_one(std::shared_ptr<Impl> server) {
        co_await server->timers.sleep_for(1min);
        --server->signed_lately;
    }

    void stop() {
        asio::error_code ignored;
        place->acceptor().close(ignored);
        place.reset();
        // A session that is cut may end at once.
        const std::set<Session*> all = sessions;
        for (Session* session : all) session->cut();
    }

    const SignerServerConfig config;
    const KeyPairSigner& signer;
    asio::io_context& io;
    Timers& timers;
    Log& log;
    std::optional<SignerSocket> place;
    std::set<Session*> sessions;
    std::uint32_t signed_lately = 0;
};

SignerServer::SignerServer(SignerServerConfig config, const KeyPairSigner& signer, asio::io_context& io,
                           Timers& timers, Log& log)
    : impl_(std::make_shared<Impl>(std::move(config), signer, io, timers, log)) {
    asio::co_spawn(io, Impl::accept_all(impl_), asio::detached);
}

SignerServer::~SignerServer() { impl_->stop(); }

}  // namespace libexec
