// A WebSocket and HTTP echo on a free port of loopback, for test clients in other languages. Says the port on
// standard output and ends with its standard input.

#include <iostream>
#include <string>

#include "libexec/net/http_server.hpp"
#include "net/ws_echo.hpp"

using namespace libexec;

namespace {

class EchoHandler final : public HttpHandler {
public:
    Task<void> handle(HttpExchange& exchange) override {
        if (exchange.request().path.starts_with("/ws")) return test::echo_messages(exchange);
        return echo_body(exchange);
    }

private:
    static Task<void> echo_body(HttpExchange& exchange) {
        exchange.respond(HttpResponse(200, std::string(exchange.request().body), "text/plain"));
        co_return;
    }
};

}  // namespace

int main() {
    EchoHandler handler;
    const std::unique_ptr<Log> log = make_stderr_log(LogLevel::warn, LogFormat::text);
    const SystemClock clock;
    HttpServer server(HttpServerConfig{}, handler, *log, clock);
    server.start();
    std::cout << server.port() << std::endl;
    std::string ignored;
    while (std::getline(std::cin, ignored)) {
    }
    server.stop("the test is over");
    return 0;
}
