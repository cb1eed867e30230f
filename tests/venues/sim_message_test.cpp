#include "libexec/model/sim_message.hpp"

#include <doctest/doctest.h>

#include "libexec/base/random.hpp"
#include "support/swaps.hpp"

using namespace libexec;

namespace {

Anchor some_anchor() {
    Anchor anchor;
    anchor.blockhash = "4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM";
    anchor.last_valid_height = 278'100'020;
    anchor.slot = 300'000'000;
    return anchor;
}

}  // namespace

TEST_SUITE("model/sim_message") {
    TEST_CASE("a message says what the plan said, byte for byte") {
        SwapPlan plan = test::some_plan(7, 2);
        plan.mode = SwapMode::exact_out;
        plan.wraps_sol = true;
        plan.quote.price_impact_bps = 12;
        plan.quote.quoted_at = Time(std::chrono::microseconds(1'800'000'000'000'001));
        plan.quote.latency = std::chrono::microseconds(200'123);
        const Bytes bytes = encode_sim_message(plan, some_anchor()).value();
        const SimMessage read = decode_sim_message(bytes.data(), bytes.size()).value();
        CHECK(read.plan.order == plan.order);
        CHECK(read.plan.attempt == 2);
        CHECK(read.plan.chance_key == 7);
        CHECK(read.plan.token_in == plan.token_in);
        CHECK(read.plan.token_out == plan.token_out);
        CHECK(read.plan.mode == SwapMode::exact_out);
        CHECK(read.plan.quote == plan.quote);
        CHECK(read.plan.limit == plan.limit);
        CHECK(read.plan.wraps_sol);
        CHECK_FALSE(read.plan.unwraps_sol);
        CHECK(read.anchor.blockhash == some_anchor().blockhash);
        CHECK(read.anchor.last_valid_height == 278'100'020);
        CHECK(read.anchor.slot == 300'000'000);
        CHECK(encode_sim_message(read.plan, read.anchor).value() == bytes);
    }

    TEST_CASE("a message cut anywhere or with something behind it is refused") {
        Bytes bytes = encode_sim_message(test::some_plan(1, 1), some_anchor()).value();
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            CAPTURE(size);
            CHECK(decode_sim_message(bytes.data(), size).error().reason == Reason::chain_rejected);
        }
        bytes.push_back(0);
        CHECK(decode_sim_message(bytes.data(), bytes.size()).error().detail ==
              "simulated message is malformed at: the end");
    }

    TEST_CASE("another version is not guessed at") {
        Bytes bytes = encode_sim_message(test::some_plan(1, 1), some_anchor()).value();
        bytes[4] = 2;
        CHECK(decode_sim_message(bytes.data(), bytes.size()).error().reason == Reason::chain_rejected);
    }

    TEST_CASE("whatever is accepted has one spelling") {
        const Bytes good = encode_sim_message(test::some_plan(1, 1), some_anchor()).value();
        Random random(11);
        int accepted = 0;
        for (int i = 0; i < 20'000; ++i) {
            Bytes bytes = good;
            for (std::uint64_t flips = 1 + random.below(3); flips > 0; --flips) {
                bytes[random.below(bytes.size())] = static_cast<std::uint8_t>(random.below(256));
            }
            const auto read = decode_sim_message(bytes.data(), bytes.size());
            if (!read) continue;
            ++accepted;
            CAPTURE(i);
            REQUIRE(encode_sim_message(read.value().plan, read.value().anchor).value() == bytes);
        }
        CHECK(accepted > 1'000);  // many fields take any value
        CHECK(accepted < 19'000);
    }

    TEST_CASE("what could not be read back is not written") {
        SwapPlan plan = test::some_plan(1, 1);
        plan.token_in.symbol = std::string(65, 'x');
        CHECK(encode_sim_message(plan, some_anchor()).error().reason == Reason::invalid_parameter);
        plan = test::some_plan(1, 1);
        plan.limit = Amount(Amount::most + 1);
        CHECK(encode_sim_message(plan, some_anchor()).error().detail ==
              "a simulated message cannot carry this limit");
    }
}
