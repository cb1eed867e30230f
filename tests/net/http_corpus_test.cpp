#include <doctest/doctest.h>

#include "net/http_corpus.hpp"
#include "net/loopback.hpp"
#include "net/request_reader.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

/// What a reader makes of the bytes when they come in the given parts: verdicts, and the last body.
struct Verdict {
    std::string statuses;
    std::string body;

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
            verdict.body = reader.request().body;
            if (reader.refusal() || !reader.keep_alive()) return verdict;
            reader.reset();
        }
    }
    return verdict;
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

}  // namespace

TEST_SUITE("net/http corpus") {
    TEST_CASE("where the network cuts a request never changes what it means") {
        for (const CorpusRow& row : http_corpus()) {
            CAPTURE(row.name);
            const std::string_view bytes = row.bytes;
            const Verdict whole = read_in_parts({bytes});
            CHECK(whole.statuses == row.statuses);
            if (!row.body.empty()) CHECK(whole.body == row.body);

            std::vector<std::string_view> single_bytes;
            for (std::size_t i = 0; i < bytes.size(); ++i) single_bytes.push_back(bytes.substr(i, 1));
            CHECK(read_in_parts(single_bytes) == whole);
            for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
                CAPTURE(cut);
                CHECK(read_in_parts({bytes.substr(0, cut), bytes.substr(cut)}) == whole);
            }
        }
    }

    TEST_CASE("a client over a socket gets the same verdict, however its bytes are cut") {
        TestServer server(echo);
        for (const CorpusRow& row : http_corpus()) {
            CAPTURE(row.name);
            const std::string whole = exchange(server.port(), row, row.bytes.size());
            CHECK(statuses(whole) == row.statuses);
            CHECK(whole.ends_with(row.body));
            CHECK((whole.find("Connection: close\r\n") != std::string::npos) == row.refused);
            for (std::size_t cut = 1; cut < row.bytes.size(); ++cut) {
                CAPTURE(cut);
                const std::string answers = exchange(server.port(), row, cut);
                CHECK(statuses(answers) == row.statuses);
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
            CHECK(statuses(client.read_to_end()) == row.statuses);
        }
    }
}
