#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>

#include "libexec/net/http_exchange.hpp"
#include "request_reader.hpp"
#include "response_writer.hpp"
#include "web_socket_session.hpp"
#include "worker.hpp"

namespace libexec {

/// One client: reads requests, has them answered in order, writes. All on the thread of its worker.
class HttpConnection final : public HttpExchange,
                             public Flushable,
                             public std::enable_shared_from_this<HttpConnection> {
public:
    /// May run on another thread than the worker's; counts as open from here. A connection that is `surplus`
    /// only hears 429. With an `identity` it begins with TLS.
    HttpConnection(Worker& worker, Socket socket, std::string peer_address, bool surplus,
                   std::shared_ptr<const TlsIdentity> identity);
    ~HttpConnection() override;

    /// Begins the connection's life on the worker's thread; it owns itself from here.
    static void launch(std::shared_ptr<HttpConnection> connection);

    const HttpRequest& request() const override { return reader_.request(); }
    Executor executor() const override { return worker_.executor(); }
    void respond(HttpResponse response) override;
    void start_stream(HttpResponse head) override;
    Task<bool> write_chunk(std::string text) override;
    bool is_open() const override;
    void on_closed(std::function<void()> callback) override;
    bool is_websocket_upgrade() const override;
    Task<std::shared_ptr<WebSocket>> accept_websocket(std::string subprotocol,
                                                      std::vector<HttpHeader> headers) override;

    void flush() override { write_now(); }
    void on_tick(Tick now);
    /// Comes to an end as soon as that is polite; `reason` is for a WebSocket.
    void stop(const std::string& reason);
    /// Cuts the connection.
    void abort();

    /// Its place in the worker's list.
    std::size_t slot() const { return slot_; }
    void set_slot(std::size_t slot) { slot_ = slot; }

private:
    enum class Phase : std::uint8_t { reading, handling, streaming, upgraded, ending };

    Task<void> run(std::shared_ptr<HttpConnection> self);
    Task<void> shake_hands();
    void hands_not_shaken(const std::string& why);
    Task<void> part();
    Task<bool> write_out();

    bool feed_saved();
    void feed_socket();
    void set_reading_deadline();
    void read_interrupted();
    void take_leave();
    void refuse_request(int status, std::string_view detail);
    void end_answer(const std::exception_ptr& failure);
    void next_request();
    bool write_now();
    void break_off();
    ResponseFraming framing() const;

    void watch_client();
    void client_watched(asio::error_code error);
    void close_stream();
    void close_stream_later();

    Worker& worker_;
    Transport socket_;
    std::shared_ptr<const TlsIdentity> identity_;  // until the handshake begins; none: plain HTTP
    RequestReader reader_;
    std::string peer_address_;
    std::string in_;  // read, but of later requests
    std::size_t in_at_ = 0;
    std::string out_;
    std::size_t out_at_ = 0;
    std::function<void()> on_closed_;
    std::shared_ptr<WebSocketSession> websocket_;
    std::size_t slot_ = no_slot;
    Tick due_ = no_tick;
    Phase phase_ = Phase::reading;
    bool surplus_;
    bool leaving_ = false;  // no further request will be read
    bool answered_ = false;
    bool broken_ = false;   // the socket is of no more use
    bool expired_ = false;  // `due_` has passed since it was set
    bool stream_closed_ = false;

    static constexpr std::size_t no_slot = ~std::size_t{0};
};

}  // namespace libexec
