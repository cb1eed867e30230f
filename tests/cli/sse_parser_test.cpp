#include "sse_parser.hpp"

#include <doctest/doctest.h>

using namespace libexec::cli;

namespace {

using Messages = std::vector<SseMessage>;

Messages read(const std::vector<std::string>& pieces) {
    SseParser parser;
    Messages all;
    for (const std::string& piece : pieces) {
        for (SseMessage& message : parser.feed(piece)) all.push_back(std::move(message));
    }
    return all;
}

SseMessage message(std::string data, std::string id = "", std::string event = "") {
    SseMessage made;
    made.data = std::move(data);
    made.id = std::move(id);
    made.event = std::move(event);
    return made;
}

}  // namespace

TEST_SUITE("cli/sse_parser") {
    TEST_CASE("a stream reads the same wherever the network cuts it") {
        const std::string stream =
            "\xEF\xBB\xBF: hello\r\nid: 1\r\ndata: {\"seq\":1}\r\n\r\n"
            "data:two\ndata: lines\n\n"
            "event: note\rid: 3\rdata: \xE2\x86\x92\r\r"
            "retry: 5\n\n"
            "data\n\n";
        const Messages whole = read({stream});
        REQUIRE(whole == Messages{message("{\"seq\":1}", "1"), message("two\nlines", "1"),
                                  message("\xE2\x86\x92", "3", "note"), message("", "3")});
        for (std::size_t first = 0; first <= stream.size(); ++first) {
            for (std::size_t second = first; second <= stream.size(); ++second) {
                CAPTURE(first);
                CAPTURE(second);
                CHECK(read({stream.substr(0, first), stream.substr(first, second - first),
                            stream.substr(second)}) == whole);
            }
        }
        std::vector<std::string> bytes;
        for (const char c : stream) bytes.emplace_back(1, c);
        CHECK(read(bytes) == whole);
    }

    TEST_CASE("an event that was cut off is not an event") {
        CHECK(read({"data: {\"seq\":1}\n"}).empty());
        CHECK(read({"data: one\n\ndata: tw"}) == Messages{message("one")});
    }

    TEST_CASE("a line without end breaks the stream instead of filling the memory") {
        SseParser parser;
        const std::string piece(64 * 1024, 'x');
        for (int i = 0; i < 20 && !parser.broken(); ++i) CHECK(parser.feed(piece).empty());
        CHECK(parser.broken());
    }
}
