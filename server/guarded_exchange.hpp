#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libexec/net/http_exchange.hpp"
#include "long_stays.hpp"

namespace libexec::server {

/// An exchange whose WebSocket or event stream ends when the key it was opened with stops counting: the
/// socket with 4401, the stream without a word. Whoever was asked for no key gets the exchange as it is.
class GuardedExchange final : public HttpExchange {
public:
    /// `inner` and `stays` outlive it.
    GuardedExchange(HttpExchange& inner, LongStays& stays) : inner_(inner), stays_(stays) {}

    /// From now on it depends on that key.
    void depend_on(std::string key_id) { key_id_ = std::move(key_id); }

    const HttpRequest& request() const override { return inner_.request(); }
    Executor executor() const override { return inner_.executor(); }
    void respond(HttpResponse response) override { inner_.respond(std::move(response)); }
    void start_stream(HttpResponse head) override { inner_.start_stream(std::move(head)); }
    Task<bool> write_chunk(std::string text) override { return inner_.write_chunk(std::move(text)); }
    bool is_open() const override { return !*over_ && inner_.is_open(); }
    void on_closed(std::function<void()> callback) override;
    bool is_websocket_upgrade() const override { return inner_.is_websocket_upgrade(); }
    Task<std::shared_ptr<WebSocket>> accept_websocket(std::string subprotocol,
                                                      std::vector<HttpHeader> headers) override;

private:
    void stay(std::function<void()> end);

    HttpExchange& inner_;
    LongStays& stays_;
    std::string key_id_;  ///< empty: none was asked for
    const std::shared_ptr<bool> over_ = std::make_shared<bool>(false);
    std::optional<LongStays::Stay> stay_;
};

}  // namespace libexec::server
