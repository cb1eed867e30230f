#include "web_socket_session.hpp"

#include <algorithm>
#include <array>
#include <asio/buffer.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <utility>

#include "libexec/base/failpoint.hpp"

namespace libexec {

namespace {

constexpr std::size_t frames_per_write_max = 64;
constexpr std::size_t frames_kept = 16;  // room a drained queue keeps
constexpr int pongs_missed_max = 2;
/// Of one client in one turn of the loop: a flood of its frames must not hold up the others.
constexpr std::size_t bytes_per_read_max = 8 * 1024;

}  // namespace

WebSocketSession::WebSocketSession(Worker& worker, Transport socket, std::string unread)
    : worker_(worker),
      socket_(std::move(socket)),
      codec_(WsRole::server, worker.shared.config.ws_message_bytes_max),
      unread_(std::move(unread)),
      ping_due_(worker.due_in(worker.shared.config.ping_interval)) {
    worker_.shared.websockets.fetch_add(1, std::memory_order_relaxed);
}

WebSocketSession::~WebSocketSession() { drop(); }

Task<WsMessage> WebSocketSession::receive() {
    asio::error_code error;
    receiving_ = true;
    std::optional<WsMessage> message = take_unread_message();
    while (!message && state_ != State::closed) {
        const auto direction = read_paused() ? Socket::wait_write : Socket::wait_read;
        co_await socket_->async_wait(direction, asio::redirect_error(use_task, error));
        if (error) drop();
        if (!read_paused()) message = read_message();
    }
    receiving_ = false;
    if (!message) message = last_word();
    co_return std::move(*message);
}

std::optional<WsMessage> WebSocketSession::read_message() {
    if (!socket_) return std::nullopt;
    asio::error_code error;
    const std::span<char> buffer = worker_.buffer().first(bytes_per_read_max);
    const std::size_t size = socket_->read_some(buffer, error);
    if (error == asio::error::would_block) return std::nullopt;
    if (error) {
        drop();
        return std::nullopt;
    }
    heard_from_client();
    std::size_t used = 0;
    auto message = take_message(buffer.first(size), used);
    // The buffer is everybody's; what belongs to later messages waits here.
    if (state_ != State::closed) unread_.append(buffer.data() + used, size - used);
    return message;
}

std::optional<WsMessage> WebSocketSession::take_unread_message() {
    if (unread_at_ == unread_.size()) return std::nullopt;
    std::size_t used = 0;
    auto message = take_message(std::span<char>(unread_).subspan(unread_at_), used);
    unread_at_ += used;
    if (unread_at_ == unread_.size() || state_ == State::closed) {
        unread_ = std::string();
        unread_at_ = 0;
    }
    return message;
}

/// The first message in `bytes`; answers pings on the way. Without a message, all bytes are used.
std::optional<WsMessage> WebSocketSession::take_message(std::span<char> bytes, std::size_t& used) {
    while (used < bytes.size() && state_ != State::closed) {
        std::size_t step = 0;
        auto* const data = reinterpret_cast<std::uint8_t*>(bytes.data() + used);
        const WsEvent event = codec_.consume(std::span(data, bytes.size() - used), step);
        used += step;
        switch (event) {
            case WsEvent::none:
            case WsEvent::pong:
                break;
            case WsEvent::ping:
                answer_ping();
                break;
            case WsEvent::close:
                client_closed();
                break;
            case WsEvent::error:
                client_broke_the_rules();
                break;
            case WsEvent::text:
            case WsEvent::binary:
                if (state_ != State::open) break;
                WsMessage message;
                message.kind = event == WsEvent::text ? WsMessage::Kind::text : WsMessage::Kind::binary;
                message.payload = std::move(codec_.payload());
                return message;
        }
    }
    return std::nullopt;
}

void WebSocketSession::answer_ping() {
    if (state_ != State::open) return;  // nothing may follow our own close frame
    if (!send(server_frame(WsOpcode::pong, codec_.payload())))
        return close(WsCloseCode::try_again_later, "too many unread frames");
    // Whoever leaves our pongs unread is not read either until it takes them: what it sends waits in its own
    // kernel, and `write_stall` ends it.
    pongs_unread_ = pongs_unread_ || waiting_to_write_;
}

void WebSocketSession::heard_from_client() {
    if (!pong_expected_) return;
    pong_expected_ = false;
    pongs_missed_ = 0;
    ping_due_ = worker_.due_in(worker_.shared.config.ping_interval);
}

void WebSocketSession::client_closed() {
    if (state_ == State::open) {
        close_code_ = codec_.close_code();
        close_reason_ = codec_.payload();
        queue_close(close_code_, {});
    }
    state_ = State::closed;
}

void WebSocketSession::client_broke_the_rules() {
    if (state_ == State::open) {
        close_code_ = codec_.close_code();
        close_reason_ = codec_.payload();
        queue_close(close_code_, close_reason_);
    }
    state_ = State::closed;
}

WsMessage WebSocketSession::last_word() const {
    WsMessage message;
    message.close_code = close_code_;
    message.payload = close_reason_;
    return message;
}

bool WebSocketSession::send(WsFrame frame) {
    if (state_ != State::open) return false;
    if (queued_bytes_ + frame->size() > worker_.shared.config.ws_queue_bytes) return false;
    queue(std::move(frame));
    return true;
}

void WebSocketSession::post_send(WsFrame frame, std::string overflow_reason) {
    auto self = shared_from_this();
    asio::post(worker_.executor(),
               [self = std::move(self), frame = std::move(frame), reason = std::move(overflow_reason)] {
                   if (!self->send(frame)) self->close(WsCloseCode::try_again_later, reason);
               });
}

void WebSocketSession::close(WsCloseCode code, std::string_view reason) {
    if (state_ != State::open) return;
    close_code_ = code;
    close_reason_ = reason;
    queue_close(code, reason);
    state_ = State::closing;
}

void WebSocketSession::queue_close(WsCloseCode code, std::string_view reason) {
    const HttpServerConfig& config = worker_.shared.config;
    // A reader that is only slow gets time for what it has not read yet.
    const auto reading = queued_bytes_ > 0 ? config.write_stall : std::chrono::milliseconds(0);
    close_due_ = worker_.due_in(config.close_timeout + reading);
    queue(server_frame(WsOpcode::close, close_payload(code, reason)));
}

void WebSocketSession::queue(WsFrame frame) {
    queued_bytes_ += frame->size();
    queue_.push_back(std::move(frame));
    if (flush_scheduled_ || waiting_to_write_) return;
    flush_scheduled_ = true;
    worker_.flush_later(shared_from_this());
}

void WebSocketSession::flush() {
    flush_scheduled_ = false;
    asio::error_code error;
    while (socket_ && !waiting_to_write_ && queue_at_ < queue_.size()) {
        LIBEXEC_FAILPOINT("frame-before-write");
        const std::size_t written = write_queued(error);
        LIBEXEC_FAILPOINT("frame-written");
        if (error && error != asio::error::would_block) return drop();
        forget_written(written);
        if (!error) continue;
        waiting_to_write_ = true;
        stall_due_ = worker_.due_in(worker_.shared.config.write_stall);
        socket_->async_wait(Socket::wait_write, [self = shared_from_this()](const asio::error_code& failed) {
            self->waiting_to_write_ = false;
            self->stall_due_ = no_tick;
            if (!failed) self->flush();
        });
    }
    if (socket_ && queue_at_ == queue_.size()) queue_drained();
}

std::size_t WebSocketSession::write_queued(asio::error_code& error) {
    std::array<asio::const_buffer, frames_per_write_max> buffers;
    const std::size_t count = std::min(queue_.size() - queue_at_, buffers.size());
    for (std::size_t i = 0; i < count; ++i) buffers[i] = asio::buffer(*queue_[queue_at_ + i]);
    buffers[0] += frame_offset_;
    const std::span<char> room = socket_->is_secure() ? worker_.gathering_room() : std::span<char>();
    return socket_->write_some(std::span(buffers.data(), count), room, error);
}

void WebSocketSession::forget_written(std::size_t bytes) {
    queued_bytes_ -= bytes;
    bytes += frame_offset_;
    while (queue_at_ < queue_.size() && bytes >= queue_[queue_at_]->size()) {
        bytes -= queue_[queue_at_]->size();
        queue_[queue_at_].reset();
        ++queue_at_;
    }
    frame_offset_ = bytes;
    // A queue that never drains must not grow by the frames that have left it.
    if (queue_at_ > frames_kept && queue_at_ * 2 > queue_.size()) {
        queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(queue_at_));
        queue_at_ = 0;
    }
}

void WebSocketSession::queue_drained() {
    queue_.clear();
    queue_at_ = 0;
    pongs_unread_ = false;
    if (queue_.capacity() > frames_kept) queue_.shrink_to_fit();
    if (state_ == State::open) return;
    close_due_ = std::min(close_due_, worker_.due_in(worker_.shared.config.close_timeout));
    // Both close frames are through: the server says goodbye first (RFC 6455 section 7.1.1).
    if (state_ == State::closed) socket_->end_sending();
}

void WebSocketSession::on_tick(Tick now) {
    if (!socket_) return;
    if (now >= stall_due_ || now >= close_due_) return drop();
    if (state_ == State::open && now >= ping_due_) ping_if_due(now);
}

void WebSocketSession::ping_if_due(Tick now) {
    if (!receiving_ || read_paused()) {
        // The handler is busy, or the client is not read; the pong may lie unread. Give it a turn.
        ping_due_ = now + 2;
        return;
    }
    if (pong_expected_ && ++pongs_missed_ >= pongs_missed_max) return close(WsCloseCode::no_pong, "no pong");
    pong_expected_ = true;
    ping_due_ = worker_.due_in(worker_.shared.config.pong_timeout);
    queue(server_frame(WsOpcode::ping, {}));
}

void WebSocketSession::drop() {
    if (!socket_) return;
    socket_->close();
    socket_.reset();
    queue_ = {};
    queue_at_ = 0;
    frame_offset_ = 0;
    queued_bytes_ = 0;
    state_ = State::closed;
    worker_.shared.websockets.fetch_sub(1, std::memory_order_relaxed);
}

Task<void> WebSocketSession::finish() {
    asio::error_code error;
    close(WsCloseCode::normal, {});
    (void)take_unread_message();
    flush();
    // Read on: their close frame, then the end of the stream. Unread bytes would turn our close into a reset.
    while (socket_) {
        const auto direction = read_paused() ? Socket::wait_write : Socket::wait_read;
        co_await socket_->async_wait(direction, asio::redirect_error(use_task, error));
        if (error) drop();
        if (!read_paused()) (void)read_message();
        if (socket_ && state_ == State::closed) flush();
    }
}

}  // namespace libexec
