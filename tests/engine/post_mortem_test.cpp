#include "engine/post_mortem.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace libexec;

TEST_SUITE("engine/post_mortem") {
    TEST_CASE("an order ends for one of the promised reasons, and keeps the finer word in its sentence") {
        const std::set<Reason> fine{Reason::account_in_use, Reason::stale_blockhash};
        for (const Reason cause : fine) {
            const Failure failure = post_mortem(Order{}, reject(cause, ""));
            CHECK(failure.code == Reason::chain_rejected);
            CHECK(failure.detail.find(title_of(cause)) == 0);
            CHECK(failure.retryable);
        }
        const std::set<Reason> promised{
            Reason::slippage_exceeded, Reason::no_route,       Reason::insufficient_liquidity,
            Reason::venue_timeout,     Reason::venue_error,    Reason::breaker_open,
            Reason::venue_busy,        Reason::chain_rejected, Reason::expired,
            Reason::timeout,           Reason::internal,       Reason::pool_closed,
            Reason::amount_too_small,  Reason::bad_account,    Reason::unsupported_token};
        for (const Reason cause : promised) CHECK(post_mortem(Order{}, reject(cause, "why")).code == cause);
    }

    TEST_CASE("the sentence counts the attempts and the hint says what to do") {
        Order order;
        order.attempt = 3;
        order.tx_hash = "hash";
        order.request.slippage = Bps::of(100).value();
        const Failure failure = post_mortem(order, reject(Reason::slippage_exceeded, "the price moved"));
        CHECK(failure.detail == "the price moved (3 attempts)");
        CHECK(failure.hint.find("raise slippageBps above 100") == 0);
        CHECK(failure.tx_hash == "hash");
        CHECK(!failure.funds_moved);
        CHECK(post_mortem(Order{}, reject(Reason::no_route, "x")).detail == "x (1 attempt)");
        CHECK(!post_mortem(Order{}, reject(Reason::no_route, "x")).retryable);
    }
}
