#include "libexec/base/uuid.hpp"
#include <doctest/doctest.h>
#include <unordered_set>

using namespace libexec;

namespace {

class FixedClock final : public Clock {
public:
    Time now() const override { return time; }
    Time time{std::chrono::milliseconds(0x0123456789ab)};
};

}  // namespace

TEST_SUITE("base/uuid") {
    TEST_CASE("an id is read back as it was printed, in either case") {
        const auto id = Uuid::parse("0190a0b1-c2d3-7e4f-8a5b-6c7d8e9f0011");
        REQUIRE(id);
        CHECK(id->to_string() == "0190a0b1-c2d3-7e4f-8a5b-6c7d8e9f0011");
        CHECK(Uuid::parse("0190A0B1-C2D3-7E4F-8A5B-6C7D8E9F0011") == id);
    }

    TEST_CASE("anything but 36 characters of an id is refused") {
        for (const char* text :
             {"", "0190a0b1", "0190a0b1c2d3-7e4f-8a5b-6c7d8e9f00112", "0190a0b1-c2d3-7e4f-8a5b-6c7d8e9f001g",
              "0190a0b1-c2d3-7e4f-8a5b-6c7d8e9f00111", "{190a0b1-c2d3-7e4f-8a5b-6c7d8e9f0011}"}) {
            CAPTURE(text);
            CHECK_FALSE(Uuid::parse(text));
        }
    }

    TEST_CASE("ids carry the version, the variant and the millisecond") {
        FixedClock clock;
        UuidGenerator ids(clock, 7);
        const std::string text = ids.next().to_string();
        CHECK(text.substr(0, 13) == "01234567-89ab");
        CHECK(text[14] == '7');
        CHECK((text[19] == '8' || text[19] == '9' || text[19] == 'a' || text[19] == 'b'));
    }

    TEST_CASE("ids grow strictly, in a burst and when the clock steps back") {
        FixedClock clock;
        UuidGenerator ids(clock, 7);
        Uuid last = ids.next();
        for (int i = 0; i < 20'000; ++i) {
            if (i == 10'000) clock.time -= std::chrono::hours(1);
            const Uuid id = ids.next();
            REQUIRE(last < id);
            last = id;
        }
    }

    TEST_CASE("two generators do not meet") {
        FixedClock clock;
        UuidGenerator a(clock, system_entropy());
        UuidGenerator b(clock, system_entropy());
        std::unordered_set<Uuid> seen;
        for (int i = 0; i < 1'000; ++i) {
            seen.insert(a.next());
            seen.insert(b.next());
        }
        CHECK(seen.size() == 2'000);
    }
}
