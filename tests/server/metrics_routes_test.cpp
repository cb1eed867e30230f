#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "server/api_server.hpp"
#include "support/temp_dir.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

/// The interface before an engine of its own, in a world that waits for nothing.
class EngineServer {
public:
    explicit EngineServer(std::uint32_t rate_limit = 0)
        : log_(make_silent_log()), service_(libexec::open(world(), *log_)), ids_(clock_, 1) {
        server::RoutesConfig config;
        config.rate_limit = rate_limit;
        config.version = "1.2.3";
        routes_ = std::make_unique<server::Routes>(std::move(config), *service_, *log_, clock_, ids_);
        http_ = std::make_unique<HttpServer>(HttpServerConfig(), *routes_, *log_, clock_);
        http_->start();
    }
    ~EngineServer() {
        service_->stop();
        http_.reset();
    }

    std::string call(const std::string& method, const std::string& target, const std::string& body = {}) {
        RawClient client(http_->port());
        client.send(method + " " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + body);
        return client.read_to_end();
    }
    std::string metrics() {
        const std::string answer = call("GET", "/metrics");
        REQUIRE(answer.starts_with("HTTP/1.1 200 "));
        return answer.substr(answer.find("\r\n\r\n") + 4);
    }
    Service& service() { return *service_; }

private:
    Config world() const {
        Config config;
        config.database_url = "sqlite:" + dir_.file("exec.db");
        config.mock_seed = 42;
        config.mock_time_scale_ppm = 0;
        config.mock_failure_rate_ppm = 300'000;
        config.retry_base = 0ms;
        return config;
    }

    const TempDir dir_;
    SystemClock clock_;
    std::unique_ptr<Log> log_;
    std::unique_ptr<Service> service_;
    UuidGenerator ids_;
    std::unique_ptr<server::Routes> routes_;
    std::unique_ptr<HttpServer> http_;
};

/// Name and type of every metric served.
std::map<std::string, std::string> served_in(const std::string& text) {
    std::map<std::string, std::string> types;
    std::istringstream lines(text);
    for (std::string hash, word, name, type, line; std::getline(lines, line);) {
        std::istringstream words(line);
        if (words >> hash >> word >> name >> type && hash == "#" && word == "TYPE") types[name] = type;
    }
    return types;
}

/// Name and type of every metric in the table of docs/metrics.md.
std::map<std::string, std::string> documented() {
    std::map<std::string, std::string> types;
    std::ifstream file(METRICS_DOCUMENT);
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("| `")) continue;
        const std::size_t name_end = line.find('`', 3);
        const std::size_t type_from = line.find("| ", name_end) + 2;
        types[line.substr(3, name_end - 3)] = line.substr(type_from, line.find(' ', type_from) - type_from);
    }
    return types;
}

/// The series of a name, labels and all, each with its value.
std::map<std::string, double> series_of(const std::string& text, const std::string& name) {
    std::map<std::string, double> series;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t end = line.rfind(' ');
        if (line.starts_with(name + "{") || line.starts_with(name + " "))
            series[line.substr(0, end)] = std::stod(line.substr(end));
    }
    return series;
}

double sum_of(const std::string& text, const std::string& name) {
    double sum = 0;
    for (const auto& [labels, value] : series_of(text, name)) sum += value;
    return sum;
}

const std::string hostile = R"(x\"} 1 forged_total{a=\"b\\\\n} 7)";

std::string order_of(const std::string& client, int number) {
    return R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":"1","clientId":")" + client +
           R"(","clientOrderId":"o-)" + std::to_string(number) + "\"}";
}

}  // namespace

TEST_SUITE("server/metrics_routes") {
    TEST_CASE("every documented metric is served from the start, and every served one is documented") {
        EngineServer api;
        CHECK(documented().size() > 20);
        api.call("GET", "/livez");  // a first request to measure
        CHECK(served_in(api.metrics()) == documented());
    }

    TEST_CASE("the text has the media type and HEAD its headers alone") {
        EngineServer api;
        const std::string answer = api.call("GET", "/metrics");
        CHECK(answer.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n") != std::string::npos);
        const std::string head = api.call("HEAD", "/metrics");
        CHECK(head.starts_with("HTTP/1.1 200 "));
        CHECK(head.find("Content-Length: 0\r\n") == std::string::npos);
        CHECK(head.ends_with("\r\n\r\n"));
        CHECK(api.call("POST", "/metrics").starts_with("HTTP/1.1 405 "));
    }

    TEST_CASE("after hostile orders the counters agree and no label holds what a stranger sent") {
        EngineServer api;
        constexpr int orders = 60;
        std::vector<std::string> ids;
        for (int i = 0; i < orders; ++i) {
            const std::string answer = api.call("POST", "/api/orders/execute", order_of(hostile, i));
            REQUIRE(answer.starts_with("HTTP/1.1 202 "));
            const std::size_t at = answer.find(R"("orderId":")") + 11;
            ids.push_back(answer.substr(at, 36));
        }
        CHECK(api.call("POST", "/api/orders/execute", order_of(hostile, 0)).starts_with("HTTP/1.1 202 "));
        CHECK(api.call("POST", "/api/orders/execute", "{}").starts_with("HTTP/1.1 400 "));
        api.call("BREW", "/api/orders/" + ids[0]);
        api.call("GET", "/api/orders/" + ids[0] + "/attempts");
        api.call("GET", "/nowhere/" + ids[1]);

        std::string text;
        for (int i = 0; i < 1'000 && sum_of(text, "libexec_orders_total") < orders; ++i) {
            std::this_thread::sleep_for(10ms);
            text = api.metrics();
        }
        CAPTURE(text);
        CHECK(sum_of(text, "libexec_orders_accepted_total") == orders);
        CHECK(sum_of(text, "libexec_orders_total") == orders);
        CHECK(sum_of(text, "libexec_order_duration_seconds_count") == orders);
        CHECK(sum_of(text, "libexec_queue_wait_seconds_count") == orders);
        CHECK(sum_of(text, "libexec_idempotent_replays_total") == 1);
        const auto ends = series_of(text, "libexec_orders_total");
        CHECK(sum_of(text, "libexec_order_failures_total") ==
              ends.at(R"(libexec_orders_total{status="failed"})") +
                  ends.at(R"(libexec_orders_total{status="expired"})"));
        CHECK(sum_of(text, "libexec_execution_slippage_ratio_count") ==
              ends.at(R"(libexec_orders_total{status="confirmed"})"));
        CHECK(sum_of(text, "libexec_order_retries_total") > 0);
        CHECK(sum_of(text, "libexec_quotes_total") == sum_of(text, "libexec_quote_duration_seconds_count"));
        CHECK(sum_of(text, "libexec_quotes_total") >= 3 * orders);
        CHECK(sum_of(text, "libexec_queue_depth") == 0);
        CHECK(sum_of(text, "libexec_workers_active") == 0);

        const std::string http = "http_server_request_duration_seconds_count";
        const auto requests = series_of(text, http);
        const auto count = [&](const std::string& method, const std::string& route, int status) {
            const auto found =
                requests.find(http + "{http_request_method=\"" + method + "\",http_response_status_code=\"" +
                              std::to_string(status) + "\",http_route=\"" + route + "\"}");
            return found == requests.end() ? -1 : found->second;
        };
        CHECK(count("POST", "/api/orders/execute", 202) == orders + 1);
        CHECK(count("POST", "/api/orders/execute", 400) == 1);
        CHECK(count("GET", "/api/orders/{id}/attempts", 200) == 1);
        CHECK(count("GET", "none", 404) == 1);

        for (const std::string& id : ids) CHECK(text.find(id) == std::string::npos);
        for (const char* word : {"forged", "o-1", "BREW", "nowhere", "So1111"}) {
            CAPTURE(word);
            CHECK(text.find(word) == std::string::npos);
        }
        for (const Token& token : api.service().tokens().all())
            CHECK(text.find(token.mint.to_string()) == std::string::npos);
    }

    TEST_CASE("refusals by the limit of an address are counted") {
        EngineServer api(2);
        for (int i = 0; i < 5; ++i) api.call("POST", "/api/orders/execute", "{}");
        CHECK(sum_of(api.metrics(), "libexec_rate_limited_total") == 3);
    }
}
