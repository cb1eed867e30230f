#include "client_connection.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <exception>
#include <span>
#include <utility>

#include "tokens.hpp"

namespace libexec {

namespace {

std::chrono::milliseconds tick_for(const WebSocketClientConfig& config) {
    const auto shortest = std::min({config.connect_deadline, config.handshake_deadline, config.write_stall,
                                    config.ping_interval, config.pong_timeout, config.close_timeout});
    return std::clamp(shortest / 10, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
}

/// The longest header of a client's frame (RFC 6455 section 5.2).
constexpr std::size_t frame_header_bytes = 14;

Rejection cancelled_words() { return reject(Reason::cancelled, "the WebSocket client is gone"); }

}  // namespace

Task<void> Signal::wait() {
    asio::error_code rung;
    co_await timer_.async_wait(asio::redirect_error(use_task, rung));
}

ClientConnection::ClientConnection(const Executor& executor, WebSocketClientConfig config)
    : executor_(executor),
      config_(std::move(config)),
      tick_(tick_for(config_)),
      codec_(WsRole::client, config_.message_bytes_max),
      changed_(executor),
      received_(executor),
      room_(executor),
      drained_(executor),
      watch_timer_(executor) {}

// ---- what the client asks for ----

Task<Result<Done>> ClientConnection::connect(std::shared_ptr<ClientConnection> self, std::string url) {
    if (self->abandoned_) co_return cancelled_words();
    if (self->state_ != State::fresh)
        co_return reject(Reason::invalid_parameter, "a WebSocket client connects once");
    if (std::any_of(self->config_.user_agent.begin(), self->config_.user_agent.end(), is_control))
        co_return reject(Reason::invalid_parameter, "the user agent has control characters");
    const Result<WsUrl> parsed = WsUrl::parse(url);
    if (!parsed) co_return parsed.error();
    self->name_ = parsed.value().name;
    self->state_ = State::connecting;
    asio::co_spawn(self->executor_, live(self, parsed.value()), asio::detached);
    asio::co_spawn(self->executor_, watch(self), asio::detached);
    while (self->is_connecting()) co_await self->changed_.wait();
    if (self->abandoned_) co_return cancelled_words();
    if (self->connected_) co_return Done{};
    co_return self->end_->error();
}

Task<Result<Done>> ClientConnection::send_text(std::shared_ptr<ClientConnection> self, std::string text) {
    const std::size_t size = text.size() + frame_header_bytes;
    const std::size_t most = self->config_.send_queue_bytes;
    if (size > most) {
        co_return reject(Reason::invalid_parameter, "a text of " + std::to_string(text.size()) +
                                                        " bytes is larger than the queue of " +
                                                        std::to_string(most));
    }
    while (self->is_open() && self->queued_bytes_ + size > most) co_await self->drained_.wait();
    if (self->abandoned_) co_return cancelled_words();
    if (!self->is_open()) co_return self->not_open();
    self->queue(WsOpcode::text, text);
    co_return Done{};
}

Task<Result<WsMessage>> ClientConnection::next(std::shared_ptr<ClientConnection> self) {
    for (;;) {
        if (self->abandoned_) co_return cancelled_words();
        if (!self->inbox_.empty()) {
            WsMessage message = std::move(self->inbox_.front());
            self->inbox_.pop_front();
            self->inbox_bytes_ -= message.payload.size();
            self->room_.ring();
            co_return message;
        }
        if (self->end_) co_return *self->end_;
        if (self->state_ == State::fresh) co_return self->not_open();
        co_await self->received_.wait();
    }
}

Task<Result<Done>> ClientConnection::close(std::shared_ptr<ClientConnection> self, WsCloseCode code,
                                           std::string reason) {
    if (self->state_ == State::fresh || self->is_connecting())
        self->cut(reject(Reason::cancelled, "it was closed before it was open"));
    if (self->state_ == State::open) {
        self->state_ = State::closing;
        self->queue_close(code, reason);
        self->wake_all();
    }
    while (self->state_ == State::closing) co_await self->changed_.wait();
    if (self->abandoned_) co_return cancelled_words();
    if (self->connected_ && !*self->end_) co_return self->end_->error();
    co_return Done{};
}

void ClientConnection::abandon() {
    abandoned_ = true;
    if (state_ == State::open) {
        // Said if the kernel takes it at once.
        state_ = State::ended;
        queue_close(WsCloseCode::going_away, {});
    }
    cut(cancelled_words());
}

// ---- the life of the connection ----

Task<void> ClientConnection::live(std::shared_ptr<ClientConnection> self, WsUrl url) {
    try {
        Result<Done> done = Done{};
        if (url.secure) done = self->find_trust();
        if (done) done = co_await self->reach(url);
        if (done && url.secure) done = co_await self->shake_hands(url);
        if (done) done = co_await self->upgrade(url);
        if (!done) {
            self->cut(done.error());
            co_return;
        }
        self->opened();
        co_await self->read_on();
        co_await self->linger();
    } catch (const std::exception& error) {
        self->cut(reject(Reason::internal, self->name_ + ": " + error.what()));
    }
}

void ClientConnection::opened() {
    state_ = State::open;
    connected_ = true;
    phase_due_ = never;
    ping_due_ = Clock::now() + config_.ping_interval;
    wake_all();
}

Task<void> ClientConnection::read_on() {
    for (;;) {
        if (state_ == State::ended) co_return;
        if (state_ == State::open && inbox_full()) {
            co_await room_.wait();
            continue;
        }
        if (unread_at_ < unread_end_) {
            std::size_t used = 0;
            const std::span<std::uint8_t> unread(buffer_.data() + unread_at_, unread_end_ - unread_at_);
            const WsEvent event = codec_.consume(unread, used);
            unread_at_ += used;
            take(event);
            continue;
        }
        asio::error_code error;
        co_await transport_->async_wait(Socket::wait_read, asio::redirect_error(use_task, error));
        if (state_ == State::ended) co_return;
        unread_at_ = unread_end_ = 0;
        const std::span<char> room(reinterpret_cast<char*>(buffer_.data()), buffer_.size());
        if (!error) unread_end_ = transport_->read_some(room, error);
        if (error == asio::error::would_block) continue;
        if (error) co_return lost(error);
        heard();
    }
}

/// After the last frame: what is queued leaves, and the server may be the first to end the connection. Bytes
/// that were left unread would turn our last frame into a reset.
Task<void> ClientConnection::linger() {
    flush();
    while (transport_) {
        asio::error_code error;
        co_await transport_->async_wait(Socket::wait_read, asio::redirect_error(use_task, error));
        if (!transport_) co_return;
        const std::span<char> room(reinterpret_cast<char*>(buffer_.data()), buffer_.size());
        if (error != asio::error::operation_aborted) (void)transport_->read_some(room, error);
        if (error && error != asio::error::would_block && error != asio::error::operation_aborted) drop();
    }
}

bool ClientConnection::inbox_full() const {
    return inbox_bytes_ >= config_.received_bytes_max || inbox_.size() >= config_.received_messages_max;
}

void ClientConnection::take(WsEvent event) {
    switch (event) {
        case WsEvent::none:
        case WsEvent::pong:
            break;
        case WsEvent::ping:
            answer_ping(std::move(codec_.payload()));
            break;
        case WsEvent::close:
            server_closed();
            break;
        case WsEvent::error:
            leave(codec_.close_code(), codec_.payload(),
                  unavailable("the server broke the rules of WebSocket: " + codec_.payload()));
            break;
        case WsEvent::text:
        case WsEvent::binary:
            if (state_ != State::open) break;
            WsMessage message;
            message.kind = event == WsEvent::text ? WsMessage::Kind::text : WsMessage::Kind::binary;
            message.payload = std::move(codec_.payload());
            inbox_bytes_ += message.payload.size();
            inbox_.push_back(std::move(message));
            received_.ring();
            break;
    }
}

void ClientConnection::server_closed() {
    WsMessage closed;
    closed.close_code = codec_.close_code();
    closed.payload = codec_.payload();
    const bool answers = state_ == State::open;
    set_end(std::move(closed));
    state_ = State::ended;
    if (answers) {
        queue_close(codec_.close_code(), {});
    } else {
        close_due_ = Clock::now() + config_.close_timeout;
    }
    wake_all();
}

void ClientConnection::answer_ping(std::string payload) {
    if (state_ != State::open) return;  // nothing may follow our own close frame
    if (pong_queued_) {
        // The latest is enough (RFC 6455 section 5.5.3).
        pong_later_ = std::move(payload);
        return;
    }
    queue(WsOpcode::pong, payload);
    if (!outbox_.empty()) pong_queued_ = outbox_.back();
}

void ClientConnection::heard() {
    if (pong_due_ == never) return;
    pong_due_ = never;
    ping_due_ = Clock::now() + config_.ping_interval;
}

// ---- the way out ----

void ClientConnection::queue(WsOpcode opcode, std::string_view payload) {
    std::uint32_t key = 0;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&key), sizeof key) != 1)
        return cut(reject(Reason::internal, name_ + ": the system has no random bytes"));
    outbox_.push_back(client_frame(opcode, payload, key));
    queued_bytes_ += outbox_.back()->size();
    flush();
}

void ClientConnection::queue_close(WsCloseCode code, std::string_view reason) {
    close_due_ = Clock::now() + config_.close_timeout;
    queue(WsOpcode::close, close_payload(code, reason));
}

void ClientConnection::flush() {
    while (transport_ && !waiting_to_write_ && !outbox_.empty()) {
        asio::error_code error;
        const std::string_view rest = std::string_view(*outbox_.front()).substr(written_of_first_);
        const std::size_t written = transport_->write_some(rest, error);
        if (error && error != asio::error::would_block) return lost(error);
        forget_written(written);
        if (!error) continue;
        waiting_to_write_ = true;
        stall_due_ = Clock::now() + config_.write_stall;
        transport_->async_wait(Socket::wait_write, [self = shared_from_this()](const asio::error_code&) {
            self->waiting_to_write_ = false;
            self->stall_due_ = never;
            self->flush();  // sees for itself what became of the connection
        });
    }
    if (transport_ && outbox_.empty()) all_written();
}

void ClientConnection::forget_written(std::size_t bytes) {
    queued_bytes_ -= bytes;
    written_of_first_ += bytes;
    if (bytes > 0) drained_.ring();
    if (written_of_first_ < outbox_.front()->size()) return;
    const bool pong_left = outbox_.front() == pong_queued_;
    outbox_.pop_front();
    written_of_first_ = 0;
    if (!pong_left) return;
    pong_queued_.reset();
    const std::optional<std::string> later = std::exchange(pong_later_, std::nullopt);
    if (later) answer_ping(*later);
}

void ClientConnection::all_written() {
    if (state_ != State::ended || said_last_word_) return;
    said_last_word_ = true;
    transport_->end_sending();
}

// ---- the end ----

void ClientConnection::wake_all() {
    changed_.ring();
    received_.ring();
    room_.ring();
    drained_.ring();
}

void ClientConnection::set_end(Result<WsMessage> end) {
    if (!end_) end_ = std::move(end);
}

void ClientConnection::leave(WsCloseCode code, std::string_view reason, Rejection why) {
    const bool is_told = state_ == State::open;
    set_end(std::move(why));
    state_ = State::ended;
    if (is_told) queue_close(code, reason);
    wake_all();
    // The reader goes on to the last part, and the writer tries once more.
    if (transport_) transport_->cancel();
}

void ClientConnection::cut(Rejection why) {
    set_end(std::move(why));
    state_ = State::ended;
    drop();
    wake_all();
}

void ClientConnection::lost(const asio::error_code& error) {
    if (state_ == State::ended) return drop();
    cut(unavailable(error == asio::error::eof ? "the server ended the connection without a close"
                                              : "the connection broke: " + error.message()));
}

void ClientConnection::drop() {
    asio::error_code ignored;
    if (socket_) socket_->close(ignored);
    socket_.reset();
    if (transport_) transport_->close();
    transport_.reset();
    outbox_.clear();
    pong_queued_.reset();
    pong_later_.reset();
    written_of_first_ = 0;
    queued_bytes_ = 0;
    watch_timer_.cancel();
}

Rejection ClientConnection::unavailable(const std::string& what) const {
    return reject(Reason::service_unavailable, name_ + ": " + what);
}

Rejection ClientConnection::not_open() const {
    if (end_ && !*end_) return end_->error();
    return unavailable("the WebSocket is not open");
}

// ---- time ----

Task<void> ClientConnection::watch(std::shared_ptr<ClientConnection> self) {
    while (self->state_ != State::ended || self->has_socket()) {
        asio::error_code ignored;
        self->watch_timer_.expires_after(self->tick_);
        co_await self->watch_timer_.async_wait(asio::redirect_error(use_task, ignored));
        self->on_tick(Clock::now());
    }
}

void ClientConnection::on_tick(Moment now) {
    if (is_connecting()) {
        if (now >= phase_due_) return cut(unavailable(phase_ + " in time"));
        if (now < attempt_due_ || !socket_) return;
        asio::error_code ignored;
        socket_->close(ignored);  // the next address has its turn
        return;
    }
    if (now >= stall_due_) return cut(unavailable("the server takes nothing"));
    if (now >= close_due_) return cut(unavailable("the server did not answer the close in time"));
    if (state_ == State::open) ping_if_due(now);
}

void ClientConnection::ping_if_due(Moment now) {
    if (inbox_full()) {
        // Nothing is read just now; the pong may lie unread.
        pong_due_ = never;
        ping_due_ = std::max(ping_due_, now + 2 * tick_);
        return;
    }
    if (now >= pong_due_) {
        return leave(WsCloseCode::no_pong, "no pong",
                     unavailable("the server is silent: no byte after a ping"));
    }
    if (pong_due_ != never || now < ping_due_) return;
    pong_due_ = now + config_.pong_timeout;
    queue(WsOpcode::ping, {});
}

}  // namespace libexec
