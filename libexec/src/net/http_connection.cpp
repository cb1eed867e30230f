#include "http_connection.hpp"

#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <cassert>
#include <utility>

#include "libexec/base/failpoint.hpp"
#include "ws_handshake.hpp"

namespace libexec {

namespace {

constexpr std::size_t batch_bytes_max = 64 * 1024;  // of answers written together
constexpr std::size_t ordinary_bytes = 4 * 1024;    // of memory kept between requests
/// Of one client in one turn of the loop: whoever pipelines a thousand requests must not hold up the others.
constexpr std::size_t bytes_per_read_max = 16 * 1024;

std::string what(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "something that is no exception";
    }
}

void forget(std::string& text) {
    text.clear();
    if (text.capacity() > ordinary_bytes) text.shrink_to_fit();
}

}  // namespace

HttpConnection::HttpConnection(Worker& worker, Socket socket, std::string peer_address, bool surplus,
                               std::shared_ptr<const TlsIdentity> identity)
    : worker_(worker),
      socket_(std::move(socket)),
      identity_(std::move(identity)),
      reader_(worker.shared.request_limits),
      peer_address_(std::move(peer_address)),
      surplus_(surplus) {
    worker_.shared.connections.fetch_add(1, std::memory_order_relaxed);
    reader_.set_peer_address(peer_address_);
}

HttpConnection::~HttpConnection() {
    if (slot_ != no_slot) worker_.remove(*this);
    worker_.shared.connections.fetch_sub(1, std::memory_order_release);
}

void HttpConnection::launch(std::shared_ptr<HttpConnection> connection) {
    HttpConnection& started = *connection;
    Worker& worker = started.worker_;
    asio::co_spawn(worker.executor(), started.run(std::move(connection)),
                   [&worker](const std::exception_ptr& failure) {
                       if (!failure) return;
                       worker.shared.log.error("net.connection", "a connection ended by an exception",
                                               {{"error", what(failure)}});
                   });
}

/// `self` keeps the connection alive for as long as this runs.
Task<void> HttpConnection::run([[maybe_unused]] std::shared_ptr<HttpConnection> self) {
    // Whatever still waits on the socket holds the connection too; closing it lets go.
    struct HangUp {
        HttpConnection& connection;
        ~HangUp() { connection.break_off(); }
    };
    const HangUp at_the_end{*this};
    worker_.add(*this);
    asio::error_code error;
    std::exception_ptr failure;
    if (identity_) co_await shake_hands();
    due_ = worker_.due_in(worker_.shared.config.request_deadline);
    if (surplus_ && !leaving_) refuse_request(429, "The server has as many connections as it can carry.");
    while (!leaving_ && !broken_) {
        while (!reader_.finished() && !answered_ && !broken_) {
            if (feed_saved()) continue;
            if (reader_.take_continue()) out_.append("HTTP/1.1 100 Continue\r\n\r\n");
            if (!write_now()) {
                co_await write_out();
                if (broken_) co_return;
                set_reading_deadline();
            }
            if (leaving_ && !reader_.started()) co_return take_leave();
            co_await socket_.async_wait(Socket::wait_read, asio::redirect_error(use_task, error));
            if (error || expired_)
                read_interrupted();
            else
                feed_socket();
        }
        if (broken_) co_return;
        if (reader_.refusal()) refuse_request(reader_.refusal().status, reader_.refusal().detail);
        if (answered_) break;

        phase_ = Phase::handling;
        due_ = no_tick;
        worker_.count_request();
        try {
            co_await worker_.shared.handler.handle(*this);
        } catch (...) {
            failure = std::current_exception();
        }
        if (websocket_) {
            if (failure) websocket_->close(WsCloseCode::internal_error, "internal error");
            co_await websocket_->finish();
        }
        end_answer(failure);
        if (out_.size() > batch_bytes_max) co_await write_out();
        if (!leaving_ && !broken_) next_request();
    }
    if (!broken_) co_await part();
}

/// Takes what an earlier read brought along. False when there is nothing.
bool HttpConnection::feed_saved() {
    if (in_at_ == in_.size()) return false;
    const std::size_t before = in_at_;
    if (!reader_.started()) due_ = worker_.due_in(worker_.shared.config.request_deadline);
    in_at_ += reader_.feed(std::string_view(in_).substr(before));
    if (in_at_ == in_.size()) {
        forget(in_);
        in_at_ = 0;
    }
    return true;
}

void HttpConnection::feed_socket() {
    asio::error_code error;
    const std::span<char> buffer = worker_.buffer().first(bytes_per_read_max);
    const std::size_t size = socket_.read_some(buffer, error);
    if (error == asio::error::would_block) return;
    if (error) return error == asio::error::eof && !reader_.started() ? take_leave() : break_off();
    if (!reader_.started()) due_ = worker_.due_in(worker_.shared.config.request_deadline);
    const std::size_t used = reader_.feed(std::string_view(buffer.data(), size));
    in_.assign(buffer.data() + used, size - used);
}

void HttpConnection::set_reading_deadline() {
    const HttpServerConfig& config = worker_.shared.config;
    expired_ = false;
    due_ = worker_.due_in(reader_.started() ? config.request_deadline : config.idle_timeout);
}

/// A wait for bytes ended without any: too late, told to stop, or cut.
void HttpConnection::read_interrupted() {
    if (!expired_ && !leaving_) return break_off();
    if (!reader_.started()) return take_leave();
    if (expired_) refuse_request(408, "The request did not arrive in time.");
}

/// Between two requests, so that nobody takes what came for half of it.
void HttpConnection::take_leave() {
    socket_.end_sending();
    break_off();
}

void HttpConnection::refuse_request(int status, std::string_view detail) {
    worker_.shared.refused.fetch_add(1, std::memory_order_relaxed);
    leaving_ = true;
    respond(worker_.shared.handler.make_error(status, detail));
}

ResponseFraming HttpConnection::framing() const {
    ResponseFraming framing;
    framing.keep_alive = !leaving_;
    framing.version_minor = reader_.request().version_minor;
    framing.head_request = reader_.finished() && !reader_.refusal() && reader_.request().method == "HEAD";
    framing.date = worker_.date_line();
    return framing;
}

void HttpConnection::respond(HttpResponse response) {
    assert(!answered_);
    if (answered_) return;
    answered_ = true;
    if (!reader_.keep_alive()) leaving_ = true;
    write_response(out_, response, framing());
}

void HttpConnection::end_answer(const std::exception_ptr& failure) {
    const bool streamed = phase_ == Phase::streaming;
    phase_ = Phase::ending;
    on_closed_ = nullptr;
    if (failure) {
        worker_.shared.log.error(
            "net.handler", "a request handler threw",
            {{"target", std::string(reader_.request().target)}, {"error", what(failure)}});
    }
    if (websocket_) {
        leaving_ = true;
        broken_ = true;
        return;
    }
    if (streamed && failure) return break_off();  // the client must not take what it got for the whole
    if (streamed && reader_.request().version_minor == 1 && reader_.request().method != "HEAD")
        out_.append(last_chunk);
    if (!answered_) {
        if (!failure) worker_.shared.log.error("net.handler", "a request handler left without an answer", {});
        respond(worker_.shared.handler.make_error(500, "The server failed to answer."));
    }
}

void HttpConnection::next_request() {
    reader_.reset();
    answered_ = false;
    phase_ = Phase::reading;
    if (in_at_ == in_.size()) {
        write_now();
    } else if (!out_.empty()) {
        // The next handler may take long; this answer must not wait for it, yet others may join it.
        worker_.flush_later(shared_from_this());
    }
    set_reading_deadline();
}

/// Writes what the kernel takes. True when nothing is left to write.
bool HttpConnection::write_now() {
    asio::error_code error;
    while (!broken_ && out_at_ < out_.size()) {
        const std::size_t size = socket_.write_some(std::string_view(out_).substr(out_at_), error);
        if (error == asio::error::would_block) return false;
        if (error) break_off();
        LIBEXEC_FAILPOINT("answer-written");
        out_at_ += size;
    }
    forget(out_);
    out_at_ = 0;
    return true;
}

/// Writes everything, as long as the client keeps reading. Returns whether it did.
Task<bool> HttpConnection::write_out() {
    asio::error_code error;
    while (!write_now()) {
        expired_ = false;
        due_ = worker_.due_in(worker_.shared.config.write_stall);
        co_await socket_.async_wait(Socket::wait_write, asio::redirect_error(use_task, error));
        if (expired_) break_off();
        if (phase_ == Phase::streaming && stream_closed_) co_return false;
    }
    due_ = no_tick;
    co_return !broken_;
}

void HttpConnection::break_off() {
    broken_ = true;
    socket_.close();
}

/// Says goodbye: our last bytes, our end, and then theirs, lest unread input turn the end into a reset that
/// overtakes the answer.
Task<void> HttpConnection::part() {
    asio::error_code error;
    phase_ = Phase::ending;
    co_await write_out();
    if (broken_) co_return;
    socket_.end_sending();
    expired_ = false;
    due_ = worker_.due_in(worker_.shared.config.close_timeout);
    while (!error && !expired_) {
        co_await socket_.async_wait(Socket::wait_read, asio::redirect_error(use_task, error));
        if (error) break;
        const std::span<char> buffer = worker_.buffer();
        socket_.read_some(buffer, error);
        if (error == asio::error::would_block) error.clear();
    }
}

void HttpConnection::start_stream(HttpResponse head) {
    assert(!answered_);
    if (answered_) return;
    answered_ = true;
    leaving_ = true;
    phase_ = Phase::streaming;
    socket_.limit_kernel_bytes(worker_.shared.config.ws_kernel_bytes);
    write_stream_head(out_, head, framing());
    if (reader_.request().method == "HEAD") {
        stream_closed_ = true;
    } else if (reader_.request().version_minor == 1) {
        write_chunk_of(out_, head.body);
    } else {
        out_.append(head.body);
    }
    write_now();
    if (broken_) stream_closed_ = true;
    if (worker_.stopping()) stream_closed_ = true;
    if (!broken_) watch_client();
}

Task<bool> HttpConnection::write_chunk(std::string text) {
    if (!is_open()) co_return false;
    if (reader_.request().version_minor == 1)
        write_chunk_of(out_, text);
    else
        out_.append(text);
    const bool written = co_await write_out();
    if (!written) close_stream();
    co_return written&& is_open();
}

bool HttpConnection::is_open() const {
    if (websocket_) return websocket_->is_open();
    return !broken_ && !stream_closed_;
}

/// While a stream says nothing, only reading tells that the client has gone. What it sends is dropped.
void HttpConnection::watch_client() {
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const asio::error_code& error) {
        self->client_watched(error);
    });
}

void HttpConnection::client_watched(asio::error_code error) {
    if (phase_ != Phase::streaming || broken_ || error == asio::error::operation_aborted) return;
    if (!error) {
        const std::span<char> buffer = worker_.buffer();
        socket_.read_some(buffer, error);
        if (!error || error == asio::error::would_block) return watch_client();
    }
    break_off();
    close_stream();
}

void HttpConnection::close_stream() {
    stream_closed_ = true;
    socket_.cancel();  // a write that waits for a slow client
    if (const auto callback = std::exchange(on_closed_, nullptr)) callback();
}

/// For callers that must not see the handler run on from its callback.
void HttpConnection::close_stream_later() {
    asio::post(worker_.executor(), [self = shared_from_this()] {
        if (self->phase_ == Phase::streaming) self->close_stream();
    });
}

void HttpConnection::on_closed(std::function<void()> callback) {
    on_closed_ = std::move(callback);
    if (phase_ == Phase::streaming && !is_open()) close_stream_later();
}

bool HttpConnection::is_websocket_upgrade() const { return wants_websocket(reader_.request()); }

Task<std::shared_ptr<WebSocket>> HttpConnection::accept_websocket(std::string subprotocol,
                                                                  std::vector<HttpHeader> headers) {
    std::shared_ptr<WebSocket> accepted;
    if (const Refusal bad = check_ws_handshake(reader_.request())) {
        HttpResponse answer = worker_.shared.handler.make_error(bad.status, bad.detail);
        if (bad.status == 426) answer.with("Upgrade", "websocket").with("Sec-WebSocket-Version", "13");
        answer.headers.insert(answer.headers.end(), headers.begin(), headers.end());
        leaving_ = true;
        respond(std::move(answer));
        co_return accepted;
    }
    assert(!answered_);
    answered_ = true;
    leaving_ = true;
    out_.append(ws_handshake_answer(reader_.request(), subprotocol, headers));
    socket_.limit_kernel_bytes(worker_.shared.config.ws_kernel_bytes);
    const bool written = co_await write_out();
    if (!written) co_return accepted;

    phase_ = Phase::upgraded;
    in_.erase(0, in_at_);
    websocket_ = std::make_shared<WebSocketSession>(worker_, std::move(socket_), std::move(in_));
    in_ = std::string();
    in_at_ = 0;
    out_ = std::string();
    reader_.keep_only_head();
    if (worker_.stopping()) websocket_->close(WsCloseCode::going_away, worker_.stop_reason());
    accepted = websocket_;
    co_return accepted;
}

void HttpConnection::on_tick(Tick now) {
    if (websocket_) return websocket_->on_tick(now);
    if (now < due_) return;
    due_ = no_tick;
    expired_ = true;
    socket_.cancel();
}

void HttpConnection::stop(const std::string& reason) {
    leaving_ = true;
    if (websocket_) return websocket_->close(WsCloseCode::going_away, reason);
    if (phase_ == Phase::reading && !reader_.started()) socket_.cancel();
    if (phase_ == Phase::streaming) close_stream_later();
}

void HttpConnection::abort() {
    if (websocket_) return websocket_->drop();
    if (phase_ == Phase::streaming) close_stream_later();
    break_off();
}

}  // namespace libexec
