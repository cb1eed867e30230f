#include "libexec/chain/solana/solana_chain.hpp"

#include <doctest/doctest.h>

#include <string>
#include <variant>
#include <vector>

#include "chain/solana_chain_world.hpp"
#include "libexec/solana/instructions.hpp"
#include "libexec/solana/jito.hpp"
#include "libexec/solana/transaction.hpp"
#include "support/intents.hpp"
#include "support/token_bytes.hpp"

using namespace libexec;
using namespace libexec::test;

TEST_SUITE("chain/solana_chain") {
    TEST_CASE("an anchor is the blockhash, and the height at which it ends") {
        SolanaChainWorld world;
        const Result<Anchor> anchor = world.time.run(world.chain->anchor());
        REQUIRE(anchor);
        CHECK(anchor.value().blockhash == Blockhash(key_number(9).bytes()).to_string());
        CHECK(anchor.value().last_valid_height == 150);
        CHECK(anchor.value().slot == 1'234);
        CHECK(world.time.run(world.chain->send(test::CommittingStore::of(world.attempt))));
        CHECK(world.network.sent == std::vector<std::string>{"sig"});
    }

    TEST_CASE("a success is told with what it moved, once it is as sure as it has to be") {
        SolanaChainWorld world;
        CHECK(world.undecided());
        world.say("a", status_of(Commitment::confirmed));
        Observation seen = world.observe();
        REQUIRE(std::holds_alternative<Landed>(seen));
        CHECK(std::get<Landed>(seen).ok);
        CHECK(std::get<Landed>(seen).commitment == Commitment::confirmed);
        CHECK(std::get<Landed>(seen).fee_lamports == 0);  // not asked for yet

        world.say("a", status_of(Commitment::finalized));
        CHECK(world.undecided());  // nobody tells what it moved
        world.tell();
        seen = world.observe();
        REQUIRE(std::holds_alternative<Landed>(seen));
        const Landed& landed = std::get<Landed>(seen);
        CHECK(landed.ok);
        CHECK(landed.commitment == Commitment::finalized);
        CHECK(landed.slot == 1'500);
        CHECK(landed.fee_lamports == 5'000);
        CHECK(landed.amount_in == Amount(7));
        CHECK(landed.amount_out == Amount(11));
        CHECK(landed.rent == Rent{9, 0});

        // The details are another transaction's, or of another fork.
        world.network.detail->slot = 1'501;
        CHECK(world.undecided());
        world.tell(true);
        CHECK(world.undecided());
    }

    TEST_CASE("balances that cannot be those of a swap are asked for again, until they can") {
        SolanaChainWorld world;
        world.say("a", status_of(Commitment::finalized));
        world.tell();
        const LandedTransaction truth = *world.network.detail;
        // A node that shows at both ends what was there before.
        world.network.detail->lamports_after = truth.lamports_before;
        world.network.detail->tokens_after.clear();
        CHECK(world.undecided());
        CHECK(world.undecided());
        world.network.detail = truth;
        const Observation seen = world.observe();
        REQUIRE(std::holds_alternative<Landed>(seen));
        CHECK(std::get<Landed>(seen).amount_in == Amount(7));
        CHECK(std::get<Landed>(seen).amount_out == Amount(11));
    }

    TEST_CASE("where no node ever tells the balances, what was quoted is booked after a few rounds") {
        for (const bool silent : {true, false}) {
            CAPTURE(silent);
            SolanaChainWorld world;
            world.say("a", status_of(Commitment::finalized));
            world.tell();
            if (silent) {
                world.network.detail->lamports_before.clear();
            } else {
                world.network.detail->lamports_after = world.network.detail->lamports_before;
                world.network.detail->tokens_after.clear();
            }
            for (int round = 0; round < 5; ++round) CHECK(world.undecided());
            const Observation seen = world.observe();
            REQUIRE(std::holds_alternative<Landed>(seen));
            const Landed& landed = std::get<Landed>(seen);
            CHECK(landed.ok);
            CHECK(landed.amount_in == Amount(70));
            CHECK(landed.amount_out == Amount(80));
            CHECK(landed.fee_lamports == 5'000);
            CHECK(!landed.rent);
        }
    }

    TEST_CASE("a fee that cannot be booked was not told") {
        SolanaChainWorld world;
        for (const char* endpoint : {"a", "b"}) world.say(endpoint, status_of(Commitment::finalized));
        world.tell();
        world.network.detail->fee_lamports = std::uint64_t{1} << 63;
        for (int round = 0; round < 5; ++round) CHECK(world.undecided());
        const Observation seen = world.observe();
        REQUIRE(std::holds_alternative<Landed>(seen));
        CHECK(std::get<Landed>(seen).fee_lamports == 0);
        CHECK(std::get<Landed>(seen).amount_in == Amount(70));
    }

    TEST_CASE("a tip counts as a part of the fee, where it was paid") {
        SolanaChainWorld world;
        MessageDraft draft;
        draft.payer = key_number(1);
        draft.instructions = {instructions::transfer(key_number(1), key_number(2), 7),
                              instructions::transfer(key_number(1), jito_tip_accounts[3], 2'000)};
        world.attempt.signed_bytes = encode_transaction(unsigned_transaction(compile_message(draft).value()));
        for (const char* endpoint : {"a", "b"}) world.say(endpoint, status_of(Commitment::finalized));
        world.tell();
        world.network.detail->lamports_after[0] -= 2'000;
        Observation seen = world.observe();
        REQUIRE(std::holds_alternative<Landed>(seen));
        CHECK(std::get<Landed>(seen).fee_lamports == 7'000);
        CHECK(std::get<Landed>(seen).amount_in == Amount(7));
        CHECK(std::get<Landed>(seen).amount_out == Amount(11));

        for (const char* endpoint : {"a", "b"}) world.say(endpoint, status_of(Commitment::finalized, true));
        world.tell(true);
        seen = world.observe();
        REQUIRE(std::holds_alternative<Landed>(seen));
        CHECK(!std::get<Landed>(seen).ok);
        CHECK(std::get<Landed>(seen).fee_lamports == 5'000);
    }

    TEST_CASE("a failure needs two who say so and nobody who denies it") {
        SolanaChainWorld world;
        world.tell(true);
        world.say("a", status_of(Commitment::finalized, true));
        CHECK(world.undecided());
        world.fall_silent("b");
        CHECK(world.undecided());
        world.say("b", status_of(Commitment::confirmed));
        CHECK(world.undecided());
        world.say("b", status_of(Commitment::confirmed, true));
        CHECK(world.undecided());  // not final for b yet
        world.say("b", status_of(Commitment::finalized, true));
        const Observation seen = world.observe();
        REQUIRE(std::holds_alternative<Landed>(seen));
        const Landed& landed = std::get<Landed>(seen);
        CHECK(!landed.ok);
        CHECK(landed.error.reason == Reason::insufficient_funds);
        CHECK(landed.rent == Rent());
        CHECK(landed.fee_lamports == 5'000);

        world.say("c", status_of(Commitment::processed));
        CHECK(world.undecided());  // contradicted
    }

    TEST_CASE("with one endpoint its word is enough for a failure") {
        SolanaChainWorld world;
        world.network.said.erase("b");
        world.tell(true);
        world.say("a", status_of(Commitment::finalized, true));
        CHECK(std::holds_alternative<Landed>(world.observe()));
    }

    TEST_CASE(
        "beyond its height and unknown to two witnesses it is dead; to one alone, it is so for us alone") {
        SolanaChainWorld world;
        world.network.height = 150;
        CHECK(world.undecided());
        world.network.height = 151;
        Observation seen = world.observe();
        REQUIRE(std::holds_alternative<ProvablyDead>(seen));
        CHECK(!std::get<ProvablyDead>(seen).alone);
        CHECK(std::get<ProvablyDead>(seen).evidence.find("b height 151") != std::string::npos);

        world.network.said.erase("b");
        seen = world.observe();
        REQUIRE(std::holds_alternative<ProvablyDead>(seen));
        CHECK(std::get<ProvablyDead>(seen).alone);

        world.fall_silent("a");
        CHECK(world.undecided());
    }
}
