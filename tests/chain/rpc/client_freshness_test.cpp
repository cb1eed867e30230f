// Endpoints that are behind, that say so, or that lie about it.

#include "chain/rpc/scripted_nodes.hpp"
#include "libexec/solana/well_known.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

TEST_SUITE("chain/rpc/client freshness") {
    TEST_CASE_FIXTURE(RpcWorld, "a read of an endpoint that is behind is not fresh, and the next is asked") {
        nodes.set(node_a, answers_slot(1'000));
        nodes.set(node_b, answers_slot(1'200));
        REQUIRE(run(client->slot(Commitment::confirmed)));
        nodes.set(node_a, refuses_connections());
        CHECK(run(client->slot(Commitment::confirmed)).value() == 1'200);
        nodes.set(node_a, answers_slot(1'010));
        nodes.delay(node_b, 200ms);
        REQUIRE(run(client->slot(Commitment::confirmed)));
        time.pass(1s);
        // The quicker one is asked first, says what it says, and is passed over.
        const std::size_t before = nodes.asked(node_a);
        CHECK(run(client->slot(Commitment::confirmed)).value() == 1'200);
        CHECK(nodes.asked(node_a) == before + 1);
        CHECK(report(0).standing == RpcStanding::behind);
        CHECK(report(0).slots_behind == 190);
        // And then not asked at all, but for what does not change with time.
        CHECK(run(client->slot(Commitment::confirmed)).value() == 1'200);
        CHECK(nodes.asked(node_a) == before + 1);
        nodes.set(node_a, [](const NodeCall& call) { return result_of(call, "890880"); });
        CHECK(run(client->minimum_balance_for_rent_exemption(0)).value() == 890'880);
        CHECK(nodes.asked(node_a) == before + 2);
    }

    TEST_CASE_FIXTURE(RpcWorld, "a node that says it is behind is believed") {
        nodes.set(node_a, [](const NodeCall& call) {
            return error_of(call, -32005, "Node is behind by 42 slots", R"({"numSlotsBehind":42})");
        });
        nodes.set(node_b, answers_slot(7));
        CHECK(run(client->slot(Commitment::confirmed)).value() == 7);
        CHECK(report(0).standing == RpcStanding::behind);
        CHECK(report(0).slots_behind == 42);
        CHECK(report(0).failures == 0);
    }

    TEST_CASE_FIXTURE(RpcWorld, "an answer older than the slot it was asked for is not taken") {
        const auto account_at = [](std::uint64_t slot) {
            return [slot](const NodeCall& call) {
                CHECK(call.params.items()[1]["minContextSlot"].whole() == 100);
                return result_of(call, at_slot(slot, "null"));
            };
        };
        nodes.set(node_a, account_at(99));
        nodes.set(node_b, account_at(100));
        const PublicKey key = well_known::wrapped_sol;
        const Result<AccountSnapshot> read = run(client->account(key, Commitment::confirmed, 100));
        REQUIRE(read);
        CHECK(read.value().slot == 100);
        CHECK(read.value().endpoint == "https://b.example");
        nodes.set(node_b, [](const NodeCall& call) {
            return error_of(call, -32016, "Minimum context slot has not been reached",
                            R"({"contextSlot":99})");
        });
        const Result<AccountSnapshot> none = run(client->account(key, Commitment::confirmed, 100));
        REQUIRE_FALSE(none);
        CHECK(none.error().reason == Reason::service_unavailable);
        CHECK(report(0).failures == 0);
        CHECK(report(1).failures == 0);
    }

    TEST_CASE_FIXTURE(RpcWorld, "a height that is its slot is found out, whichever call told it") {
        // Honest in getEpochInfo, wrong in getBlockHeight, as a public endpoint once was.
        nodes.set(node_a, [](const NodeCall& call) {
            return result_of(
                call, call.method == "getBlockHeight" ? "300000000" : epoch_at(300'000'010, 278'000'000));
        });
        nodes.set(node_b, [](const NodeCall& call) {
            return result_of(
                call, call.method == "getBlockHeight" ? "278000000" : epoch_at(300'000'010, 278'000'001));
        });
        const Result<std::uint64_t> lie = run(client->block_height(Commitment::finalized));
        REQUIRE_FALSE(lie);
        CHECK(lie.error().detail.find("block height went back from 300000000 to 278000000") !=
              std::string::npos);
        CHECK(report(0).standing == RpcStanding::lying);
        CHECK(run(client->block_height(Commitment::finalized)).value() == 278'000'000);
        // The endpoint's slot is known by now, so that one question is enough.
        const std::size_t asked = nodes.asked(node_b);
        CHECK(run(client->block_height(Commitment::finalized)).value() == 278'000'000);
        CHECK(nodes.asked(node_b) == asked + 1);

        nodes.set(node_b,
                  [](const NodeCall& call) { return result_of(call, epoch_at(300'000'020, 300'000'020)); });
        const Result<EpochInfo> info = run(client->epoch_info(Commitment::finalized));
        REQUIRE_FALSE(info);
        CHECK(info.error().detail.find("always below its slot") != std::string::npos);
        CHECK(report(1).standing == RpcStanding::lying);
        CHECK(report(1).lies == 1);
    }
}
