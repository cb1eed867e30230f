#include <doctest/doctest.h>
#include <sys/resource.h>

#include "libexec/net/descriptor_limit.hpp"
#include "net/loopback.hpp"
#include "net/request_reader.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

std::string answer_to(std::uint16_t port, const std::string& bytes) {
    RawClient client(port);
    client.send(bytes);
    client.send_no_more();
    return statuses(client.read_to_end());
}

/// A head of exactly `size` bytes.
std::string head_of(std::size_t size) {
    const std::string begin = "GET / HTTP/1.1\r\nHost: x\r\nA: ";
    return begin + std::string(size - begin.size() - 4, 'a') + "\r\n\r\n";
}

std::string head_with_fields(int fields) {
    std::string head = "GET / HTTP/1.1\r\nHost: x\r\n";
    for (int i = 1; i < fields; ++i) head += "A: b\r\n";
    return head + "\r\n";
}

std::string post_of(std::size_t size) {
    return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size, 'b');
}

std::string chunks_of(std::size_t size) {
    std::string bytes = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t i = 0; i < size; ++i) bytes += "1\r\nb\r\n";
    return bytes + "0\r\n\r\n";
}

}  // namespace

TEST_SUITE("net/http limits") {
    TEST_CASE("what is exactly as large as allowed passes, one more does not") {
        TestServer server(echo);
        const std::uint16_t port = server.port();
        CHECK(answer_to(port, head_of(16 * 1024)) == "200");
        CHECK(answer_to(port, head_of(16 * 1024 + 1)) == "431");
        CHECK(answer_to(port, head_with_fields(64)) == "200");
        CHECK(answer_to(port, head_with_fields(65)) == "431");
        CHECK(answer_to(port, post_of(64 * 1024)) == "200");
        CHECK(answer_to(port, post_of(64 * 1024 + 1)) == "413");
        CHECK(answer_to(port, chunks_of(64 * 1024)) == "200");
        CHECK(answer_to(port, chunks_of(64 * 1024 + 1)) == "413");
    }

    TEST_CASE("whatever part of a head is huge, the answer is the same wherever the network cuts it") {
        constexpr std::size_t huge = 100 * 1024;
        const std::string host = " HTTP/1.1\r\nHost: x\r\n";
        const std::string large(huge, 'a');
        std::string many_fields = "GET /" + host;
        for (int i = 0; i < 10'000; ++i) many_fields += "A: b\r\n";
        const std::vector<std::pair<std::string, std::string>> heads{
            {"GET /" + large + host + "\r\n", "414"},
            {large + " / HTTP/1.1\r\n\r\n", "414"},
            {large, "414"},
            {"GET /?" + large + host + "\r\n", "414"},
            {"GET /" + host + "A: " + large + "\r\n\r\n", "431"},
            {"GET /" + host + large + ": b\r\n\r\n", "431"},
            {"GET /" + host + "Cookie: " + large, "431"},
            {many_fields, "431"},
        };
        TestServer server(echo);
        const HttpServerConfig defaults;
        const RequestLimits limits{defaults.header_bytes_max, defaults.header_fields_max,
                                   defaults.body_bytes_max};
        for (const auto& [head, status] : heads) {
            CAPTURE(head.substr(0, 24));
            CHECK(answer_to(server.port(), head) == status);
            for (std::size_t cut = 1; cut < 20'000; cut += 379) {
                RequestReader reader(limits);
                const std::string_view all = head;
                if (reader.feed(all.substr(0, cut)) == cut) reader.feed(all.substr(cut));
                CHECK(std::to_string(reader.refusal().status) == status);
            }
        }
    }

    TEST_CASE("headers without end are refused long before they fill the memory") {
        TestServer server(echo);
        RawClient client(server.port());
        client.send("GET / HTTP/1.1\r\nHost: x\r\nA: ");
        for (int i = 0; i < 256; ++i) client.send(std::string(1024, 'a'));
        CHECK(statuses(client.read_to_end()) == "431");
    }

    TEST_CASE("trailers without end and size lines without end are refused") {
        TestServer server(echo);
        const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
        CHECK(answer_to(server.port(), head + "1;" + std::string(8'000, 'x')) == "400");
        std::string trailers = "0\r\n";
        for (int i = 0; i < 2'000; ++i) trailers += "A: b\r\n";
        CHECK(answer_to(server.port(), head + trailers) == "431");
    }

    TEST_CASE("a client that is still sending reads why it was refused") {
        TestServer server(echo);
        RawClient client(server.port());
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n");
        for (int i = 0; i < 100; ++i) client.send(std::string(16 * 1024, 'b'));
        const std::string answer = client.read_to_end();
        CHECK(statuses(answer) == "413");
        CHECK(answer.ends_with("The request body is too large.\n"));
        CHECK(server.server().counts().refused == 1);
    }

    TEST_CASE("a request that never ends is cut with 408, wherever it stopped") {
        HttpServerConfig config;
        config.request_deadline = 100ms;
        TestServer server(echo, config);
        for (const char* begun :
             {"P", "POST / HTTP/1.1\r\nHost: x\r\n", "\r\n",
              "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nab",
              "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
            CAPTURE(begun);
            RawClient client(server.port());
            client.send(begun);
            CHECK(statuses(client.read_to_end()) == "408");
        }
    }

    TEST_CASE("dribbling bytes does not buy more time") {
        HttpServerConfig config;
        config.request_deadline = 200ms;
        TestServer server(echo, config);
        RawClient client(server.port());
        client.send("GET / HTTP/1.1\r\nHost: x\r\nA: ");
        std::string answer;
        while (answer.empty() && client.send("a")) answer = client.read(20ms);
        CHECK(statuses(answer) == "408");
    }

    TEST_CASE("a client that says nothing is let go without a word") {
        HttpServerConfig config;
        config.request_deadline = 100ms;
        config.idle_timeout = 100ms;
        TestServer server(echo, config);
        RawClient silent(server.port());
        CHECK(silent.read_to_end().empty());
        CHECK_FALSE(silent.timed_out());
        RawClient idle(server.port());
        idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK(statuses(idle.read_to_end()) == "200");
        CHECK_FALSE(idle.timed_out());
    }

    TEST_CASE("a client that does not read its answers is cut, and holds up nobody") {
        HttpServerConfig config;
        config.write_stall = 100ms;
        TestServer server(
            [](HttpExchange& exchange) -> Task<void> {
                HttpResponse big(200, std::string(8 * 1024 * 1024, 'x'));
                exchange.respond(std::move(big));
                co_return;
            },
            config);
        RawClient client(server.port(), 4 * 1024);
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK(TestServer::eventually([&] { return server.server().counts().requests == 1; }));
        CHECK(TestServer::eventually([&] { return server.server().counts().connections == 0; }));
    }

    TEST_CASE("connections beyond the limit hear 429, and a place that becomes free is given away") {
        HttpServerConfig config;
        config.connections_max = 2;
        TestServer server(echo, config);
        auto first = std::make_unique<RawClient>(server.port());
        auto second = std::make_unique<RawClient>(server.port());
        CHECK(TestServer::eventually([&] { return server.server().counts().connections == 2; }));
        RawClient third(server.port());
        CHECK(statuses(third.read_to_end()) == "429");
        third.hang_up();
        first.reset();
        CHECK(TestServer::eventually([&] { return server.server().counts().connections == 1; }));
        CHECK(answer_to(server.port(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n") == "200");
    }

    TEST_CASE("running out of descriptors delays new connections and nothing else") {
        TestServer server(echo);
        RawClient served(server.port());
        CHECK(TestServer::eventually([&] { return server.server().counts().connections == 1; }));
        rlimit before{};
        getrlimit(RLIMIT_NOFILE, &before);
        rlimit tight = before;
        tight.rlim_cur = 256;
        setrlimit(RLIMIT_NOFILE, &tight);
        std::vector<int> taken;
        for (int copy = ::dup(0); copy >= 0; copy = ::dup(0)) taken.push_back(copy);
        // The one descriptor left is the client's own end; the server finds none for its.
        ::close(taken.back());
        taken.pop_back();
        RawClient unlucky(server.port());
        CHECK(TestServer::eventually([&] { return server.log().saw("net.accept"); }));
        CHECK(server.server().counts().connections == 1);
        served.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK(statuses(served.read_until("\r\n\r\n")) == "200");

        for (const int copy : taken) ::close(copy);
        setrlimit(RLIMIT_NOFILE, &before);
        unlucky.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        CHECK(statuses(unlucky.read_to_end()) == "200");
    }

    TEST_CASE("clients cannot use up the descriptors that the rest of the process needs") {
        rlimit before{};
        getrlimit(RLIMIT_NOFILE, &before);
        rlimit tight = before;
        tight.rlim_cur = descriptors_of_its_own + surplus_connections + 20;
        setrlimit(RLIMIT_NOFILE, &tight);
        {
            TestServer server(echo);
            CHECK(server.log().saw("net.descriptors"));
            std::vector<std::unique_ptr<RawClient>> clients;
            for (int i = 0; i < 20; ++i) clients.push_back(std::make_unique<RawClient>(server.port()));
            CHECK(TestServer::eventually([&] { return server.server().counts().connections == 20; }));
            RawClient late(server.port());
            CHECK(statuses(late.read_to_end()) == "429");
        }
        CHECK(raise_descriptor_limit(before.rlim_cur) == before.rlim_cur);
        CHECK(raise_descriptor_limit(1) == before.rlim_cur);
        TestServer roomy(echo);
        CHECK_FALSE(roomy.log().saw("net.descriptors"));
    }
}
