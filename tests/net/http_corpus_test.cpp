#include <doctest/doctest.h>

#include "net/http_corpus.hpp"
#include "net/loopback.hpp"
#include "net/request_reader.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

/// What a reader makes of the bytes when they come in the given parts: verdicts, and the last request.
struct Verdict {
    std::string statuses;
    std::string body;
    std::string saw;

    friend bool operator==(const Verdict&, const Verdict&) = default;
};

Verdict read_in_parts(const std::vector<std::string_view>& parts) {
    const HttpServerConfig defaults;
    const RequestLimits limits{defaults.header_bytes_max, defaults.header_fields_max,
                               defaults.body_bytes_max};
    RequestReader reader(limits);
    Verdict verdict;
    for (std::string_view part : parts) {
        while (!part.empty()) {
            part.remove_prefix(reader.feed(part));
            if (!reader.finished()) continue;
            if (!verdict.statuses.empty()) verdict.statuses += ' ';
            verdict.statuses += reader.refusal() ? std::to_string(reader.refusal().status) : "200";
            if (reader.refusal()) return verdict;
            verdict.body = reader.request().body;
            verdict.saw = std::string(reader.request().method) + " " + std::string(reader.request().path);
            if (!reader.keep_alive()) return verdict;
            reader.reset();
        }
    }
    return verdict;
}

/// The statuses of the answers but for those in between ("100 Continue").
std::string final_statuses(const std::string& answers) {
    std::string found = statuses(answers);
    constexpr std::string_view interim = "100 ";
    for (std::size_t at = found.find(interim); at != std::string::npos; at = found.find(interim)) {
        found.erase(at, interim.size());
    }
    return found;
}

/// All answers to bytes sent in parts. The client of a good request says that it has no more to send; that of
/// a bad one leaves the ending to the server.
std::string exchange(std::uint16_t port, const CorpusRow& row, std::size_t part_size) {
    RawClient client(port);
    const std::string_view bytes = row.bytes;
    client.send(bytes.substr(0, part_size));
    if (part_size < bytes.size()) {
        std::this_thread::sleep_for(std::chrono::microseconds(100));
        client.send(bytes.substr(part_size));
    }
    if (!row.refused) client.send_no_more();
    const std::string answers = client.read_to_end();
    CHECK_FALSE(client.timed_out());
    return answers;
}

/// Echoes, and counts the requests nobody should have seen.
struct Watchful {
    std::atomic<int> smuggled{0};

    Task<void> operator()(HttpExchange& exchange) {
        if (exchange.request().path == "/smuggled") ++smuggled;
        return echo(exchange);
    }
};

}  // namespace

TEST_SUITE("net/http corpus") {
    TEST_CASE("where the network cuts a request never changes what it means") {
        std::size_t decided = 0;
        std::size_t cuts = 0;
        const std::vector<CorpusRow> rows = http_corpus();
        for (const CorpusRow& row : rows) {
            CAPTURE(row.name);
            const std::string_view bytes = row.bytes;
            const Verdict whole = read_in_parts({bytes});
            CHECK(whole.statuses == row.statuses);
            if (!row.body.empty()) CHECK(whole.body == row.body);
            if (!row.saw.empty()) CHECK(whole.saw == row.saw);
            decided += whole.statuses == row.statuses ? 1 : 0;

            std::vector<std::string_view> single_bytes;
            for (std::size_t i = 0; i < bytes.size(); ++i) single_bytes.push_back(bytes.substr(i, 1));
            CHECK(read_in_parts(single_bytes) == whole);
            for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
                CAPTURE(cut);
                CHECK(read_in_parts({bytes.substr(0, cut), bytes.substr(cut)}) == whole);
                ++cuts;
            }
        }
        CHECK(decided == rows.size());
        MESSAGE(decided << " of " << rows.size() << " decided as listed, at each of " << cuts << " cuts");
    }

    TEST_CASE("every three parts of a request mean the same, too") {
        const std::string bytes = corpus_post +
                                  "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "3;a\r\nabc\r\n1\r\nd\r\n0\r\nX: y\r\n\r\n" +
                                  corpus_smuggled;
        const std::string_view all = bytes;
        const Verdict whole = read_in_parts({all});
        CHECK(whole.statuses == "200 200");
        for (std::size_t first = 1; first < all.size(); ++first) {
            for (std::size_t second = first + 1; second < all.size(); ++second) {
                const bool same = read_in_parts({all.substr(0, first), all.substr(first, second - first),
                                                 all.substr(second)}) == whole;
                CAPTURE(first);
                CAPTURE(second);
                REQUIRE(same);
            }
        }
    }

    TEST_CASE("what follows a refused request is never taken for one") {
        Watchful watchful;
        TestServer server([&watchful](HttpExchange& exchange) { return watchful(exchange); });
        for (CorpusRow row : http_corpus()) {
            CAPTURE(row.name);
            if (!row.refused) continue;
            row.bytes += corpus_smuggled + corpus_smuggled;
            CHECK(read_in_parts({row.bytes}).statuses == row.statuses);
            CHECK(final_statuses(exchange(server.port(), row, row.bytes.size())) == row.statuses);
        }
        CHECK(watchful.smuggled == 0);
    }

    TEST_CASE("a client over a socket gets the same verdict, however its bytes are cut") {
        // Every cut of every row is tried above without a socket; here the cuts are a sample.
        constexpr std::size_t stride = 16;
        TestServer server(echo);
        std::size_t offset = 0;
        for (const CorpusRow& row : http_corpus()) {
            CAPTURE(row.name);
            const std::string whole = exchange(server.port(), row, row.bytes.size());
            CHECK(final_statuses(whole) == row.statuses);
            CHECK(whole.ends_with(row.body));
            if (!row.saw.empty()) CHECK(whole.find("\r\nX-Saw: " + row.saw + "\r\n") != std::string::npos);
            CHECK((whole.find("Connection: close\r\n") != std::string::npos) == row.refused);
            for (std::size_t cut = 1 + offset++ % stride; cut < row.bytes.size(); cut += stride) {
                CAPTURE(cut);
                const std::string answers = exchange(server.port(), row, cut);
                CHECK(final_statuses(answers) == row.statuses);
                CHECK(answers.ends_with(row.body));
            }
        }
    }

    TEST_CASE("a client that sends single bytes is understood") {
        TestServer server(echo);
        for (const CorpusRow& row : http_corpus()) {
            CAPTURE(row.name);
            RawClient client(server.port());
            for (const char byte : row.bytes) {
                if (!client.send(std::string_view(&byte, 1))) break;
            }
            if (!row.refused) client.send_no_more();
            CHECK(final_statuses(client.read_to_end()) == row.statuses);
        }
    }

    TEST_CASE("a connection goes on after an answer of the handler that says no") {
        TestServer server([](HttpExchange& exchange) -> Task<void> {
            const int status = exchange.request().path == "/good" ? 200 : 404;
            exchange.respond(HttpResponse(status, "{}"));
            co_return;
        });
        RawClient client(server.port());
        std::string bytes;
        for (int i = 0; i < 50; ++i) {
            bytes += "POST /bad HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[]";
            bytes += "GET /good HTTP/1.1\r\nHost: x\r\n\r\n";
        }
        client.send(bytes);
        client.send_no_more();
        std::string expected;
        for (int i = 0; i < 50; ++i) expected += i == 0 ? "404 200" : " 404 200";
        CHECK(statuses(client.read_to_end()) == expected);
    }
}
