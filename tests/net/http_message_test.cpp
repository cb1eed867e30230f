#include "libexec/net/http_message.hpp"

#include <doctest/doctest.h>

#include "net/response_writer.hpp"
#include "net/ws_handshake.hpp"

using namespace libexec;

TEST_SUITE("net/http message") {
    TEST_CASE("percent-encoding is undone or refused as a whole") {
        CHECK(percent_decode("") == "");
        CHECK(percent_decode("a%20b%2fc%2F") == "a b/c/");
        CHECK(percent_decode("a+b") == "a+b");
        CHECK(percent_decode("a+b", true) == "a b");
        CHECK(percent_decode("%00")->size() == 1);
        for (const char* broken : {"%", "%4", "a%", "%zz", "%4g", "%%41", "%-1", "% 1"}) {
            CAPTURE(broken);
            CHECK_FALSE(percent_decode(broken));
        }
    }

    TEST_CASE("a query parameter is found by its decoded name") {
        HttpRequest request;
        request.query =
            "status=failed&pair=SOL%2FUSDC&empty=&flag&pair=second&bad=%zz&two+words=a+b&=x&a=b=c";
        CHECK(request.query_parameter("status") == "failed");
        CHECK(request.query_parameter("pair") == "SOL/USDC");
        CHECK(request.query_parameter("empty") == "");
        CHECK(request.query_parameter("flag") == "");
        CHECK(request.query_parameter("two words") == "a b");
        CHECK(request.query_parameter("a") == "b=c");
        CHECK_FALSE(request.query_parameter("bad"));
        CHECK_FALSE(request.query_parameter("absent"));
        CHECK_FALSE(request.query_parameter("Status"));
    }

    TEST_CASE("header names and list tokens are found in any case") {
        HttpRequest request;
        request.fields = {
            {"Connection", "keep-alive , Upgrade"}, {"X-Request-Id", "a"}, {"x-request-id", "b"}};
        CHECK(request.header("x-REQUEST-id") == "a");
        CHECK_FALSE(request.header("X-Request"));
        CHECK(request.header_has_token("connection", "upgrade"));
        CHECK_FALSE(request.header_has_token("connection", "keep"));
    }

    TEST_CASE("what a client sent cannot start a header of its own when repeated to it") {
        HttpResponse answer(200, "b", "text/plain\r\nX: 1");
        answer.with("X-Request-Id", "a\r\nSet-Cookie: evil\n");
        std::string out;
        write_response(out, answer, ResponseFraming{});
        CHECK(out ==
              "HTTP/1.1 200 OK\r\nContent-Type: text/plain  X: 1\r\nX-Request-Id: a  Set-Cookie: evil \r\n"
              "Content-Length: 1\r\n\r\nb");
    }

    TEST_CASE("an answer says what its client has to know about the connection") {
        ResponseFraming framing;
        const auto written = [&framing](int status) {
            std::string out;
            write_response(out, HttpResponse(status, "body", ""), framing);
            return out;
        };
        CHECK(written(200) == "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody");
        CHECK(written(204) == "HTTP/1.1 204 No Content\r\n\r\n");
        CHECK(written(304) == "HTTP/1.1 304 Not Modified\r\n\r\n");
        framing.head_request = true;
        CHECK(written(200) == "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
        framing.head_request = false;
        framing.keep_alive = false;
        CHECK(written(200) == "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody");
        framing.keep_alive = true;
        framing.version_minor = 0;
        CHECK(written(200) == "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: keep-alive\r\n\r\nbody");
        framing.version_minor = 1;
        CHECK(written(426).find("\r\nConnection: Upgrade\r\n") != std::string::npos);
        framing.keep_alive = false;
        CHECK(written(426).find("\r\nConnection: close, Upgrade\r\n") != std::string::npos);
    }

    TEST_CASE("a WebSocket handshake is accepted by the book or refused") {
        const auto verdict = [](std::vector<HttpField> fields) {
            HttpRequest request;
            request.method = "GET";
            request.fields = std::move(fields);
            return check_ws_handshake(request).status;
        };
        const HttpField upgrade{"Upgrade", "websocket"};
        const HttpField connection{"Connection", "keep-alive, Upgrade"};
        const HttpField version{"Sec-WebSocket-Version", "13"};
        const HttpField key{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="};
        CHECK(verdict({upgrade, connection, version, key}) == 0);
        CHECK(verdict({connection, version, key}) == 426);
        CHECK(verdict({upgrade, version, key}) == 426);
        CHECK(verdict({upgrade, connection, key}) == 426);
        CHECK(verdict({upgrade, connection, version, version, key}) == 426);
        CHECK(verdict({upgrade, connection, {"Sec-WebSocket-Version", "8"}, key}) == 426);
        CHECK(verdict({upgrade, connection, {"Sec-WebSocket-Version", "13, 8"}, key}) == 426);
        CHECK(verdict({upgrade, connection, version}) == 400);
        CHECK(verdict({upgrade, connection, version, key, key}) == 400);
        for (const char* bad :
             {"", "abc", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25jZR==",
              "dGhlIHNhbXBsZSBub25j!Q==", "AAAAAAAAAAAAAAAAAAAAAAAA"}) {
            CAPTURE(bad);
            CHECK(verdict({upgrade, connection, version, {"Sec-WebSocket-Key", bad}}) == 400);
        }
    }

    TEST_CASE("the handshake answer proves that the key was read, and names an offered subprotocol only") {
        HttpRequest request;
        request.fields = {{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                          {"Sec-WebSocket-Protocol", "a, b"}};
        const std::string answer = ws_handshake_answer(request, "b");
        // The pair of RFC 6455 section 1.3.
        CHECK(answer.find("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") != std::string::npos);
        CHECK(answer.find("\r\nSec-WebSocket-Protocol: b\r\n") != std::string::npos);
        CHECK(ws_handshake_answer(request, "c").find("Protocol:") == std::string::npos);
    }
}
