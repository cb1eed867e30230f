#include "libexec/model/order_status.hpp"
#include <doctest/doctest.h>
#include <set>
#include <utility>

using namespace libexec;
using S = OrderStatus;

TEST_SUITE("model/order_status") {
    TEST_CASE("every pair of statuses is a move of the table or is refused") {
        const std::set<std::pair<S, S>> legal{
            {S::pending, S::routing},    {S::pending, S::cancelled}, {S::pending, S::expired},
            {S::pending, S::failed},     {S::routing, S::building},  {S::routing, S::pending},
            {S::routing, S::failed},     {S::routing, S::cancelled}, {S::routing, S::expired},
            {S::building, S::submitted}, {S::building, S::pending},  {S::building, S::failed},
            {S::building, S::cancelled}, {S::building, S::expired},  {S::submitted, S::confirmed},
            {S::submitted, S::pending},  {S::submitted, S::failed},  {S::submitted, S::cancelled},
            {S::submitted, S::expired},
        };
        CHECK(moves.size() == legal.size());
        for (const S from : order_statuses) {
            for (const S to : order_statuses) {
                CAPTURE(to_string(from));
                CAPTURE(to_string(to));
                CHECK(guard_of(from, to).has_value() == legal.contains({from, to}));
            }
        }
    }

    TEST_CASE("nothing leaves a terminal status, and only these four are terminal") {
        int terminal = 0;
        for (const S status : order_statuses) {
            if (!is_terminal(status)) continue;
            ++terminal;
            for (const S to : order_statuses) CHECK_FALSE(guard_of(status, to));
        }
        CHECK(terminal == 4);
    }

    TEST_CASE("an order is submitted only with its intent, and confirmed only by the chain") {
        CHECK(guard_of(S::building, S::submitted) == MoveGuard::intent_committed);
        CHECK(guard_of(S::submitted, S::confirmed) == MoveGuard::landed_ok);
        for (const S to : {S::pending, S::failed, S::cancelled, S::expired}) {
            CHECK(guard_of(S::submitted, to) == MoveGuard::no_open_attempt);
        }
    }

    TEST_CASE("the public words read back") {
        for (const S status : order_statuses) CHECK(parse_order_status(to_string(status)) == status);
        CHECK_FALSE(parse_order_status("done"));
    }
}
