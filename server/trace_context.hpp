#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libexec/base/uuid.hpp"
#include "libexec/net/http_exchange.hpp"

namespace libexec::server {

/// Where a request stands in its client's trace.
/// Shape:  lower-case hexadecimal; neither id is all zero.
/// Errors: `parse` takes what W3C Trace Context level 1 allows in `traceparent` and nothing else.
struct TraceContext {
    std::string trace_id;  ///< 32 digits
    std::string span_id;   ///< 16 digits: the client's span in a request, ours in an answer
    bool sampled = false;

    static std::optional<TraceContext> parse(std::string_view traceparent);
    std::string to_string() const;

    friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

/// The client's trace with a span of our own, or a new trace when it names none, more than one, or one that
/// is not valid.
TraceContext trace_of(const HttpRequest& request, UuidGenerator& ids);
TraceContext new_trace(UuidGenerator& ids);

/// An exchange whose every answer carries the ids of its request, the 101 of a WebSocket and the head of a
/// stream included, and that remembers with which status it was answered.
class TracedExchange final : public HttpExchange {
public:
    /// `inner` and `request_id` outlive it.
    TracedExchange(HttpExchange& inner, const std::string& request_id, std::string traceparent)
        : inner_(inner), request_id_(request_id), traceparent_(std::move(traceparent)) {}

    /// 0 until there was an answer.
    int status() const { return status_; }

    const HttpRequest& request() const override { return inner_.request(); }
    Executor executor() const override { return inner_.executor(); }
    void respond(HttpResponse response) override;
    void start_stream(HttpResponse head) override;
    Task<bool> write_chunk(std::string text) override { return inner_.write_chunk(std::move(text)); }
    bool is_open() const override { return inner_.is_open(); }
    void on_closed(std::function<void()> callback) override { inner_.on_closed(std::move(callback)); }
    bool is_websocket_upgrade() const override { return inner_.is_websocket_upgrade(); }
    Task<std::shared_ptr<WebSocket>> accept_websocket(std::string subprotocol,
                                                      std::vector<HttpHeader> headers) override;

private:
    HttpExchange& inner_;
    const std::string& request_id_;
    const std::string traceparent_;
    int status_ = 0;
};

}  // namespace libexec::server
