#include <doctest/doctest.h>

#include "net/loopback.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

std::string get(std::string_view path, std::string_view more = "") {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(more) + "\r\n";
}

/// Takes as many milliseconds as the path says: "/20".
Task<void> take_time(HttpExchange& exchange) {
    const std::string path(exchange.request().path);
    co_await pause_on(exchange.executor(), std::chrono::milliseconds(std::stoi(path.substr(1))));
    HttpResponse answer(200, "<" + path + ">");
    exchange.respond(std::move(answer));
}

}  // namespace

TEST_SUITE("net/http server") {
    TEST_CASE("a connection is kept for the next request") {
        TestServer server(echo);
        RawClient client(server.port());
        for (int i = 0; i < 3; ++i) {
            client.send("POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n#" +
                        std::to_string(i));
            const std::string answer = client.read_until("#" + std::to_string(i));
            CHECK(answer.find("X-Saw: POST /" + std::to_string(i) + "\r\n") != std::string::npos);
            CHECK(answer.find("Connection:") == std::string::npos);
            CHECK(answer.find("\r\nDate: ") != std::string::npos);
        }
        CHECK(server.server().counts().requests == 3);
        CHECK(server.server().counts().connections == 1);
    }

    TEST_CASE("pipelined requests are answered in order, even when the first takes longest") {
        TestServer server(take_time);
        RawClient client(server.port());
        client.send(get("/60") + get("/0") + get("/20") + get("/0", "Connection: close\r\n"));
        const std::string answers = client.read_to_end();
        CHECK(statuses(answers) == "200 200 200 200");
        CHECK(answers.find("</60>") < answers.find("</0>"));
        CHECK(answers.find("</0>") < answers.find("</20>"));
        CHECK(answers.find("</20>") < answers.rfind("</0>"));
    }

    TEST_CASE("an answer does not wait for the request behind it") {
        std::atomic<bool> go{false};
        TestServer server([&go](HttpExchange& exchange) -> Task<void> {
            while (exchange.request().path == "/wait" && !go) co_await pause_on(exchange.executor(), 1ms);
            HttpResponse answer(200, "<" + std::string(exchange.request().path) + ">");
            exchange.respond(std::move(answer));
        });
        RawClient client(server.port());
        client.send(get("/first") + get("/wait") + get("/last", "Connection: close\r\n"));
        CHECK(client.read_until("</first>").ends_with("</first>"));
        go = true;
        CHECK(statuses(client.read_to_end()) == "200 200");
    }

    TEST_CASE("many pipelined requests are all answered, with a client that reads late") {
        TestServer server(echo);
        RawClient client(server.port());
        std::string requests;
        for (int i = 0; i < 2'000; ++i) requests += get("/" + std::to_string(i));
        std::thread writer([&] {
            client.send(requests);
            client.send_no_more();
        });
        std::this_thread::sleep_for(50ms);
        const std::string answers = client.read_to_end();
        writer.join();
        std::size_t count = 0;
        for (std::size_t at = answers.find("X-Saw"); at != std::string::npos;
             at = answers.find("X-Saw", at + 1)) {
            CHECK(answers.substr(at, 40).starts_with("X-Saw: GET /" + std::to_string(count) + "\r\n"));
            ++count;
        }
        CHECK(count == 2'000);
    }

    TEST_CASE("a handler that waits still holds its own request when others came and went") {
        HttpServerConfig config;
        config.threads = 1;
        std::atomic<int> waiting{0};
        std::atomic<bool> go{false};
        TestServer server(
            [&](HttpExchange& exchange) -> Task<void> {
                const HttpRequest& request = exchange.request();
                if (request.path == "/hold") {
                    ++waiting;
                    while (!go) co_await pause_on(exchange.executor(), 1ms);
                }
                HttpResponse answer(200, std::string(request.header("X-Mark").value_or("none")) + "|" +
                                             std::string(request.body) + "|" +
                                             std::string(request.peer_address));
                exchange.respond(std::move(answer));
            },
            config);
        RawClient holder(server.port());
        holder.send("POST /hold HTTP/1.1\r\nHost: x\r\nX-Mark: mine\r\nContent-Length: 4\r\n\r\nbody" +
                    get("/next", "X-Mark: second\r\nConnection: close\r\n"));
        CHECK(TestServer::eventually([&] { return waiting == 1; }));
        for (int i = 0; i < 20; ++i) {
            RawClient other(server.port());
            other.send(
                "POST /other HTTP/1.1\r\nHost: y\r\nX-Mark: other\r\nContent-Length: 8\r\n"
                "Connection: close\r\n\r\nstranger");
            CHECK(other.read_to_end().ends_with("other|stranger|127.0.0.1"));
        }
        go = true;
        const std::string answers = holder.read_to_end();
        CHECK(answers.find("mine|body|127.0.0.1") != std::string::npos);
        CHECK(answers.ends_with("second||127.0.0.1"));
    }

    TEST_CASE("a client that asks first is told to go on, and only then") {
        TestServer server(echo);
        const std::string head =
            "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n";
        RawClient client(server.port());
        client.send(head + "Content-Length: 3\r\n\r\n");
        CHECK(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
        client.send("abc");
        const std::string answer = client.read_to_end();
        CHECK(statuses(answer) == "200");
        CHECK(answer.ends_with("abc"));

        RawClient too_much(server.port());
        too_much.send(head + "Content-Length: 70000\r\n\r\n");
        CHECK(statuses(too_much.read_to_end()) == "413");
        RawClient not_waiting(server.port());
        not_waiting.send(head + "Content-Length: 3\r\n\r\nabc");
        CHECK(statuses(not_waiting.read_to_end()) == "200");
        RawClient old(server.port());
        old.send("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
        CHECK(old.read(50ms).empty());
        CHECK(old.timed_out());
    }

    TEST_CASE("HEAD is told the length and spared the body") {
        TestServer server([](HttpExchange& exchange) -> Task<void> {
            HttpResponse answer(200, "0123456789");
            exchange.respond(std::move(answer));
            co_return;
        });
        RawClient client(server.port());
        client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n" + get("/", "Connection: close\r\n"));
        const std::string answers = client.read_to_end();
        const std::size_t second = answers.find("HTTP/1.1", 1);
        CHECK(answers.substr(0, second).ends_with("Content-Length: 10\r\n\r\n"));
        CHECK(answers.ends_with("0123456789"));
    }

    TEST_CASE("a handler that throws or forgets to answer costs its client a 500 and nobody else anything") {
        TestServer server([](HttpExchange& exchange) -> Task<void> {
            if (exchange.request().path == "/throw") throw std::runtime_error("secret of the house");
            if (exchange.request().path == "/forget") co_return;
            co_await echo(exchange);
        });
        RawClient client(server.port());
        client.send(get("/throw") + get("/forget") + get("/fine", "Connection: close\r\n"));
        const std::string answers = client.read_to_end();
        CHECK(statuses(answers) == "500 500 200");
        CHECK(answers.find("secret") == std::string::npos);
    }

    TEST_CASE("the handler words the refusals that happen before it") {
        class Worded final : public HttpHandler {
        public:
            Task<void> handle(HttpExchange& exchange) override { co_await echo(exchange); }
            HttpResponse make_error(int status, std::string_view detail) override {
                return HttpResponse(status, "{\"detail\":\"" + std::string(detail) + "\"}",
                                    "application/problem+json");
            }
        };
        Worded handler;
        const auto log = make_silent_log();
        SystemClock clock;
        HttpServerConfig config;
        config.tls = usual_transport.identity;
        HttpServer server(config, handler, *log, clock);
        server.start();
        RawClient client(server.port());
        client.send("GET / HTTP/1.1\r\n\r\n");
        const std::string answer = client.read_to_end();
        CHECK(answer.find("Content-Type: application/problem+json\r\n") != std::string::npos);
        CHECK(answer.ends_with("{\"detail\":\"Host is missing.\"}"));
    }

    TEST_CASE("a second server on the same port is refused with one sentence that names it") {
        TestServer first(echo);
        HttpServerConfig config;
        config.port = first.port();
        const std::string expected = "Cannot listen on 127.0.0.1:" + std::to_string(first.port()) +
                                     ": another program already uses this port.";
        CHECK_THROWS_WITH_AS(TestServer(echo, config), expected.c_str(), std::runtime_error);
        config.port = 0;
        config.host = "192.0.2.1";
        CHECK_THROWS_AS(TestServer(echo, config), std::runtime_error);
    }

    TEST_CASE("a server may start again on its port at once") {
        HttpServerConfig config;
        {
            TestServer first(echo);
            config.port = first.port();
            RawClient client(first.port());
            client.send(get("/", "Connection: close\r\n"));
            client.read_to_end();
        }
        TestServer second(echo, config);
        CHECK(second.port() == config.port);
    }

    TEST_CASE("once it accepts no more, a server serves those it has") {
        TestServer server(echo);
        RawClient client(server.port());
        CHECK(TestServer::eventually([&] { return server.server().counts().connections == 1; }));
        server.server().stop_accepting();
        CHECK_THROWS_AS(RawClient(server.port()), std::runtime_error);
        client.send(get("/", "Connection: close\r\n"));
        CHECK(statuses(client.read_to_end()) == "200");
    }

    TEST_CASE("stopping lets an answer in progress finish and lets idle clients go") {
        std::atomic<bool> begun{false};
        TestServer server([&begun](HttpExchange& exchange) -> Task<void> {
            begun = true;
            co_await pause_on(exchange.executor(), 100ms);
            co_await echo(exchange);
        });
        RawClient idle(server.port());
        RawClient busy(server.port());
        busy.send(get("/busy"));
        CHECK(TestServer::eventually([&] { return begun.load(); }));
        std::string answer;
        std::thread reader([&] {
            answer = busy.read_to_end();
            busy.hang_up();
        });
        server.server().stop("maintenance");
        reader.join();
        CHECK(statuses(answer) == "200");
        CHECK(answer.find("Connection: close\r\n") != std::string::npos);
        CHECK(idle.read_to_end().empty());
        CHECK(server.server().counts().connections == 0);
    }

    TEST_CASE("stopping does not wait for ever for a handler that does") {
        HttpServerConfig config;
        config.stop_timeout = 100ms;
        std::atomic<bool> begun{false};
        TestServer server(
            [&begun](HttpExchange& exchange) -> Task<void> {
                begun = true;
                co_await pause_on(exchange.executor(), std::chrono::hours(1));
                co_await echo(exchange);
            },
            config);
        RawClient client(server.port());
        client.send(get("/"));
        CHECK(TestServer::eventually([&] { return begun.load(); }));
        server.server().stop("maintenance");
        CHECK(client.read_to_end().empty());
        CHECK_FALSE(client.timed_out());
    }

    TEST_CASE("connections are dealt out to all threads evenly") {
        HttpServerConfig config;
        config.threads = 4;
        TestServer server(
            [](HttpExchange& exchange) -> Task<void> {
                const auto thread = std::hash<std::thread::id>()(std::this_thread::get_id());
                HttpResponse answer(200, "<" + std::to_string(thread) + ">");
                exchange.respond(std::move(answer));
                co_return;
            },
            config);
        std::vector<std::string> seen;
        for (int i = 0; i < 8; ++i) {
            RawClient client(server.port());
            client.send(get("/", "Connection: close\r\n"));
            const std::string answer = client.read_to_end();
            seen.push_back(answer.substr(answer.rfind('<')));
        }
        for (std::size_t i = 0; i < 4; ++i) {
            CHECK(seen[i] == seen[i + 4]);
            for (std::size_t j = 0; j < i; ++j) CHECK(seen[i] != seen[j]);
        }
    }
}
