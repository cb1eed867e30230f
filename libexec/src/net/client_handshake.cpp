#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <asio/buffer.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/basic_resolver.hpp>
#include <asio/redirect_error.hpp>
#include <span>
#include <utility>

#include "client_connection.hpp"
#include "upgrade_answer.hpp"

namespace libexec {

namespace {

using tcp = asio::ip::tcp;

constexpr std::size_t places_most = 8;
constexpr std::size_t buffer_bytes = 16 * 1024;

std::string in_base64(std::span<const unsigned char> bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends it with a NUL
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                     static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::string in_base64(std::string_view text) {
    return in_base64(std::span(reinterpret_cast<const unsigned char*>(text.data()), text.size()));
}

/// What a server proves with that it has read the handshake. Nothing without good chance.
std::optional<std::string> fresh_key() {
    std::array<unsigned char, 16> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return std::nullopt;
    return in_base64(bytes);
}

std::string handshake_request(const WsUrl& url, std::string_view user_agent, std::string_view key) {
    std::string request = "GET " + url.target + " HTTP/1.1\r\nHost: " + url.authority +
                          "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
    request.append("Sec-WebSocket-Key: ").append(key).append("\r\n");
    if (!user_agent.empty()) request.append("User-Agent: ").append(user_agent).append("\r\n");
    if (!url.user_info.empty())
        request.append("Authorization: Basic ").append(in_base64(url.user_info)).append("\r\n");
    return request.append("\r\n");
}

}  // namespace

/// Before any deadline begins: reading the system's certificates takes a machine under load a while.
Result<Done> ClientConnection::find_trust() {
    try {
        if (!config_.trust) config_.trust = TlsTrust::load({});
        return Done{};
    } catch (const std::exception& error) {
        return unavailable(error.what());
    }
}

Task<Result<Done>> ClientConnection::reach(const WsUrl& url) {
    phase_ = "there is no connection";
    phase_due_ = Clock::now() + config_.connect_deadline;
    asio::error_code error;
    std::vector<tcp::endpoint> places;
    const asio::ip::address number = asio::ip::make_address(url.host, error);
    if (!error) {
        places.emplace_back(number, url.port);
    } else {
        error.clear();
        asio::ip::basic_resolver<tcp, Executor> resolver(executor_);
        const std::string port = std::to_string(url.port);
        const auto found = co_await resolver.async_resolve(url.host, port, tcp::resolver::numeric_service,
                                                           asio::redirect_error(use_task, error));
        if (!is_connecting()) co_return not_open();
        if (error) co_return unavailable("its name is not found: " + error.message());
        for (const auto& entry : found) {
            if (places.size() < places_most) places.push_back(entry.endpoint());
        }
    }
    Result<Done> reached = unavailable("its name has no address");
    for (std::size_t i = 0; i < places.size() && !reached && is_connecting(); ++i)
        reached = co_await reach_one(places[i], places.size() - i);
    co_return reached;
}

/// An address that swallows packets leaves time for those behind it.
Task<Result<Done>> ClientConnection::reach_one(const tcp::endpoint& place, std::size_t places_left) {
    const Moment now = Clock::now();
    asio::error_code error;
    attempt_due_ = now + (phase_due_ - now) / static_cast<int>(places_left);
    socket_.emplace(executor_);
    co_await socket_->async_connect(place, asio::redirect_error(use_task, error));
    attempt_due_ = never;
    if (!is_connecting()) co_return not_open();
    Socket socket = std::move(*socket_);
    socket_.reset();
    if (error == asio::error::operation_aborted) co_return unavailable("there is no connection in time");
    if (!error) socket.set_option(tcp::no_delay(true), error);
    if (!error) socket.non_blocking(true, error);
    if (error) co_return unavailable("there is no connection: " + error.message());
    transport_.emplace(std::move(socket));
    phase_ = "the handshake is not over";
    phase_due_ = Clock::now() + config_.handshake_deadline;
    co_return Done{};
}

Task<Result<Done>> ClientConnection::shake_hands(const WsUrl& url) {
    transport_->secure(*config_.trust, url.host);
    asio::error_code error;
    transport_->handshake(error);
    while (error == asio::error::would_block) {
        co_await transport_->async_wait(Socket::wait_read, asio::redirect_error(use_task, error));
        if (!is_connecting()) co_return not_open();
        transport_->handshake(error);
    }
    if (error) co_return unavailable("there is no TLS: " + transport_->trouble());
    co_return Done{};
}

Task<std::string> ClientConnection::write_all(std::string bytes) {
    std::string_view rest = bytes;
    asio::error_code error;
    while (!rest.empty()) {
        rest.remove_prefix(transport_->write_some(rest, error));
        if (error && error != asio::error::would_block) co_return error.message();
        if (!error) continue;
        co_await transport_->async_wait(Socket::wait_write, asio::redirect_error(use_task, error));
        if (!is_connecting()) co_return std::string("it is over");
    }
    co_return std::string();
}

Task<Result<Done>> ClientConnection::upgrade(const WsUrl& url) {
    const std::optional<std::string> key = fresh_key();
    if (!key) co_return reject(Reason::internal, "the system has no random bytes");
    const std::string trouble = co_await write_all(handshake_request(url, config_.user_agent, *key));
    if (!is_connecting()) co_return not_open();
    if (!trouble.empty()) co_return unavailable("the connection broke in the handshake: " + trouble);

    UpgradeAnswer answer(*key, config_.head_bytes_max);
    buffer_.resize(buffer_bytes);
    const std::span<char> room(reinterpret_cast<char*>(buffer_.data()), buffer_.size());
    UpgradeAnswer::Step step = UpgradeAnswer::Step::more;
    while (step == UpgradeAnswer::Step::more) {
        asio::error_code error;
        co_await transport_->async_wait(Socket::wait_read, asio::redirect_error(use_task, error));
        if (!is_connecting()) co_return not_open();
        if (!error) unread_end_ = transport_->read_some(room, error);
        if (error == asio::error::would_block) continue;
        if (error == asio::error::eof)
            co_return unavailable("the server ended the connection in the handshake");
        if (error) co_return unavailable("the connection broke in the handshake: " + error.message());
        step = answer.consume(std::string_view(room.data(), unread_end_), unread_at_);
    }
    if (step == UpgradeAnswer::Step::upgraded) co_return Done{};
    retry_after_ = answer.retry_after();
    co_return reject(answer.refusal().reason, name_ + ": " + answer.refusal().detail);
}

}  // namespace libexec
