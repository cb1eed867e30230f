#include <charconv>
#include <optional>
#include <stdexcept>

#include <asio/connect.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>

#include "bench_lane.hpp"
#include "libexec/json/value.hpp"
#include "text.hpp"
#include "trouble.hpp"

namespace libexec::cli {
namespace {

using Tcp = asio::ip::tcp;
using Socket = asio::basic_stream_socket<Tcp, Executor>;

struct Address {
    std::string host;
    std::string port;
};

Address parse_address(const std::string& server) {
    constexpr std::string_view scheme = "http://";
    if (!server.starts_with(scheme)) {
        throw Trouble(usage_complaint("bench speaks plain HTTP only, not " + server,
                                      "name the server's http:// address"));
    }
    std::string rest = server.substr(scheme.size());
    rest = rest.substr(0, rest.find('/'));
    const std::size_t colon = rest.rfind(':');
    const std::size_t bracket = rest.rfind(']');
    if (colon == std::string::npos || (bracket != std::string::npos && colon < bracket)) return {rest, "80"};
    std::string host = rest.substr(0, colon);
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    return {host, rest.substr(colon + 1)};
}

/// The little of HTTP/1.1 that a bench needs: one request at a time, answers with a Content-Length. libcurl
/// would take longer over a request than the server does.
class HttpLane final : public BenchLane {
public:
    HttpLane(asio::io_context& io, Address address)
        : socket_(io.get_executor()), address_(std::move(address)) {}

    Task<BenchAnswer> submit(BenchOrder order) override {
        const std::string_view tokens =
            order.sell_sol ? R"("tokenIn":"SOL","tokenOut":"USDC")" : R"("tokenIn":"USDC","tokenOut":"SOL")";
        std::string amount = std::to_string(order.thousandths % 1'000);
        amount.insert(0, 3 - amount.size(), '0');
        std::string body = R"({"type":"market",)";
        body.append(tokens).append(R"(,"amountIn":")").append(std::to_string(order.thousandths / 1'000));
        body.append(".").append(amount).append(R"("})");
        request_ = "POST /api/orders/execute HTTP/1.1\r\nHost: " + address_.host +
                   "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
                   "\r\n\r\n" + body;
        co_await exchange();
        if (status_ == 202 || status_ == 200) co_return BenchAnswer::accepted;
        co_return refusal();
    }

    Task<BenchCounts> counts() override {
        request_ = "GET /api/queue/metrics HTTP/1.1\r\nHost: " + address_.host + "\r\n\r\n";
        co_await exchange();
        const Result<JsonValue> parsed = JsonValue::parse(body());
        if (status_ != 200 || !parsed)
            throw std::runtime_error("the server does not tell its queue's metrics");
        const JsonValue metrics = parsed.value()["metrics"];
        const auto number = [&metrics](std::string_view name) { return metrics[name].whole().value_or(0); };
        BenchCounts counts;
        counts.confirmed = number("completed");
        counts.failed = number("failed");
        counts.live = number("waiting") + number("active") + number("delayed");
        co_return counts;
    }

    const std::string& trouble() const override { return trouble_; }

private:
    Task<void> connect() {
        asio::ip::basic_resolver<Tcp, Executor> resolver(socket_.get_executor());
        const auto found = co_await resolver.async_resolve(address_.host, address_.port, use_task);
        co_await asio::async_connect(socket_, found, use_task);
        socket_.set_option(Tcp::no_delay(true));
    }

    Task<void> exchange() {
        if (!socket_.is_open()) co_await connect();
        co_await asio::async_write(socket_, asio::buffer(request_), use_task);
        answer_.clear();
        head_size_ =
            co_await asio::async_read_until(socket_, asio::dynamic_buffer(answer_), "\r\n\r\n", use_task);
        const std::size_t whole = head_size_ + read_head(std::string_view(answer_).substr(0, head_size_));
        if (answer_.size() < whole) {
            const auto missing = asio::transfer_exactly(whole - answer_.size());
            co_await asio::async_read(socket_, asio::dynamic_buffer(answer_), missing, use_task);
        }
        if (closes_) socket_.close();
    }

    /// Returns the length of the body.
    std::size_t read_head(std::string_view head) {
        if (!head.starts_with("HTTP/1.") || head.size() < 12)
            throw std::runtime_error("the server does not speak HTTP/1.1");
        std::from_chars(head.data() + 9, head.data() + 12, status_);
        std::optional<std::size_t> length;
        closes_ = false;
        for (std::size_t begin = head.find("\r\n") + 2; begin + 2 < head.size();) {
            const std::size_t end = head.find("\r\n", begin);
            const std::string_view line = head.substr(begin, end - begin);
            const std::size_t colon = line.find(':');
            if (colon == 14 && lower_case(line.substr(0, 14)) == "content-length") {
                const std::string_view digits = trim(line.substr(15));
                std::size_t number = 0;
                std::from_chars(digits.data(), digits.data() + digits.size(), number);
                length = number;
            }
            if (colon == 10 && lower_case(line.substr(0, 10)) == "connection")
                closes_ = lower_case(trim(line.substr(11))) == "close";
            begin = end + 2;
        }
        if (!length) throw std::runtime_error("the server's answer has no Content-Length");
        return *length;
    }

    BenchAnswer refusal() {
        const Result<JsonValue> parsed = JsonValue::parse(body());
        const std::string code = parsed ? parsed.value()["code"].text() : std::string();
        trouble_ = "status " + std::to_string(status_) + (code.empty() ? "" : " " + code);
        if (code == "queue_full") return BenchAnswer::busy;
        return status_ == 429 ? BenchAnswer::limited : BenchAnswer::failed;
    }

    std::string_view body() const { return std::string_view(answer_).substr(head_size_); }

    Socket socket_;
    Address address_;
    std::string request_;
    std::string answer_;
    std::size_t head_size_ = 0;
    int status_ = 0;
    bool closes_ = false;
    std::string trouble_;
};

class HttpTarget final : public BenchTarget {
public:
    explicit HttpTarget(const Options& options)
        : address_(parse_address(options.server)), server_(options.server) {}
    std::unique_ptr<BenchLane> open_lane(asio::io_context& io) override {
        return std::make_unique<HttpLane>(io, address_);
    }
    std::string name() const override { return server_; }

private:
    Address address_;
    std::string server_;
};

}  // namespace

std::unique_ptr<BenchTarget> make_http_target(const Options& options) {
    return std::make_unique<HttpTarget>(options);
}

}  // namespace libexec::cli
