#include <doctest/doctest.h>

#include "libexec/model/transaction.hpp"

using namespace libexec;

TEST_SUITE("model/transaction") {
    TEST_CASE("a plan allows what its order fixed on one side and its limit on the other") {
        SwapPlan plan;
        plan.attempt = 3;
        plan.token_in.mint = wrapped_sol_mint();
        plan.quote.amount_in = Amount(100);
        plan.quote.amount_out = Amount(200);
        plan.wraps_sol = true;

        plan.mode = SwapMode::exact_in;
        plan.limit = Amount(198);
        SwapTerms terms = terms_of(plan);
        CHECK(terms.attempt == 3);
        CHECK(terms.mint_in == wrapped_sol_mint());
        CHECK(terms.mint_out == Mint());
        CHECK(terms.most_in == Amount(100));
        CHECK(terms.least_out == Amount(198));
        CHECK(terms.wraps_sol);
        CHECK(!terms.unwraps_sol);

        plan.mode = SwapMode::exact_out;
        plan.limit = Amount(101);
        terms = terms_of(plan);
        CHECK(terms.most_in == Amount(101));
        CHECK(terms.least_out == Amount(200));
    }
}
