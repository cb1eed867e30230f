#include "bench_connection.hpp"

#include <charconv>
#include <stdexcept>

#include <asio/connect.hpp>
#include <asio/read.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/write.hpp>

#include "libexec/json/value.hpp"
#include "text.hpp"
#include "trouble.hpp"

namespace libexec::cli {
namespace {

constexpr std::size_t piece_bytes = 128 * 1024;

}  // namespace

BenchAddress parse_bench_address(const Options& options) {
    const std::string& server = options.server;
    if (!options.sign_key.empty())
        throw Trouble(usage_complaint("bench does not sign requests", "give it a bearer key with --api-key"));
    constexpr std::string_view scheme = "http://";
    if (!server.starts_with(scheme)) {
        throw Trouble(usage_complaint("bench speaks plain HTTP only, not " + server,
                                      "name the server's http:// address"));
    }
    std::string rest = server.substr(scheme.size());
    rest = rest.substr(0, rest.find('/'));
    const std::size_t colon = rest.rfind(':');
    const std::size_t bracket = rest.rfind(']');
    if (colon == std::string::npos || (bracket != std::string::npos && colon < bracket))
        return {rest, "80", options.api_key};
    std::string host = rest.substr(0, colon);
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    return {host, rest.substr(colon + 1), options.api_key};
}

Task<void> BenchConnection::connect() {
    asio::ip::basic_resolver<Tcp, Executor> resolver(socket_.get_executor());
    const auto found = co_await resolver.async_resolve(address_.host, address_.port, use_task);
    co_await asio::async_connect(socket_, found, use_task);
    socket_.set_option(Tcp::no_delay(true));
}

Task<void> BenchConnection::send(std::string_view line, std::string_view headers, std::string_view body) {
    if (!socket_.is_open()) co_await connect();
    request_.assign(line).append(" HTTP/1.1\r\nHost: ").append(address_.host).append("\r\n").append(headers);
    if (!address_.api_key.empty())
        request_.append("Authorization: Bearer ").append(address_.api_key).append("\r\n");
    if (!body.empty()) {
        request_.append("Content-Type: application/json\r\nContent-Length: ");
        request_.append(std::to_string(body.size())).append("\r\n");
    }
    request_.append("\r\n").append(body);
    co_await asio::async_write(socket_, asio::buffer(request_), use_task);
    answer_.clear();
    head_size_ =
        co_await asio::async_read_until(socket_, asio::dynamic_buffer(answer_), "\r\n\r\n", use_task);
    read_head(std::string_view(answer_).substr(0, head_size_));
}

Task<void> BenchConnection::read_body() {
    if (!has_length_) throw std::runtime_error("the server's answer has no Content-Length");
    const std::size_t whole = head_size_ + length_;
    if (answer_.size() < whole) {
        const auto missing = asio::transfer_exactly(whole - answer_.size());
        co_await asio::async_read(socket_, asio::dynamic_buffer(answer_), missing, use_task);
    }
    if (closes_) socket_.close();
}

Task<void> BenchConnection::exchange(std::string_view line, std::string_view headers, std::string_view body) {
    co_await send(line, headers, body);
    co_await read_body();
}

Task<void> BenchConnection::open_stream(std::string_view line, std::string_view headers, int expected) {
    co_await send(line, headers, "");
    if (status_ != expected) {
        if (has_length_) co_await read_body();
        throw std::runtime_error("a stream was refused: " + trouble() +
                                 (status_ == 429 || status_ == 503 ? " (see CONNECTION_LIMIT)" : ""));
    }
    streaming_ = true;
}

Task<std::string_view> BenchConnection::read() {
    if (streaming_ && answer_.size() > head_size_) {
        streaming_ = false;
        co_return body();
    }
    streaming_ = false;
    piece_.resize(piece_bytes);
    std::error_code error;
    const auto into = asio::buffer(piece_);
    const std::size_t got = co_await socket_.async_read_some(into, asio::redirect_error(use_task, error));
    co_return error ? std::string_view() : std::string_view(piece_).substr(0, got);
}

Task<void> BenchConnection::write(std::string_view bytes) {
    co_await asio::async_write(socket_, asio::buffer(bytes), use_task);
}

void BenchConnection::close() {
    std::error_code ignored;  // it is being given up, whatever state it is in
    socket_.close(ignored);
}

void BenchConnection::read_head(std::string_view head) {
    if (!head.starts_with("HTTP/1.") || head.size() < 12)
        throw std::runtime_error("the server does not speak HTTP/1.1");
    std::from_chars(head.data() + 9, head.data() + 12, status_);
    has_length_ = chunked_ = closes_ = false;
    for (std::size_t begin = head.find("\r\n") + 2; begin + 2 < head.size();) {
        const std::size_t end = head.find("\r\n", begin);
        const std::string_view line = head.substr(begin, end - begin);
        const std::size_t colon = std::min(line.find(':'), line.size());
        const std::string name = lower_case(line.substr(0, colon));
        const std::string_view value = trim(line.substr(std::min(colon + 1, line.size())));
        if (name == "content-length") {
            const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), length_);
            has_length_ = error == std::errc{};
        } else if (name == "connection") {
            closes_ = lower_case(value) == "close";
        } else if (name == "transfer-encoding") {
            chunked_ = lower_case(value) == "chunked";
        }
        begin = end + 2;
    }
}

std::string BenchConnection::code() const {
    const Result<JsonValue> parsed = JsonValue::parse(body());
    return parsed ? parsed.value()["code"].text() : std::string();
}

std::string BenchConnection::trouble() const {
    const std::string word = code();
    return "status " + std::to_string(status_) + (word.empty() ? "" : " " + word);
}

}  // namespace libexec::cli
