#include "libexec/net/web_socket_client.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "net/client_world.hpp"
#include "net/loopback.hpp"
#include "net/tls_files.hpp"
#include "net/ws_echo.hpp"
#include "support/temp_dir.hpp"
#include "support/text.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

/// A server that speaks TLS or not, and a client that trusts it.
struct Pair {
    explicit Pair(bool tls, ScriptedHandler::Script script = echo_messages, HttpServerConfig config = {},
                  TestCertificate made = make_certificate())
        : secure(tls),
          certificate_file(write_file(folder.file("cert.pem"), made.certificate)),
          key_file(write_file(folder.file("key.pem"), made.key)),
          server(std::move(script), with_tls(config)) {}

    HttpServerConfig with_tls(HttpServerConfig config) const {
        if (secure) config.tls = TlsIdentity::load(certificate_file, key_file);
        return config;
    }
    WebSocketClientConfig trusting(WebSocketClientConfig config = WebSocketClientConfig()) const {
        config.trust = TlsTrust::load(certificate_file);
        return config;
    }
    std::string url(const std::string& host = "127.0.0.1") const {
        return (secure ? "wss://" : "ws://") + host + ":" + std::to_string(server.port()) +
               "/ws?api-key=SECRET";
    }

    bool secure;
    TempDir folder;
    std::string certificate_file;
    std::string key_file;
    TestServer server;
};

Task<void> greet_and_leave(HttpExchange& exchange) {
    const auto socket = co_await exchange.accept_websocket("");
    if (!socket) co_return;
    socket->send_text("hello");
    socket->send(binary_frame("bytes"));
    socket->close(WsCloseCode::try_again_later, "come back");
    (void)co_await socket->receive();
}

}  // namespace

TEST_SUITE("net/websocket client, without and with tls") {
    TEST_CASE("a client gets back what it sends, whatever its size") {
        for (const bool tls : {false, true}) {
            CAPTURE(tls);
            HttpServerConfig roomy;
            roomy.ws_message_bytes_max = 300'000;
            roomy.ws_queue_bytes = 400'000;
            Pair pair(tls, echo_messages, roomy);
            WebSocketClientConfig config;
            config.send_queue_bytes = 300'100;
            ClientWorld world(pair.trusting(config));
            REQUIRE(world.connect(pair.url()));
            CHECK(world.client->is_open());
            for (const std::size_t size : {0, 1, 125, 126, 65'535, 65'536, 300'000}) {
                const std::string text(size, 'x');
                CHECK(world.send(text));
                CHECK((world.next() == "text:" + text));
            }
            CHECK(world.run(world.client->close(WsCloseCode::normal, "enough")));
            CHECK_FALSE(world.client->is_open());
            CHECK(world.next() == "closed:1000");
            CHECK(world.next() == "closed:1000");
            CHECK_FALSE(world.send("too late"));
            world.turn_until([&] { return pair.server.server().counts().websockets == 0; });
        }
    }

    TEST_CASE("a server's messages and its goodbye are heard, and answered") {
        for (const bool tls : {false, true}) {
            CAPTURE(tls);
            Pair pair(tls, greet_and_leave);
            ClientWorld world(pair.trusting());
            REQUIRE(world.connect(pair.url("localhost")));
            CHECK(world.next() == "text:hello");
            CHECK(world.next() == "binary:bytes");
            CHECK(world.next() == "closed:1013come back");
            CHECK(world.run(world.client->close(WsCloseCode::normal, "")));
            world.turn_until([&] { return pair.server.server().counts().connections == 0; });
        }
    }

    TEST_CASE("a certificate counts for the host it names, as long as it lasts, from whom one trusts") {
        Pair pair(true);
        ClientWorld by_name(pair.trusting());
        CHECK(by_name.connect(pair.url("localhost")));

        HttpServerConfig elsewhere;
        elsewhere.host = "127.0.0.2";
        Pair other_address(true, echo_messages, elsewhere);
        ClientWorld wrong_host(other_address.trusting());
        const Result<Done> mismatch = wrong_host.connect(other_address.url("127.0.0.2"));
        REQUIRE_FALSE(mismatch);
        CHECK(mismatch.error().reason == Reason::service_unavailable);
        CHECK(has(mismatch.error().detail, "IP address mismatch"));
        CHECK_FALSE(has(mismatch.error().detail, "SECRET"));

        ClientWorld wrong_trust(other_address.trusting());
        CHECK(has(wrong_trust.connect(pair.url()).error().detail, "does not count: self-signed certificate"));
        ClientWorld system_trust;
        CHECK(
            has(system_trust.connect(pair.url()).error().detail, "does not count: self-signed certificate"));
        Pair late(true, echo_messages, {}, make_certificate(-10, -1));
        ClientWorld too_late(late.trusting());
        CHECK(has(too_late.connect(late.url()).error().detail, "certificate has expired"));
        Pair early(true, echo_messages, {}, make_certificate(1, 10));
        ClientWorld too_early(early.trusting());
        CHECK(has(too_early.connect(early.url()).error().detail, "not yet valid"));
        CHECK(pair.server.server().counts().websockets == 1);
    }

    TEST_CASE("a file of authorities that is none is refused") {
        const TempDir folder;
        CHECK_THROWS_AS(TlsTrust::load(folder.file("absent.pem")), BadTlsFile);
        CHECK_THROWS_AS(TlsTrust::load(write_file(folder.file("empty.pem"), "")), BadTlsFile);
        CHECK_THROWS_AS(TlsTrust::load(write_file(folder.file("noise.pem"), "not a certificate\n")),
                        BadTlsFile);
    }

    TEST_CASE("who speaks TLS to a plain port, or plainly to a TLS one, is told") {
        Pair plain(false);
        ClientWorld secure(plain.trusting(hasty()));
        std::string url = plain.url();
        CHECK_FALSE(secure.connect(url.replace(0, 2, "wss")));
        Pair tls(true);
        ClientWorld bare;
        url = tls.url();
        const Result<Done> refused = bare.connect(url.replace(0, 3, "ws"));
        CHECK(has(refused.error().detail, "answers 400 instead of 101"));
        CHECK_FALSE(has(refused.error().detail, "SECRET"));
    }

    TEST_CASE("an address without a WebSocket, a host without a server, a name without a host") {
        Pair pair(false, echo);
        ClientWorld http;
        CHECK(has(http.connect(pair.url()).error().detail, "answers 200 instead of 101"));
        CHECK(http.run(http.client->connect(pair.url())).error().reason == Reason::invalid_parameter);
        ClientWorld nobody;
        CHECK(has(nobody.connect("ws://127.0.0.1:1/SECRET").error().detail, "there is no connection"));
        ClientWorld nowhere;
        const Result<Done> lost = nowhere.connect("ws://no-such-host.invalid/SECRET");
        REQUIRE_FALSE(lost);
        CHECK(lost.error().detail.starts_with("ws://no-such-host.invalid: "));
        CHECK_FALSE(has(lost.error().detail, "SECRET"));
        ClientWorld garbled;
        CHECK(garbled.connect("http://x/").error().reason == Reason::invalid_parameter);
        ClientWorld fresh;
        CHECK_FALSE(fresh.send("x"));
        CHECK(has(fresh.next(), "error:"));
        CHECK(fresh.run(fresh.client->close(WsCloseCode::normal, "")));
    }

    TEST_CASE("a user in the URL is an Authorization header") {
        std::string seen;
        Pair pair(false, [&seen](HttpExchange& exchange) {
            seen = exchange.request().header("Authorization").value_or("");
            return echo_messages(exchange);
        });
        ClientWorld world;
        REQUIRE(world.connect("ws://us%65r:pass@127.0.0.1:" + std::to_string(pair.server.port()) + "/"));
        CHECK(seen == "Basic dXNlcjpwYXNz");
    }

    TEST_CASE("nobody waits for ever: neither for a ping's answer nor behind a client that went") {
        Pair pair(false);
        ClientWorld world(hasty());
        REQUIRE(world.connect(pair.url()));
        world.pass(500ms);  // five pings, each answered
        CHECK(world.client->is_open());
        CHECK(world.send("still here"));
        CHECK(world.next() == "text:still here");

        std::optional<Result<WsMessage>> waiting;
        spawn(world.io, keep_answer(world.client->next(), waiting));
        world.pass(20ms);
        CHECK_FALSE(waiting);
        world.client.reset();
        world.turn_until([&] { return waiting.has_value(); });
        CHECK(waiting->error().reason == Reason::cancelled);
        world.turn_until([&] { return pair.server.server().counts().connections == 0; });
    }

    TEST_CASE("a client may go at any moment of its life, and so may its loop") {
        for (const bool tls : {false, true}) {
            Pair pair(tls);
            const auto config = pair.trusting();
            for (int turns = 0; turns < 40; ++turns) {
                CAPTURE(turns);
                for (const bool loop_goes_first : {false, true}) {
                    std::optional<Result<Done>> connected;
                    std::optional<Result<Done>> sent;
                    std::optional<Result<WsMessage>> heard;
                    std::optional<Result<Done>> closed;
                    auto world = std::make_unique<ClientWorld>(config);
                    const std::string url = pair.url(turns % 2 == 0 ? "localhost" : "127.0.0.1");
                    // The client may be gone whenever a task ends: each is asked for beforehand.
                    WebSocketClient& client = *world->client;
                    const auto live = [&](Task<Result<Done>> connect, Task<Result<Done>> send,
                                          Task<Result<WsMessage>> next,
                                          Task<Result<Done>> close) -> Task<void> {
                        connected.emplace(co_await std::move(connect));
                        sent.emplace(co_await std::move(send));
                        heard.emplace(co_await std::move(next));
                        closed.emplace(co_await std::move(close));
                    };
                    spawn(world->io, live(client.connect(url), client.send_text("hello"), client.next(),
                                          client.close(WsCloseCode::normal, "")));
                    for (int i = 0; i < turns; ++i) world->io.run_one_for(5ms);
                    if (loop_goes_first) continue;  // everything goes with the world, in the middle of it
                    const bool was_over = closed.has_value();
                    world->client.reset();
                    world->turn_until([&] { return closed.has_value(); });
                    if (!was_over) CHECK(closed->error().reason == Reason::cancelled);
                }
            }
        }
    }
}
