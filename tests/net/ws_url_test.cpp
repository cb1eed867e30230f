#include "net/ws_url.hpp"

#include <doctest/doctest.h>

#include <string>

#include "net/upgrade_answer.hpp"
#include "net/ws_codec.hpp"

using namespace libexec;

namespace {

const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";

std::string fields_of_good() {
    return "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + ws_accept_key(key) +
           "\r\n";
}

struct Verdict {
    UpgradeAnswer::Step step = UpgradeAnswer::Step::more;
    std::string why;
    std::size_t used = 0;
    UpgradeAnswer answer;

    explicit Verdict(const std::string& bytes, std::size_t bytes_max = 4'096) : answer(key, bytes_max) {
        step = answer.consume(bytes, used);
        why = answer.refusal().detail;
    }
};

}  // namespace

TEST_SUITE("net/codec of a WebSocket client's handshake") {
    TEST_CASE("a URL is taken apart") {
        const WsUrl plain = WsUrl::parse("WS://Example.COM").value();
        CHECK_FALSE(plain.secure);
        CHECK(plain.host == "example.com");
        CHECK(plain.port == 80);
        CHECK(plain.authority == "example.com");
        CHECK(plain.target == "/");
        CHECK(plain.name == "ws://example.com");

        const WsUrl full = WsUrl::parse("wss://me:p%40ss@[::1]:8443/v2/SECRET?api-key=OTHER").value();
        CHECK(full.secure);
        CHECK(full.host == "::1");
        CHECK(full.port == 8443);
        CHECK(full.authority == "[::1]:8443");
        CHECK(full.target == "/v2/SECRET?api-key=OTHER");
        CHECK(full.user_info == "me:p@ss");
        CHECK(full.name == "wss://[::1]:8443");

        CHECK(WsUrl::parse("wss://a.example?x").value().target == "/?x");
        CHECK(WsUrl::parse("wss://a.example:443/").value().authority == "a.example");
    }

    TEST_CASE("what is no WebSocket URL is refused in words that repeat none of it") {
        for (const char* const url :
             {"", "SECRET", "http://SECRET/", "wss:/SECRET", "wss://", "wss:///SECRET", "wss://SECRET host/",
              "wss://SECRET\r\nHost: x", "wss://SECRET:0/", "wss://SECRET:65536/", "wss://SECRET:/",
              "wss://SECRET:8a/", "wss://[SECRET]/", "wss://[::1/", "wss://a/#SECRET", "wss://a%2fSECRET/",
              "wss://%zz@a/SECRET", "wss://SECRET\xc3\xa9/", "ws://a\\SECRET/"}) {
            CAPTURE(url);
            const Result<WsUrl> parsed = WsUrl::parse(url);
            REQUIRE_FALSE(parsed);
            CHECK(parsed.error().reason == Reason::invalid_parameter);
            CHECK(parsed.error().detail.find("SECRET") == std::string::npos);
        }
        CHECK_FALSE(WsUrl::parse("wss://a/" + std::string(5'000, 'x')));
    }

    TEST_CASE("a server that agrees is believed, whatever comes behind its head") {
        const std::string head = "HTTP/1.1 101 Fine\r\n" + fields_of_good() + "\r\n";
        const Verdict good(head + "\x81\x02hi");
        CHECK(good.step == UpgradeAnswer::Step::upgraded);
        CHECK(good.used == head.size());
        const std::string odd =
            "HTTP/1.1 101\r\nuPGRADE:WebSocket\r\nconnection: keep-alive , UPGRADE\r\n"
            "sec-websocket-accept:  " +
            ws_accept_key(key) + " \r\nContent-Length: 5\r\n\r\n";
        CHECK(Verdict(odd).step == UpgradeAnswer::Step::upgraded);
        const Verdict announced("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Go on\r\n\r\n" +
                                head);
        CHECK(announced.step == UpgradeAnswer::Step::upgraded);
    }

    TEST_CASE("a server that does not agree as it should is refused with the reason") {
        const std::string line = "HTTP/1.1 101 Fine\r\n";
        const std::string accept = "Sec-WebSocket-Accept: " + ws_accept_key(key) + "\r\n";
        const std::string upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
        const std::pair<std::string, const char*> cases[] = {
            {line + upgrade, "Sec-WebSocket-Accept"},
            {line + upgrade + "Sec-WebSocket-Accept: " + ws_accept_key("other") + "\r\n",
             "Sec-WebSocket-Accept"},
            {line + upgrade + "Sec-WebSocket-Accept: " + key + "\r\n", "Sec-WebSocket-Accept"},
            {line + upgrade + accept + accept, "Sec-WebSocket-Accept"},
            {line + accept + "Connection: Upgrade\r\n", "Upgrade is not websocket"},
            {line + accept + "Connection: Upgrade\r\nUpgrade: h2c\r\n", "Upgrade is not websocket"},
            {line + accept + "Upgrade: websocket\r\n", "Connection does not say"},
            {line + fields_of_good() + "Sec-WebSocket-Extensions: permessage-deflate\r\n", "extension"},
            {line + fields_of_good() + "Sec-WebSocket-Protocol: chat\r\n", "subprotocol"},
            {"HTTP/1.0 101 Fine\r\n" + fields_of_good(), "HTTP/1.1"},
            {"HTTP/2.0 101 Fine\r\n" + fields_of_good(), "HTTP/1.1"},
            {"HTTP/1.1 200 OK\r\n" + fields_of_good(), "answers 200 instead of 101"},
            {"HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n", "answers 403 instead of 101"},
            {"HTTP/1.1 301 Moved\r\nLocation: ws://elsewhere/\r\n", "answers 301 instead of 101"},
            {"HTTP/1.1 503 No\r\nRetry-After: 7\r\n", "answers 503 instead of 101"},
            {"SSH-2.0-OpenSSH_9.2\r\n", "no HTTP"},
            {"GET / HTTP/1.1\r\nHost: x\r\n", "no HTTP"},
            {"HTTP/1.1 101 Fine\r\nUpgrade websocket\r\n", "no HTTP"},
            {"HTTP/1.1 101 Fine\r\nContent-Length: 1\r\nContent-Length: 2\r\n", "no HTTP"},
            {"", "no HTTP"},
        };
        for (const auto& [head, why] : cases) {
            CAPTURE(head);
            const Verdict verdict(head.empty() ? "\r\n\r\n" : head + "\r\n");
            CHECK(verdict.step == UpgradeAnswer::Step::refused);
            CHECK(verdict.why.find(why) != std::string::npos);
            CHECK(verdict.answer.refusal().reason == Reason::service_unavailable);
        }
        const Verdict limited("HTTP/1.1 429 Slow down\r\nRetry-After: 999999\r\n\r\n");
        CHECK(limited.answer.refusal().reason == Reason::rate_limited);
        CHECK(limited.answer.status() == 429);
        CHECK(limited.answer.retry_after() == std::chrono::seconds(3'600));
        CHECK(Verdict("HTTP/1.1 503 No\r\nRetry-After: 7\r\n\r\n").answer.retry_after() ==
              std::chrono::seconds(7));
        CHECK_FALSE(Verdict("HTTP/1.1 503 No\r\nRetry-After: soon\r\n\r\n").answer.retry_after());
    }

    TEST_CASE("a head is bounded, with all that only announces it") {
        const std::string start = "HTTP/1.1 101 Fine\r\nX: ";
        const Verdict endless(start + std::string(10'000, 'x'), 1'000);
        CHECK(endless.step == UpgradeAnswer::Step::refused);
        CHECK(endless.why.find("more than 1000 bytes") != std::string::npos);
        CHECK(endless.used == 1'000);
        std::string announcements;
        for (int i = 0; i < 100; ++i) announcements += "HTTP/1.1 102 Wait\r\n\r\n";
        CHECK(Verdict(announcements, 1'000).why.find("more than 1000 bytes") != std::string::npos);
        const std::string fits = "HTTP/1.1 101 Fine\r\n" + fields_of_good() + "\r\n";
        CHECK(Verdict(fits, fits.size()).step == UpgradeAnswer::Step::upgraded);
        CHECK(Verdict(fits, fits.size() - 1).step == UpgradeAnswer::Step::refused);
    }
}
