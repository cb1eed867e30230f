#include "libexec/chain/sim/chain_server.hpp"

#include <stdexcept>
#include <utility>

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/write.hpp>

#include "libexec/base/random.hpp"
#include "libexec/chain/sim/chain_wire.hpp"
#include "sim_slots.hpp"

namespace libexec {
namespace {

using namespace std::chrono_literals;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;

constexpr std::chrono::milliseconds pause_without_descriptors{50};
constexpr std::uint64_t redelivery_slots_most = 40;  ///< beyond the end of a blockhash

Attempt attempt_in(ChainCall& call) {
    Attempt attempt;
    attempt.order = call.order;
    attempt.number = call.attempt;
    attempt.signature = call.signature;
    attempt.signed_bytes = call.bytes;
    attempt.last_valid_height = call.last_valid_height;
    return attempt;
}

/// What may get lost on the way. The first words and the switches always arrive.
bool travels(ChainOp op) { return op != ChainOp::hello && op != ChainOp::troubles && op != ChainOp::trouble; }

}  // namespace

struct ChainServer::Impl : std::enable_shared_from_this<ChainServer::Impl> {
    Impl(ChainServerConfig server_config, SimChain& served, asio::io_context& server_io,
         Timers& server_timers, Log& server_log)
        : config(std::move(server_config)),
          chain(served),
          io(server_io),
          timers(server_timers),
          log(server_log),
          acceptor(server_io.get_executor()) {}

    struct Session : std::enable_shared_from_this<Session> {
        Session(std::shared_ptr<Impl> owner, Socket connected)
            : server(std::move(owner)), socket(std::move(connected)) {}
        ~Session() { cut(); }
        Session(const Session&) = delete;
        Session& operator=(const Session&) = delete;

        void cut() {
            if (!std::exchange(open, false)) return;
            asio::error_code ignored;
            socket.close(ignored);
            --server->sessions;
        }

        /// Queues a line; a client that reads nothing is cut.
        void say(const ChainReply& reply) {
            if (!open) return;
            outgoing += encode_chain_reply(reply) + '\n';
            if (outgoing.size() > server->config.unread_bytes_max) {
                server->log.warn("chain.slow_client", "a client does not read its answers: it is cut");
                return cut();
            }
            if (!std::exchange(writing, true))
                asio::co_spawn(server->io, write_out(shared_from_this()), asio::detached);
        }

        void refuse(std::uint64_t id, ChainOp op, Rejection why) {
            ChainReply reply(op, id);
            reply.error = std::move(why);
            say(reply);
        }

        const std::shared_ptr<Impl> server;
        Socket socket;
        std::string unread;
        std::string outgoing;
        std::size_t calls = 0;
        bool writing = false;
        bool greeted = false;
        bool open = true;
        bool last_words = false;  ///< cut once everything is written
    };

    void listen() {
        asio::error_code error;
        const asio::ip::address address = asio::ip::make_address(config.host, error);
        const std::string place = config.host + " port " + std::to_string(config.port);
        if (error) throw std::runtime_error("the chain cannot listen on " + config.host + ": not an address");
        const asio::ip::tcp::endpoint endpoint(address, config.port);
        acceptor.open(endpoint.protocol(), error);
        if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
        if (!error) acceptor.bind(endpoint, error);
        if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
        if (error) throw std::runtime_error("the chain cannot listen on " + place + ": " + error.message());
        asio::co_spawn(io, accept_all(shared_from_this()), asio::detached);
    }

    static Task<void> accept_all(std::shared_ptr<Impl> server) {
        while (server->acceptor.is_open()) {
            asio::error_code error;
            Socket socket = co_await server->acceptor.async_accept(asio::redirect_error(use_task, error));
            if (error == asio::error::operation_aborted) co_return;
            if (error) {
                co_await server->timers.sleep_for(pause_without_descriptors);
                continue;
            }
            socket.set_option(asio::ip::tcp::no_delay(true), error);
            const bool full = ++server->sessions > server->config.connections_max;
            const auto session = std::make_shared<Session>(server, std::move(socket));
            if (full) {
                session->last_words = true;
                session->refuse(0, ChainOp::hello,
                                reject(Reason::queue_full, "as many engines as it takes are connected"));
                continue;
            }
            asio::co_spawn(server->io, serve(session), asio::detached);
            asio::co_spawn(server->io, expect_greeting(session), asio::detached);
        }
    }

    static Task<void> expect_greeting(std::shared_ptr<Session> session) {
        co_await session->server->timers.sleep_for(session->server->config.greeting_within);
        if (!session->greeted) session->cut();
    }

    static Task<void> write_out(std::shared_ptr<Session> session) {
        while (session->open && !session->outgoing.empty()) {
            const std::string now = std::exchange(session->outgoing, std::string());
            asio::error_code error;
            co_await asio::async_write(session->socket, asio::buffer(now),
                                       asio::redirect_error(use_task, error));
            if (error) session->cut();
        }
        session->writing = false;
        if (session->last_words) session->cut();
    }

    static Task<void> serve(std::shared_ptr<Session> session) {
        while (session->open && !session->last_words) {
            asio::error_code error;
            const std::size_t size = co_await asio::async_read_until(
                session->socket, asio::dynamic_buffer(session->unread, chain_line_bytes_max + 1), '\n',
                asio::redirect_error(use_task, error));
            if (error == asio::error::not_found) {
                session->last_words = true;
                session->refuse(
                    0, ChainOp::hello,
                    reject(Reason::invalid_body,
                           "a line has at most " + std::to_string(chain_line_bytes_max) + " bytes"));
                co_return;
            }
            if (error) break;
            const std::string line = session->unread.substr(0, size - 1);
            session->unread.erase(0, size);
            take(session, line);
        }
        if (!session->last_words) session->cut();
    }

    static void take(const std::shared_ptr<Session>& session, const std::string& line) {
        Result<ChainCall> call = decode_chain_call(line);
        if (!call) {
            session->last_words = true;
            return session->refuse(0, ChainOp::hello, call.error());
        }
        const ChainOp op = call.value().op;
        const std::uint64_t id = call.value().id;
        if (op == ChainOp::hello) return greet(*session, call.value());
        if (!session->greeted) {
            session->last_words = true;
            return session->refuse(id, op, reject(Reason::invalid_body, "say hello first"));
        }
        if (session->calls >= session->server->config.calls_max) {
            return session->refuse(id, op,
                                   reject(Reason::service_unavailable, "too many calls are under way"));
        }
        ++session->calls;
        asio::co_spawn(session->server->io, answer(session, std::move(call).value()), asio::detached);
    }

    static void greet(Session& session, const ChainCall& call) {
        if (call.version != chain_wire_version) {
            session.last_words = true;
            return session.refuse(call.id, ChainOp::hello,
                                  reject(Reason::invalid_body, "this chain process speaks version " +
                                                                   std::to_string(chain_wire_version)));
        }
        session.greeted = true;
        ChainReply reply(ChainOp::hello, call.id);
        reply.time_scale_ppm = session.server->config.time_scale_ppm;
        session.say(reply);
    }

    static Task<void> answer(std::shared_ptr<Session> session, ChainCall call) {
        Impl& server = *session->server;
        const bool may_fail = travels(call.op);
        const std::uint64_t key = server.way_of(call);
        const SimTroubles troubles = server.chain.troubles();
        if (may_fail && hits(troubles.lost_request, "lost_request", key)) {
            --session->calls;
            co_return;
        }
        ChainReply reply = co_await server.work(call);
        --session->calls;
        const bool lost = may_fail && hits(troubles.lost_reply, "lost_reply", key);
        const bool twice = may_fail && hits(troubles.duplicate, "duplicate", key);
        if (!lost) session->say(reply);
        if (!lost && twice) session->say(reply);
        if (twice && call.op == ChainOp::send) {
            const std::uint64_t slots = Random(derive_seed(key, "later")).below(redelivery_slots_most + 1);
            asio::co_spawn(server.io, deliver_later(session->server, std::move(call), slots), asio::detached);
        }
    }

    /// The network finds the bytes in some queue and delivers them once more.
    static Task<void> deliver_later(std::shared_ptr<Impl> server, ChainCall call, std::uint64_t slots) {
        const std::uint64_t later_us = slots * SimSlots::slot_us * server->config.time_scale_ppm / 1'000'000;
        co_await server->timers.sleep_for(std::chrono::microseconds(static_cast<std::int64_t>(later_us)));
        Attempt attempt = attempt_in(call);
        const Result<Done> taken = co_await server->chain.deliver(std::move(attempt));
        if (!taken) server->log.debug("chain.duplicate_refused", taken.error().detail);
    }

    /// What a draw about this call on its way depends on.
    std::uint64_t way_of(const ChainCall& call) {
        const std::uint64_t asked = derive_seed(derive_seed(config.seed, to_string(call.op)), call.id);
        return derive_seed(derive_seed(asked, std::string_view(call.signature)), chain.slot());
    }

    static bool hits(std::uint32_t rate_ppm, std::string_view purpose, std::uint64_t key) {
        return rate_ppm > 0 && Random(derive_seed(key, purpose)).below(1'000'000) < rate_ppm;
    }

    Task<ChainReply> work(ChainCall& call) {
        ChainReply reply(call.op, call.id);
        switch (call.op) {
            case ChainOp::hello:
                break;
            case ChainOp::anchor: {
                const Result<Anchor> anchor = co_await chain.anchor();
                if (anchor) reply.anchor = anchor.value();
                if (!anchor) reply.error = anchor.error();
                break;
            }
            case ChainOp::send: {
                Attempt attempt = attempt_in(call);
                const Result<Done> sent = co_await chain.deliver(std::move(attempt));
                if (!sent) reply.error = sent.error();
                break;
            }
            case ChainOp::observe: {
                Attempt attempt = attempt_in(call);
                SimLook seen = co_await chain.look(std::move(attempt));
                reply.landed = std::move(seen.landed);
                reply.may_be_dead = seen.may_be_dead;
                break;
            }
            case ChainOp::declare_dead: {
                Attempt attempt = attempt_in(call);
                const bool recorded = co_await chain.declare_dead(std::move(attempt));
                // A judge does not stop whoever is wrong: it writes down what happens then.
                reply.stands = recorded || config.time_scale_ppm > 0;
                break;
            }
            case ChainOp::finalized:
            case ChainOp::status:
                co_await ask_node(call, reply);
                break;
            case ChainOp::troubles:
                reply.troubles = to_text(chain.troubles());
                break;
            case ChainOp::trouble:
                switch_trouble(call, reply);
                break;
        }
        co_return reply;
    }

    Task<void> ask_node(ChainCall& call, ChainReply& reply) {
        if (call.node >= chain.nodes().size()) {
            reply.error = reject(Reason::invalid_parameter,
                                 "there are " + std::to_string(chain.nodes().size()) + " nodes, from 0 on");
            co_return;
        }
        const std::shared_ptr<ChainNode> node = chain.nodes()[call.node];
        if (call.op == ChainOp::finalized) {
            const Result<NodeHeight> height = co_await node->finalized();
            if (height) reply.height = height.value();
            if (!height) reply.error = height.error();
        } else {
            const Result<NodeStatus> status = co_await node->status(call.signature, call.min_context_slot);
            if (status) reply.status = status.value();
            if (!status) reply.error = status.error();
        }
    }

    void switch_trouble(const ChainCall& call, ChainReply& reply) {
        const Result<SimTroubles> wanted = switched(chain.troubles(), call.name, call.value);
        if (!wanted) {
            reply.error = wanted.error();
            return;
        }
        chain.set_troubles(wanted.value());
        reply.troubles = to_text(wanted.value());
        log.warn("chain.troubles", "the chain misbehaves as asked", {{"faults", reply.troubles}});
    }

    const ChainServerConfig config;
    SimChain& chain;
    asio::io_context& io;
    Timers& timers;
    Log& log;
    Acceptor acceptor;
    std::size_t sessions = 0;
};

ChainServer::ChainServer(ChainServerConfig config, SimChain& chain, asio::io_context& io, Timers& timers,
                         Log& log)
    : impl_(std::make_shared<Impl>(std::move(config), chain, io, timers, log)) {
    impl_->listen();
}

ChainServer::~ChainServer() {
    asio::error_code ignored;
    impl_->acceptor.close(ignored);
}

std::uint16_t ChainServer::port() const { return impl_->acceptor.local_endpoint().port(); }

}  // namespace libexec
