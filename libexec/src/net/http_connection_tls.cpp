#include <asio/redirect_error.hpp>
#include <utility>

#include "http_connection.hpp"

namespace libexec {

namespace {

/// Whether `byte` can begin a request in the clear, the empty line before it included.
bool begins_plain_http(unsigned char byte) {
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '\r' || byte == '\n';
}

}  // namespace

/// TLS, before anything else. Whoever speaks plain HTTP here is told so in plain HTTP.
Task<void> HttpConnection::shake_hands() {
    asio::error_code error = asio::error::would_block;
    const std::shared_ptr<const TlsIdentity> identity = std::move(identity_);
    bool begun = false;
    expired_ = false;
    due_ = worker_.due_in(worker_.shared.config.handshake_deadline);
    while (error == asio::error::would_block) {
        if (leaving_) co_return break_off();
        co_await socket_.async_wait(Socket::wait_read, asio::redirect_error(use_task, error));
        if (error || expired_ || leaving_) co_return hands_not_shaken("no handshake in time");
        if (!begun) {
            const unsigned char byte = socket_.first_byte(error);
            if (error == asio::error::would_block) continue;
            if (error) co_return break_off();  // left without a word, as port scanners do
            if (begins_plain_http(byte)) {
                co_return refuse_request(400, "This port speaks HTTPS: write https:// instead of http://.");
            }
            begun = true;
            socket_.secure(*identity);
        }
        socket_.handshake(error);
    }
    expired_ = false;
    if (error) hands_not_shaken(socket_.trouble());
}

void HttpConnection::hands_not_shaken(const std::string& why) {
    worker_.shared.refused.fetch_add(1, std::memory_order_relaxed);
    worker_.shared.log.debug("net.handshake", "a client did not get through the TLS handshake",
                             {{"peer", peer_address_}, {"error", why}});
    if (expired_ || leaving_) return break_off();
    leaving_ = true;  // the alert has to reach the client, as any last word
}

}  // namespace libexec
