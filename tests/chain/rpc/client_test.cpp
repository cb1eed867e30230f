#include "libexec/chain/rpc/client.hpp"

#include "chain/rpc/scripted_nodes.hpp"
#include "libexec/solana/well_known.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

TEST_SUITE("chain/rpc/client") {
    TEST_CASE_FIXTURE(RpcWorld, "the first endpoint is asked, with the method's name and its options") {
        nodes.set(node_a, answers_slot(1'000));
        nodes.set(node_b, answers_slot(1'000));
        const Result<std::uint64_t> slot = run(client->slot(Commitment::finalized));
        CHECK(slot.value() == 1'000);
        REQUIRE(nodes.calls.size() == 1);
        CHECK(nodes.calls[0].url == node_a);
        CHECK(nodes.calls[0].method == "getSlot");
        CHECK(nodes.calls[0].params.json() == R"([{"commitment":"finalized"}])");
        CHECK(nodes.calls[0].timeout < 3s);
        CHECK(report(0).calls == 1);
        CHECK(report(0).slot == 1'000);
    }

    TEST_CASE_FIXTURE(RpcWorld, "whoever does not answer is left for the next, and rests") {
        nodes.set(node_a, refuses_connections());
        nodes.set(node_b, answers_slot(7));
        CHECK(run(client->slot(Commitment::confirmed)).value() == 7);
        CHECK(report(0).failures == 1);
        CHECK(report(0).standing == RpcStanding::failing);
        CHECK(report(0).trouble == "https://a.example getSlot: connection refused");
        // Not asked again while it rests.
        CHECK(run(client->slot(Commitment::confirmed)).value() == 7);
        CHECK(nodes.asked(node_a) == 1);
    }

    TEST_CASE_FIXTURE(RpcWorld, "a silent endpoint leaves enough of the deadline to the next") {
        nodes.set(node_a, answers_slot(1));
        nodes.delay(node_a, 60s);
        nodes.set(node_b, answers_slot(7));
        nodes.delay(node_b, 1s);
        const Time before = time.now();
        CHECK(run(client->slot(Commitment::confirmed)).value() == 7);
        CHECK(time.now() - before <= 3s);
        CHECK(nodes.calls[0].timeout == 1'800ms);
    }

    TEST_CASE_FIXTURE(RpcWorld, "when nobody answers the call ends within its deadline and says why") {
        nodes.set(node_a, refuses_connections());
        nodes.set(node_b, refuses_connections());
        const Time before = time.now();
        const Result<std::uint64_t> slot = run(client->slot(Commitment::confirmed));
        REQUIRE_FALSE(slot);
        CHECK(slot.error().reason == Reason::service_unavailable);
        CHECK(slot.error().detail.find("example getSlot: connection refused") != std::string::npos);
        CHECK(time.now() - before <= 3s);
        CHECK(nodes.calls.size() == 4);  // two each, with a pause between
        CHECK(nodes.asked(node_a) == 2);
    }

    TEST_CASE_FIXTURE(RpcWorld,
                      "429 is heard: nobody knocks before Retry-After, and a lone endpoint is waited for") {
        RpcWorld alone("https://a.example/key-of-a");
        int asked = 0;
        alone.nodes.set(node_a, [&](const NodeCall& call) {
            if (++asked > 1) return result_of(call, "9");
            RpcReply reply(429, "too many requests for key-of-a");
            reply.retry_after = 2s;
            return Result<RpcReply>(reply);
        });
        const Time before = alone.time.now();
        CHECK(alone.run(alone.client->slot(Commitment::confirmed)).value() == 9);
        CHECK(alone.time.now() - before >= 2s);
        CHECK(alone.report(0).rate_limits == 1);

        // Longer than the deadline: told at once, with how long.
        nodes.set(node_a, [](const NodeCall&) {
            RpcReply reply(429, "");
            reply.retry_after = 30s;
            return Result<RpcReply>(reply);
        });
        nodes.set(node_b, answers_slot(5));
        CHECK(run(client->slot(Commitment::confirmed)).value() == 5);
        nodes.set(
            node_b, nodes.calls.empty() ? NodeScript() : [](const NodeCall& call) {
                return error_of(call, -32429, "rate limited");
            });
        const Result<std::uint64_t> refused = run(client->slot(Commitment::confirmed));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().reason == Reason::rate_limited);
        CHECK(nodes.asked(node_a) == 1);
    }

    TEST_CASE_FIXTURE(RpcWorld, "all at rest is said with each one's reason, and nobody is asked") {
        for (const std::string& url : {node_a, node_b}) {
            nodes.set(url, [](const NodeCall&) {
                RpcReply reply(429, "");
                reply.retry_after = 30s;
                return Result<RpcReply>(reply);
            });
        }
        CHECK_FALSE(run(client->slot(Commitment::confirmed)));
        const std::size_t asked = nodes.calls.size();
        const Result<std::uint64_t> none = run(client->slot(Commitment::confirmed));
        REQUIRE_FALSE(none);
        CHECK(none.error().reason == Reason::rate_limited);
        CHECK(none.error().detail.find("https://a.example is rate_limited for another") != std::string::npos);
        CHECK(nodes.calls.size() == asked);
    }

    TEST_CASE("an answer of garbage, of another question or of another kind goes to the next") {
        for (const char* garbage : {"", "<html>", "null", R"({"jsonrpc":"2.0","result":5,"id":99999})",
                                    R"({"jsonrpc":"2.0","id":1})"}) {
            CAPTURE(garbage);
            RpcWorld world;
            world.nodes.set(node_a,
                            [&](const NodeCall&) { return Result<RpcReply>(RpcReply(200, garbage)); });
            world.nodes.set(node_b, answers_slot(7));
            CHECK(world.run(world.client->slot(Commitment::confirmed)).value() == 7);
            CHECK(world.report(0).trouble.find("nobody can understand") != std::string::npos);
        }
        RpcWorld world;
        world.nodes.set(node_a, [&](const NodeCall& call) { return result_of(call, "\"7\""); });
        world.nodes.set(node_b, answers_slot(7));
        CHECK(world.run(world.client->slot(Commitment::confirmed)).value() == 7);
        CHECK(world.report(0).trouble.find("breaks a rule: the result is no whole number") !=
              std::string::npos);
    }

    TEST_CASE_FIXTURE(RpcWorld, "statuses that are no answer go to the next; an error inside one is read") {
        for (const int status : {204, 302, 403, 404, 500, 502}) {
            CAPTURE(status);
            RpcWorld world;
            world.nodes.set(node_b, answers_slot(7));
            world.nodes.set(node_a, [&](const NodeCall&) {
                return Result<RpcReply>(RpcReply(status, "no key-of-a\xff\nhere"));
            });
            CHECK(world.run(world.client->slot(Commitment::confirmed)).value() == 7);
            const std::string trouble = world.report(0).trouble;
            CHECK(trouble.find("HTTP " + std::to_string(status)) != std::string::npos);
            CHECK(trouble.find("key-of-a") == std::string::npos);
            CHECK(JsonValue::parse(to_json_string(trouble)).value().text() == trouble);
        }
        nodes.set(node_a, [](const NodeCall& call) {
            Result<RpcReply> reply = error_of(call, -32602, "Invalid param");
            RpcReply bad = reply.value();
            bad.status = 400;
            return Result<RpcReply>(bad);
        });
        const Result<std::uint64_t> refused = run(client->slot(Commitment::confirmed));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().reason == Reason::invalid_parameter);
    }

    TEST_CASE_FIXTURE(RpcWorld, "what the chain itself objects to is told at once, in its own words") {
        nodes.set(node_a, [](const NodeCall& call) {
            return error_of(call, -32602, "Invalid param: could not find account");
        });
        nodes.set(node_b, answers_slot(7));
        const PublicKey key = well_known::wrapped_sol;
        const Result<TokenBalance> balance = run(client->token_account_balance(key, Commitment::confirmed));
        REQUIRE_FALSE(balance);
        CHECK(
            balance.error().detail ==
            "https://a.example getTokenAccountBalance: error -32602: Invalid param: could not find account");
        CHECK(nodes.asked(node_b) == 0);
        CHECK(report(0).failures == 0);
    }

    TEST_CASE_FIXTURE(RpcWorld, "no error and no report ever shows a key of a URL") {
        nodes.set(node_a, [](const NodeCall& call) {
            return error_of(call, -32603, "upstream https://a.example/key-of-a failed for key-of-a");
        });
        nodes.set(node_b, [](const NodeCall&) {
            return Result<RpcReply>(RpcReply(403, "api-key=key-of-b is not allowed"));
        });
        const Result<std::uint64_t> slot = run(client->slot(Commitment::confirmed));
        REQUIRE_FALSE(slot);
        std::string all = slot.error().detail;
        for (const RpcEndpointReport& report : client->report()) all += report.trouble + report.name;
        CHECK(all.find("key-of-") == std::string::npos);
        CHECK(all.find("***") != std::string::npos);
    }

    TEST_CASE("a task that outlives its client ends with an error, before and after the answer came") {
        RpcWorld world;
        world.nodes.set(node_a, answers_slot(7));
        world.nodes.delay(node_a, 100ms);
        std::optional<Result<std::uint64_t>> early;
        world.time.spawn(keep_answer(world.client->slot(Commitment::confirmed), early));
        world.time.settle();
        auto late = world.client->slot(Commitment::confirmed);
        world.client.reset();
        world.time.pass(1s);
        REQUIRE(early);
        CHECK(early->error().detail == "the RPC client is closed");
        CHECK(world.time.run(std::move(late)).error().detail == "the RPC client is closed");
    }

    TEST_CASE_FIXTURE(RpcWorld, "statuses come with the name of the endpoint that told them") {
        nodes.set(node_a, [](const NodeCall& call) {
            CHECK(call.method == "getSignatureStatuses");
            return result_of(call, at_slot(9, "[null,null]"));
        });
        std::vector<std::string> signatures(2, std::string(64, '1'));
        const Result<SignatureStatuses> known = run(client->signature_statuses(signatures));
        REQUIRE(known);
        CHECK(known.value().endpoint == "https://a.example");
        CHECK(known.value().slot == 9);
        CHECK(known.value().statuses.size() == 2);
    }

    TEST_CASE_FIXTURE(RpcWorld, "wrong questions are refused before anybody hears them") {
        const auto is_refused = [](const auto& result) {
            return !result && result.error().reason == Reason::invalid_parameter;
        };
        std::vector<std::string> signatures{"abc"};
        CHECK(is_refused(run(client->signature_statuses(signatures))));
        CHECK(is_refused(run(client->signature_statuses(std::vector<std::string>()))));
        CHECK(is_refused(run(client->transaction("abc", Commitment::confirmed))));
        const std::string signature(88, '2');
        CHECK(is_refused(run(client->transaction(signature, Commitment::processed))));
        CHECK(is_refused(run(client->accounts(std::vector<PublicKey>(), Commitment::confirmed))));
        CHECK(is_refused(run(client->accounts(std::vector<PublicKey>(2'001), Commitment::confirmed))));
        ProgramAccountsQuery query(well_known::token_program);
        query.filters.push_back(AccountFilter::with_bytes(0, Bytes(129, 1)));
        CHECK(is_refused(run(client->program_accounts(query))));
        query.filters.assign(5, AccountFilter::of_size(1));
        CHECK(is_refused(run(client->program_accounts(query))));
        CHECK(is_refused(run(client->recent_prioritization_fees(std::vector<PublicKey>(129)))));
        CHECK(nodes.calls.empty());
        CHECK_THROWS_AS(RpcClient(RpcConfig({}), nodes, time, time, random, *log), std::invalid_argument);
    }

    TEST_CASE_FIXTURE(RpcWorld,
                      "a search is asked with its filters and slice, and answered within its own bound") {
        nodes.set(node_a, [](const NodeCall& call) {
            CHECK(
                call.params.json() ==
                R"(["TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",{"encoding":"base64","commitment":"confirmed",)"
                R"("withContext":true,"filters":[{"dataSize":165},{"memcmp":{"offset":32,"bytes":"5Q"}}],)"
                R"("dataSlice":{"offset":64,"length":8}}])");
            return result_of(call, at_slot(9, "[]"));
        });
        ProgramAccountsQuery query(well_known::token_program);
        query.filters.push_back(AccountFilter::of_size(165));
        query.filters.push_back(AccountFilter::with_bytes(32, Bytes{0xff}));
        query.slice = DataSlice{64, 8};
        const Result<AccountSnapshot> found = run(client->program_accounts(query));
        REQUIRE(found);
        CHECK(found.value().slot == 9);
        CHECK(nodes.calls[0].timeout > 5s);
    }

    TEST_CASE_FIXTURE(RpcWorld, "a simulation shows zeros where signatures go") {
        nodes.set(node_a, [](const NodeCall& call) {
            CHECK(call.method == "simulateTransaction");
            const JsonValue options = call.params.items()[1];
            CHECK(options["sigVerify"].is_false());
            CHECK(options["replaceRecentBlockhash"].is_true());
            CHECK(options["accounts"]["addresses"].items().size() == 1);
            // One signer, 64 zeros, then the message.
            CHECK(call.params.items()[0].text().find(
                      "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                      "AAAAAAAAAAAAAAAAAAAAAAAA") == 0);
            return result_of(call,
                             at_slot(9, R"({"err":null,"logs":[],"accounts":[null],"unitsConsumed":150})"));
        });
        MessageDraft draft;
        draft.payer = well_known::wrapped_sol;
        SimulationQuery query(compile_message(draft).value());
        query.accounts.push_back(well_known::wrapped_sol);
        const Result<Simulation> simulation = run(client->simulate(query));
        REQUIRE(simulation);
        CHECK(simulation.value().units_consumed == 150);
        CHECK(simulation.value().accounts.empty());
    }
}
