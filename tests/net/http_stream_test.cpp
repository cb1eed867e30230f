#include <doctest/doctest.h>

#include "net/loopback.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

/// An event stream that writes nothing by itself: it waits to be told that nobody listens any more.
struct QuietStream {
    std::atomic<int> open{0};
    std::atomic<int> told{0};

    Task<void> operator()(HttpExchange& exchange) {
        const auto timers = make_timers(exchange.executor().context());
        const auto alarm = timers->make_alarm();
        HttpResponse head(200, ": hello\n\n", "text/event-stream");
        exchange.start_stream(std::move(head));
        Alarm& bell = *alarm;
        std::atomic<int>& count = told;
        exchange.on_closed([&bell, &count] {
            ++count;
            bell.ring();
        });
        ++open;
        while (exchange.is_open()) co_await alarm->wait(std::chrono::hours(1));
        --open;
    }
};

Task<void> two_chunks(HttpExchange& exchange) {
    HttpResponse head(200, "", "text/plain");
    exchange.start_stream(std::move(head));
    co_await exchange.write_chunk("hello ");
    co_await pause_on(exchange.executor(), 5ms);
    co_await exchange.write_chunk("world, sixteen b");
}

}  // namespace

TEST_SUITE("net/http stream") {
    TEST_CASE("a stream goes out in chunks and ends with its connection") {
        TestServer server(two_chunks);
        RawClient client(server.port());
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        const std::string answer = client.read_to_end();
        CHECK(answer.find("Transfer-Encoding: chunked\r\nConnection: close\r\n") != std::string::npos);
        CHECK(answer.find("Content-Length") == std::string::npos);
        CHECK(answer.ends_with("\r\n\r\n6\r\nhello \r\n10\r\nworld, sixteen b\r\n0\r\n\r\n"));
    }

    TEST_CASE("an HTTP/1.0 client gets the same stream without chunks") {
        TestServer server(two_chunks);
        RawClient client(server.port());
        client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        const std::string answer = client.read_to_end();
        CHECK(answer.find("chunked") == std::string::npos);
        CHECK(answer.ends_with("\r\n\r\nhello world, sixteen b"));
    }

    TEST_CASE("HEAD of a stream has no chunks") {
        TestServer server(two_chunks);
        RawClient client(server.port());
        client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK(client.read_to_end().ends_with("Connection: close\r\n\r\n"));
    }

    TEST_CASE("a client that leaves a silent stream is noticed, politely or not") {
        QuietStream quiet;
        TestServer server([&quiet](HttpExchange& exchange) { return quiet(exchange); });
        for (const bool rudely : {false, true}) {
            CAPTURE(rudely);
            quiet.told = 0;
            RawClient client(server.port());
            client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            CHECK(client.read_until("hello").find(": hello\n\n") != std::string::npos);
            CHECK(TestServer::eventually([&] { return quiet.open == 1; }));
            client.send("bytes nobody asked for are ignored");
            if (rudely) client.hang_up_rudely();
            client.hang_up();
            CHECK(TestServer::eventually([&] { return quiet.open == 0; }));
            CHECK(quiet.told == 1);
            CHECK(TestServer::eventually([&] { return server.server().counts().connections == 0; }));
        }
    }

    TEST_CASE("stopping ends a silent stream as a stream ends") {
        QuietStream quiet;
        TestServer server([&quiet](HttpExchange& exchange) { return quiet(exchange); });
        RawClient client(server.port());
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK(TestServer::eventually([&] { return quiet.open == 1; }));
        std::string answer;
        std::thread reader([&] {
            answer = client.read_to_end();
            client.hang_up();
        });
        server.server().stop("maintenance");
        reader.join();
        CHECK(answer.ends_with("\r\n0\r\n\r\n"));
        CHECK(quiet.told == 1);
    }

    TEST_CASE("a stream whose client stops reading is given up, with a bounded amount in flight") {
        HttpServerConfig config;
        config.write_stall = 100ms;
        std::atomic<std::size_t> written{0};
        std::atomic<bool> ended{false};
        TestServer server(
            [&](HttpExchange& exchange) -> Task<void> {
                HttpResponse head(200, "", "text/event-stream");
                exchange.start_stream(std::move(head));
                const std::string text(16 * 1024, 'x');
                while (co_await exchange.write_chunk(text)) written += text.size();
                CHECK_FALSE(exchange.is_open());
                ended = true;
            },
            config);
        RawClient client(server.port(), 4 * 1024);
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK(TestServer::eventually([&] { return ended.load(); }));
        CHECK(written < 1024 * 1024);
    }

    TEST_CASE("a stream whose handler fails is cut short, so that nobody takes it for the whole") {
        TestServer server([](HttpExchange& exchange) -> Task<void> {
            HttpResponse head(200, "", "text/plain");
            exchange.start_stream(std::move(head));
            co_await exchange.write_chunk("half");
            throw std::runtime_error("no more");
        });
        RawClient client(server.port());
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK(client.read_to_end().ends_with("4\r\nhalf\r\n"));
    }
}
