#include "storage/postgres/wake_payload.hpp"

#include <doctest/doctest.h>

#include "libexec/base/random.hpp"

using namespace libexec;

namespace {

Uuid id_of(std::uint8_t first) {
    Uuid::Bytes bytes{};
    bytes.front() = first;
    return Uuid(bytes);
}

}  // namespace

TEST_SUITE("storage/wake_payload") {
    TEST_CASE("what one node writes another reads") {
        WakePayload payload;
        payload.node = "alpha-0a1b2c3d";
        for (std::size_t i = 0; i < WakePayload::items_most; ++i)
            payload.items.push_back({id_of(static_cast<std::uint8_t>(i)), 4'294'967'295U});
        const std::string text = payload.text();
        CHECK(text.size() < 8'000);
        const auto read = WakePayload::parse(text);
        REQUIRE(read);
        CHECK(read->node == payload.node);
        REQUIRE(read->items.size() == payload.items.size());
        CHECK(read->items.back().order == payload.items.back().order);
        CHECK(read->items.back().first == 4'294'967'295U);
    }

    TEST_CASE("anything else is nothing") {
        const std::string id(32, 'a');
        REQUIRE(WakePayload::parse("n|" + id + ":1"));
        for (const std::string& text :
             {std::string(), std::string("|"), std::string("n|"), "|" + id + ":1", "n|" + id, "n|" + id + ":",
              "n|" + id + ":0", "n|" + id + ":01", "n|" + id + ":-1", "n|" + id + ":4294967296",
              "n|" + id + ":1 ", "n|" + id + ":1,", "n|," + id + ":1", "n|" + std::string(31, 'a') + "g:1",
              "n|" + std::string(31, 'a') + ":1", "n|" + std::string(32, 'A') + ":1",
              std::string(101, 'n') + "|" + id + ":1", "n|" + id + ":1;" + id + ":2"}) {
            CAPTURE(text);
            CHECK_FALSE(WakePayload::parse(text));
        }
        std::string crowd = "n|";
        for (std::size_t i = 0; i <= WakePayload::items_most; ++i) crowd += (i > 0 ? "," : "") + id + ":1";
        CHECK_FALSE(WakePayload::parse(crowd));
    }

    TEST_CASE("a payload cut or changed anywhere is read as what it says, or not at all") {
        WakePayload payload;
        payload.node = "n";
        payload.items = {{id_of(1), 7}, {id_of(2), 12}};
        const std::string text = payload.text();
        Random random{7};
        for (int i = 0; i < 20'000; ++i) {
            std::string changed = text.substr(0, random.below(text.size() + 1));
            if (!changed.empty())
                changed[random.below(changed.size())] = static_cast<char>(random.below(256));
            const auto read = WakePayload::parse(changed);
            if (read) CHECK(read->text() == changed);
        }
    }
}
