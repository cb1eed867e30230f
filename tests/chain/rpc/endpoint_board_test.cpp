#include "chain/rpc/endpoint_board.hpp"

#include <doctest/doctest.h>

#include "support/hand_clock.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

struct Board {
    explicit Board(const std::string& urls = "https://a,https://b,https://c", RpcHealthLimits with = {})
        : limits(with), board(RpcEndpoint::parse_list(urls).value(), limits, random, *log) {}

    std::vector<std::size_t> choose(bool fresh = true) const { return board.choose(clock.now(), fresh); }
    std::optional<std::string> slot(std::size_t place, std::uint64_t slot,
                                    Commitment commitment = Commitment::confirmed) {
        Seen seen;
        seen.slot = slot;
        seen.commitment = commitment;
        return board.saw(place, clock.now(), seen);
    }
    std::optional<std::string> both(std::size_t place, std::uint64_t slot, std::uint64_t height) {
        Seen seen;
        seen.slot = slot;
        seen.height = height;
        return board.saw(place, clock.now(), seen);
    }
    RpcStanding standing(std::size_t place) const { return board.report(clock.now()).at(place).standing; }

    HandClock clock;
    Random random{3};
    std::unique_ptr<Log> log = make_silent_log();
    RpcHealthLimits limits;
    EndpointBoard board;
};

using Places = std::vector<std::size_t>;

}  // namespace

TEST_SUITE("chain/rpc/endpoint_board") {
    TEST_CASE("the quickest is asked first, and little differences change nothing") {
        Board world;
        CHECK(world.choose() == Places{0, 1, 2});
        world.board.answered(0, world.clock.now(), 90ms);
        world.board.answered(1, world.clock.now(), 20ms);
        world.board.answered(2, world.clock.now(), 17ms);
        CHECK(world.choose() == Places{1, 2, 0});
        world.board.answered(1, world.clock.now(), 25ms);
        CHECK(world.choose() == Places{1, 2, 0});
    }

    TEST_CASE("who fails rests, longer each time and never for ever, and one answer makes it good again") {
        Board world;
        std::chrono::microseconds before{0};
        for (int i = 0; i < 12; ++i) {
            world.board.failed(0, world.clock.now(), "no answer");
            CHECK(world.choose() == Places{1, 2});
            const auto rest = world.board.free_at(0, true) - world.clock.now();
            CHECK(rest <= world.limits.failure_rest_most);
            if (i < 5) CHECK(rest > before / 2);
            before = rest;
            world.clock.pass(rest);
            CHECK(world.choose() == (i < 2 ? Places{0, 1, 2} : Places{1, 2, 0}));
        }
        CHECK(before >= world.limits.failure_rest_most / 2);
        CHECK(world.standing(0) == RpcStanding::failing);
        world.board.answered(0, world.clock.now(), 5ms);
        CHECK(world.standing(0) == RpcStanding::good);
        CHECK(world.board.report(world.clock.now())[0].trouble.empty());
    }

    TEST_CASE("a Retry-After is waited out in full, a foolish one within bounds, and no answer shortens it") {
        Board world;
        world.board.limited(0, world.clock.now(), 7s);
        world.board.answered(0, world.clock.now(), 5ms);
        world.clock.pass(6'999ms);
        CHECK(world.board.is_limited(0, world.clock.now()));
        CHECK(world.standing(0) == RpcStanding::rate_limited);
        world.clock.pass(102ms);
        CHECK_FALSE(world.board.is_limited(0, world.clock.now()));
        world.board.limited(1, world.clock.now(), 3'600s);
        CHECK(world.board.free_at(1, true) - world.clock.now() <= world.limits.limit_rest_most + 101ms);
        // None named: as after failures, from a second on.
        world.board.limited(2, world.clock.now(), std::nullopt);
        CHECK(world.board.free_at(2, true) - world.clock.now() >= 500ms);
        CHECK(world.board.report(world.clock.now())[2].rate_limits == 1);
    }

    TEST_CASE("an endpoint too far behind the best is not asked for fresh reads until it has caught up") {
        Board world;
        CHECK_FALSE(world.slot(0, 1'000));
        CHECK_FALSE(world.slot(1, 975));
        CHECK(world.slot(1, 974) == "it is 26 slots behind the best endpoint");
        CHECK(world.choose(true) == Places{0, 2});
        CHECK(world.choose(false) == Places{0, 1, 2});
        CHECK(world.standing(1) == RpcStanding::behind);
        // Other commitments have other slots.
        CHECK_FALSE(world.slot(2, 968, Commitment::finalized));
        CHECK_FALSE(world.slot(1, 999));
        CHECK(world.choose(true) == Places{0, 1, 2});
        // It may say so itself.
        world.board.fell_behind(2, world.clock.now(), 42);
        CHECK(world.choose(true) == Places{0, 1});
        world.clock.pass(world.limits.behind_rest);
        CHECK(world.choose(true) == Places{0, 1, 2});
    }

    TEST_CASE("a height that is not below its slot is a lie") {
        Board world;
        CHECK_FALSE(world.both(0, 1'000, 999));
        CHECK(world.both(0, 1'000, 1'000));
        CHECK(world.standing(0) == RpcStanding::lying);
        CHECK(world.choose(false) == Places{1, 2});
        world.clock.pass(world.limits.lie_rest);
        CHECK(world.choose() == Places{0, 1, 2});
    }

    TEST_CASE("going back a little is a fork, going back far a lie") {
        Board world;
        CHECK_FALSE(world.both(0, 10'000, 9'000));
        CHECK_FALSE(world.both(0, 9'990, 8'990));
        CHECK_FALSE(world.both(0, 9'976, 8'850));
        CHECK(world.both(0, 9'849, 8'849)->find("slot went back") != std::string::npos);
        Board other;
        CHECK_FALSE(other.both(0, 10'000, 9'000));
        CHECK(other.both(0, 10'001, 8'849)->find("height went back") != std::string::npos);
    }

    TEST_CASE("two others outvote one who tells a slot far ahead, also when it spoke first") {
        Board world;
        CHECK_FALSE(world.slot(1, 1'000));
        CHECK_FALSE(world.slot(2, 1'010));
        CHECK(world.slot(0, 1'000'000));
        CHECK(world.choose() == Places{1, 2});
        CHECK_FALSE(world.slot(1, 1'011));

        Board first;
        CHECK_FALSE(first.slot(0, 1'000'000));
        // Nobody can know yet which of them is right.
        CHECK(first.slot(1, 1'000));
        CHECK(first.slot(2, 1'000));
        CHECK(first.slot(0, 1'000'001));
        CHECK(first.standing(0) == RpcStanding::lying);
        CHECK_FALSE(first.slot(1, 1'001));
        CHECK(first.choose() == Places{1, 2});
    }

    TEST_CASE("of two, the one who leaps from his own words is the liar; alone, a leap is only a leap") {
        Board two("https://a,https://b");
        CHECK_FALSE(two.slot(0, 1'000));
        CHECK_FALSE(two.slot(1, 1'001));
        CHECK(two.slot(1, 50'000));
        CHECK(two.choose() == Places{0});
        CHECK_FALSE(two.slot(0, 1'002));

        Board alone("https://a");
        CHECK_FALSE(alone.slot(0, 1'000));
        CHECK_FALSE(alone.slot(0, 50'000));
    }

    TEST_CASE("one that stood still for long is no measure for those who went on") {
        Board world;
        CHECK_FALSE(world.slot(1, 1'000));
        CHECK_FALSE(world.slot(2, 1'000));
        world.clock.pass(25s);
        CHECK_FALSE(world.slot(1, 1'000));
        CHECK_FALSE(world.slot(2, 1'000));
        CHECK_FALSE(world.slot(0, 100'000));
        CHECK(world.slot(1, 1'000));
        CHECK(world.choose() == Places{0, 2});
    }

    TEST_CASE("slots as large as they come overflow nothing") {
        Board world;
        CHECK_FALSE(world.slot(0, INT64_MAX));
        CHECK(world.slot(1, 5));
        CHECK(world.slot(2, 6));
        CHECK(world.slot(0, INT64_MAX));
        CHECK(world.choose() == Places{1, 2});
    }
}
