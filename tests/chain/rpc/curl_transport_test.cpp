#include <doctest/doctest.h>

#include <cstdlib>
#include <optional>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "chain/rpc/byte_server.hpp"
#include "libexec/chain/rpc/client.hpp"
#include "libexec/chain/rpc/transport.hpp"
#include "libexec/json/value.hpp"
#include "net/loopback.hpp"
#include "net/tls_files.hpp"
#include "support/answer_of.hpp"
#include "support/spawn.hpp"
#include "support/temp_dir.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

std::string url_of(const TestServer& server, const std::string& path = "/", const char* scheme = "http") {
    return std::string(scheme) + "://127.0.0.1:" + std::to_string(server.port()) + path;
}

/// An asker's side: one thread, one transport.
struct Asker {
    explicit Asker(CurlTransportConfig config = {}) : transport(make_curl_transport(std::move(config))) {}

    template <class T>
    T run(Task<T> work) {
        return answer_of(io, std::move(work));
    }
    Result<RpcReply> post(const std::string& url, std::chrono::milliseconds timeout = 10s,
                          std::size_t bytes_most = 1'000'000) {
        RpcPost post(url, R"({"jsonrpc":"2.0"})");
        post.timeout = timeout;
        post.answer_bytes_most = bytes_most;
        return run(transport->post(std::move(post)));
    }
    std::string trouble(const std::string& url, std::chrono::milliseconds timeout = 10s,
                        std::size_t bytes_most = 1'000'000) {
        const Result<RpcReply> reply = post(url, timeout, bytes_most);
        REQUIRE_FALSE(reply);
        CHECK(reply.error().reason == Reason::service_unavailable);
        CHECK(reply.error().detail.find("secret") == std::string::npos);
        return reply.error().detail;
    }

    asio::io_context io{1};
    std::unique_ptr<RpcTransport> transport;
};

/// Waits for whoever asked until the server is stopped.
Task<void> never(HttpExchange& exchange) {
    HttpResponse head(200, "{", "application/json");
    exchange.start_stream(std::move(head));
    while (exchange.is_open()) co_await pause_on(exchange.executor(), 10ms);
}

}  // namespace

TEST_SUITE("chain/rpc/curl_transport") {
    TEST_CASE("a question is a POST of JSON; connections are kept, answers come back on the asker's thread") {
        std::atomic<int> requests{0};
        TestServer server([&](HttpExchange& exchange) -> Task<void> {
            ++requests;
            const HttpRequest& request = exchange.request();
            CHECK(request.method == "POST");
            CHECK(request.header("Content-Type") == "application/json");
            CHECK(request.header("User-Agent") == "libexec");
            CHECK_FALSE(request.header("Expect"));
            HttpResponse answer(200, std::string(request.body));
            exchange.respond(std::move(answer));
            co_return;
        });
        Asker asker;
        for (int i = 0; i < 5; ++i) {
            const Result<RpcReply> reply = asker.post(url_of(server, "/secret-key?x=secret"));
            REQUIRE(reply);
            CHECK(reply.value().status == 200);
            CHECK(reply.value().body == R"({"jsonrpc":"2.0"})");
            CHECK_FALSE(reply.value().retry_after);
        }
        CHECK(requests == 5);
        CHECK(server.server().counts().connections == 1);
    }

    TEST_CASE("many at once are asked side by side, and more than it takes are refused at once") {
        TestServer server([](HttpExchange& exchange) -> Task<void> {
            co_await pause_on(exchange.executor(), 100ms);
            HttpResponse answer(200, std::string(exchange.request().body));
            exchange.respond(std::move(answer));
        });
        CurlTransportConfig config;
        config.calls_most = 20;
        Asker asker(config);
        std::vector<std::optional<Result<RpcReply>>> answers(25);
        for (std::size_t i = 0; i < answers.size(); ++i) {
            RpcPost post(url_of(server), std::to_string(i));
            spawn(asker.io, keep_answer(asker.transport->post(std::move(post)), answers[i]));
        }
        asker.io.run_for(20s);
        for (std::size_t i = 0; i < answers.size(); ++i) {
            CAPTURE(i);
            REQUIRE(answers[i]);
            if (i < 20) {
                REQUIRE(*answers[i]);
                CHECK(answers[i]->value().body == std::to_string(i));
            } else {
                CHECK(answers[i]->error().reason == Reason::queue_full);
            }
        }
    }

    TEST_CASE("statuses and Retry-After come as they are; a redirect is not followed") {
        std::atomic<int> elsewhere{0};
        TestServer server([&](HttpExchange& exchange) -> Task<void> {
            const std::string path(exchange.request().path);
            if (path == "/elsewhere") ++elsewhere;
            HttpResponse answer(path == "/busy" ? 429 : path == "/away" ? 302 : 503, "sorry");
            if (path == "/busy") answer.with("Retry-After", "7");
            if (path == "/away") answer.with("Location", "/elsewhere");
            if (path == "/long") answer.with("Retry-After", "99999999");
            exchange.respond(std::move(answer));
            co_return;
        });
        Asker asker;
        const Result<RpcReply> busy = asker.post(url_of(server, "/busy"));
        CHECK(busy.value().status == 429);
        CHECK(busy.value().retry_after == 7s);
        CHECK(asker.post(url_of(server, "/long")).value().retry_after <= 3'600s);
        CHECK(asker.post(url_of(server, "/away")).value().status == 302);
        CHECK(elsewhere == 0);
    }

    TEST_CASE("a server that is slow, silent or not there costs no more than the timeout") {
        TestServer slow(never);
        ByteServer silent("", ByteServer::Then::stays);
        Asker asker;
        CHECK(asker.trouble(url_of(slow, "/secret"), 200ms) == "no answer within 200 ms");
        CHECK(asker.trouble(silent.url() + "secret", 200ms) == "no answer within 200 ms");
        std::string gone;
        {
            const ByteServer server("");
            gone = server.url();
        }
        CHECK(asker.trouble(gone + "secret").find("connect") != std::string::npos);
        CHECK(asker.trouble("http://secret-user:secret-word@does-not-exist.invalid/secret", 5s).size() > 5);
    }

    TEST_CASE("an answer that is cut, endless, too large or no HTTP is an error, and the next is served") {
        Asker asker;
        const ByteServer cut("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"jsonrpc\"");
        CHECK(asker.trouble(cut.url()).find("cut off") != std::string::npos);
        const ByteServer chunk("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\nabc");
        CHECK(asker.trouble(chunk.url()).find("cut off") != std::string::npos);
        const ByteServer nothing("");
        CHECK(asker.trouble(nothing.url()).find("cut off") != std::string::npos);
        const ByteServer garbage("\x16\x03\x01 what is this?\r\n\r\n");
        CHECK_FALSE(asker.trouble(garbage.url()).empty());
        const ByteServer headers("HTTP/1.1 200 OK\r\n" + [] {
            std::string lines;
            for (int i = 0; i < 3'000; ++i) lines += "X-Filler: abcdefghijklmnopqrstuvwxyz\r\n";
            return lines;
        }());
        CHECK_FALSE(asker.trouble(headers.url()).empty());

        TestServer large([](HttpExchange& exchange) -> Task<void> {
            HttpResponse answer(200, std::string(2'000, 'x'));
            exchange.respond(std::move(answer));
            co_return;
        });
        CHECK(asker.trouble(url_of(large), 10s, 1'999) == "the answer is larger than 1999 bytes");
        CHECK(asker.post(url_of(large), 10s, 2'000).value().body.size() == 2'000);
    }

    TEST_CASE("only a certificate that is trusted, for the name that was asked, is spoken to") {
        const TempDir folder;
        const TestCertificate mine = make_certificate();
        const std::string certificate = write_file(folder.file("tls.crt"), mine.certificate);
        const std::string key = write_file(folder.file("tls.key"), mine.key);
        HttpServerConfig config;
        config.tls = TlsIdentity::load(certificate, key);
        std::atomic<int> requests{0};
        TestServer server(
            [&](HttpExchange& exchange) -> Task<void> {
                ++requests;
                HttpResponse answer(200, "{}");
                exchange.respond(std::move(answer));
                co_return;
            },
            config);
        Asker stranger;
        CHECK(stranger.trouble(url_of(server, "/secret", "https")).find("its certificate is not trusted") ==
              0);
        CHECK(requests == 0);
        CurlTransportConfig trusting;
        trusting.ca_file = certificate;
        Asker friendly(trusting);
        CHECK(friendly.post(url_of(server, "/", "https")).value().status == 200);
        CHECK(requests == 1);
        // The certificate is good for 127.0.0.1 and localhost.
        const std::string other = "https://127.0.0.2:" + std::to_string(server.port()) + "/secret";
        CHECK_FALSE(friendly.trouble(other).empty());
        CHECK(requests == 1);
        CurlTransportConfig mistaken;
        mistaken.ca_file = folder.file("absent.pem");
        Asker lost(mistaken);
        CHECK(lost.trouble(url_of(server, "/", "https")).find("absent.pem") != std::string::npos);
        // Plain HTTP where TLS is expected.
        TestServer plain(echo);
        CHECK(friendly.trouble(url_of(plain, "/secret", "https")).find("no TLS with it") == 0);
    }

    TEST_CASE("a proxy of the environment is not asked") {
        TestServer proxy(echo);
        TestServer server(echo);
        const std::string at = url_of(proxy);
        ::setenv("http_proxy", at.c_str(), 1);
        ::setenv("ALL_PROXY", at.c_str(), 1);
        Asker asker;
        const Result<RpcReply> reply = asker.post(url_of(server));
        ::unsetenv("http_proxy");
        ::unsetenv("ALL_PROXY");
        CHECK(reply.value().status == 200);
        CHECK(server.server().counts().requests == 1);
        CHECK(proxy.server().counts().requests == 0);
    }

    TEST_CASE("a cancelled call ends at once, and the others go on") {
        TestServer slow(never);
        TestServer quick(echo);
        Asker asker;
        asio::cancellation_signal cancel;
        std::optional<Result<RpcReply>> answer;
        RpcPost post(url_of(slow), "{}");
        asio::co_spawn(asker.io, keep_answer(asker.transport->post(std::move(post)), answer),
                       asio::bind_cancellation_slot(cancel.slot(), asio::detached));
        asker.io.run_for(100ms);
        CHECK_FALSE(answer);
        cancel.emit(asio::cancellation_type::terminal);
        asker.io.restart();
        asker.io.run_for(10s);
        REQUIRE(answer);
        CHECK(answer->error().reason == Reason::cancelled);
        CHECK(asker.post(url_of(quick)).value().status == 200);
    }

    TEST_CASE("its end waits for nothing under way") {
        TestServer slow(never);
        Asker asker;
        std::optional<Result<RpcReply>> answer;
        for (const std::string& url : {url_of(slow), std::string("http://does-not-exist.invalid/")}) {
            RpcPost post(url, "{}");
            post.timeout = 60s;
            spawn(asker.io, keep_answer(asker.transport->post(std::move(post)), answer));
        }
        asker.io.run_for(50ms);
        const auto before = std::chrono::steady_clock::now();
        asker.transport.reset();
        CHECK(std::chrono::steady_clock::now() - before < 10s);
        // Nobody is left who could be answered.
        asker.io.restart();
        asker.io.run_for(10s);
    }

    TEST_CASE("the client over it: 429 at one endpoint, the other answers, and no key is in what is told") {
        TestServer busy([](HttpExchange& exchange) -> Task<void> {
            HttpResponse answer(429, "slow down, secret-of-busy");
            answer.with("Retry-After", "9");
            exchange.respond(std::move(answer));
            co_return;
        });
        TestServer good([](HttpExchange& exchange) -> Task<void> {
            const Result<JsonValue> call = JsonValue::parse(exchange.request().body);
            HttpResponse answer(
                200, R"({"jsonrpc":"2.0","result":341197053,"id":)" + call.value()["id"].text() + "}");
            exchange.respond(std::move(answer));
            co_return;
        });
        Asker asker;
        const auto timers = make_timers(asker.io);
        const SystemClock clock;
        Random random(1);
        RecordingLog log;
        const std::string urls = url_of(busy, "/secret-of-busy") + "," + url_of(good, "/secret-of-good");
        RpcClient client(RpcConfig(RpcEndpoint::parse_list(urls).value()), *asker.transport, clock, *timers,
                         random, log);
        CHECK(asker.run(client.slot(Commitment::confirmed)).value() == 341'197'053);
        CHECK(log.saw("rpc.rate_limited"));
        const std::vector<RpcEndpointReport> reports = client.report();
        CHECK(reports[0].standing == RpcStanding::rate_limited);
        CHECK(reports[0].until - clock.now() > 5s);
        CHECK(reports[0].trouble.find("secret") == std::string::npos);
        CHECK(reports[1].calls == 1);
    }
}
