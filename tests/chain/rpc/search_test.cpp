// Searches of a program's accounts are what many nodes refuse, and what takes them longest: what comes of
// one must not spoil the endpoint for everything else.

#include <string>
#include <utility>
#include <vector>

#include "chain/rpc/scripted_nodes.hpp"
#include "libexec/chain/solana/rpc_network.hpp"
#include "libexec/solana/well_known.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* search_method = "getProgramAccounts";

ProgramAccountsQuery a_search() {
    ProgramAccountsQuery query(well_known::token_program);
    query.filters.push_back(AccountFilter::of_size(165));
    query.slice = DataSlice{64, 8};
    return query;
}

/// Answers slots, and a search with `said`.
NodeScript searched(std::function<Result<RpcReply>(const NodeCall&)> said) {
    return [said = std::move(said)](const NodeCall& call) {
        return call.method == search_method ? said(call) : result_of(call, "1000");
    };
}

NodeScript finds_nothing(std::uint64_t slot = 1'000) {
    return searched([slot](const NodeCall& call) { return result_of(call, at_slot(slot, "[]")); });
}

/// The endpoint is as it was before the search: good, with its latency, asked first.
void check_unharmed(RpcWorld& world) {
    CHECK(world.report(0).standing == RpcStanding::good);
    CHECK(world.report(0).failures == 0);
    CHECK(world.report(0).rate_limits == 0);
    CHECK(world.report(0).trouble.empty());
    const std::size_t before = world.nodes.asked(node_a);
    CHECK(world.run(world.client->slot(Commitment::confirmed)).value() == 1'000);
    CHECK(world.nodes.asked(node_a) == before + 1);
}

}  // namespace

TEST_SUITE("chain/rpc/search") {
    TEST_CASE("an endpoint that cannot search is asked for everything else as before") {
        using Said = std::function<Result<RpcReply>(const NodeCall&)>;
        const auto status = [](int code) -> Said {
            return [code](const NodeCall&) { return RpcReply(code, "not here"); };
        };
        const auto error = [](int code) -> Said {
            return [code](const NodeCall& call) { return error_of(call, code, "not here"); };
        };
        const std::vector<std::pair<std::string, Said>> refusals = {
            {"excluded from account secondary indexes", error(-32010)},
            {"no such method", error(-32601)},
            {"an error of its own", error(-32000)},
            {"it lags", error(-32005)},
            {"403", status(403)},
            {"410", status(410)},
            {"500", status(500)},
            {"503", status(503)},
            {"429", status(429)},
            {"429 in JSON", error(-32429)},
            {"garbage", [](const NodeCall&) { return RpcReply(200, "<html>"); }},
            {"another shape", [](const NodeCall& call) { return result_of(call, "7"); }},
            {"no connection",
             [](const NodeCall&) -> Result<RpcReply> {
                 return reject(Reason::service_unavailable, "connection refused");
             }},
            {"too large", [](const NodeCall&) { return RpcReply(200, std::string(33 * 1024 * 1024, ' ')); }},
        };
        for (const auto& refusal : refusals) {
            const Said& said = refusal.second;
            CAPTURE(refusal.first);
            RpcWorld world;
            world.nodes.set(node_a, searched(said));
            world.nodes.set(node_b, finds_nothing());
            REQUIRE(world.run(world.client->slot(Commitment::confirmed)));
            for (int i = 0; i < 5; ++i) REQUIRE(world.run(world.client->program_accounts(a_search())));
            check_unharmed(world);

            // Alone, its own words are the answer, and it is asked once.
            RpcWorld alone(node_a);
            alone.nodes.set(node_a, searched(said));
            const auto found = alone.run(alone.client->program_accounts(a_search()));
            REQUIRE_FALSE(found);
            CHECK(found.error().detail.find("https://a.example getProgramAccounts: ") == 0);
            CHECK(alone.nodes.asked(node_a) == 1);
            check_unharmed(alone);
        }
    }

    TEST_CASE("a search comes to the last of many endpoints, and asks none of them twice") {
        RpcWorld world(
            "https://1.example,https://2.example,https://3.example,https://4.example,https://5.example");
        const auto refuses =
            searched([](const NodeCall& call) { return error_of(call, -32010, "excluded"); });
        const auto url = [](int number) { return "https://" + std::to_string(number) + ".example"; };
        for (int last = 1; last <= 5; ++last) {
            CAPTURE(last);
            world.nodes.calls.clear();
            for (int number = 1; number <= 5; ++number)
                world.nodes.set(url(number), number == last ? finds_nothing() : refuses);
            CHECK(world.run(world.client->program_accounts(a_search())));
            CHECK(world.nodes.asked(url(last)) == 1);
            for (int number = 1; number <= 5; ++number) CHECK(world.nodes.asked(url(number)) <= 1);
        }
        // When none does, each of them was asked once.
        world.nodes.calls.clear();
        world.nodes.set(url(5), refuses);
        CHECK(world.run(world.client->program_accounts(a_search())).error().reason ==
              Reason::service_unavailable);
        CHECK(world.nodes.calls.size() == 5);
    }

    TEST_CASE_FIXTURE(RpcWorld,
                      "a search that is never answered leaves the next its time, and does no harm") {
        nodes.set(node_a, finds_nothing());
        nodes.set(node_b, finds_nothing());
        nodes.delay(node_a, 60s);
        const Time before = time.now();
        REQUIRE(run(client->program_accounts(a_search())));
        CHECK(time.now() - before == 18s);
        nodes.delay(node_a, 0s);
        check_unharmed(*this);
    }

    TEST_CASE_FIXTURE(RpcWorld, "how long a search takes and how old it is says nothing of the endpoint") {
        nodes.set(node_a, finds_nothing(400));
        nodes.set(node_b, finds_nothing(1'000));
        REQUIRE(run(client->slot(Commitment::confirmed)));
        const auto latency = report(0).latency;
        nodes.delay(node_a, 15s);
        const auto found = run(client->program_accounts(a_search()));
        REQUIRE(found);
        CHECK(found.value().slot == 400);
        nodes.delay(node_a, 0s);
        CHECK(report(0).latency == latency);
        CHECK(report(0).slots_behind == 0);
        check_unharmed(*this);
    }

    TEST_CASE("a rest that was asked for is a rest from searches, waited out and told of") {
        RpcWorld alone(node_a);
        int searches = 0;
        alone.nodes.set(node_a, searched([&searches](const NodeCall& call) -> Result<RpcReply> {
                            if (++searches > 1) return result_of(call, at_slot(9, "[]"));
                            RpcReply reply(429, "");
                            reply.retry_after = 40s;
                            return reply;
                        }));
        const auto refused = alone.run(alone.client->program_accounts(a_search()));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().reason == Reason::rate_limited);
        const auto early = alone.run(alone.client->program_accounts(a_search()));
        REQUIRE_FALSE(early);
        CHECK(early.error().reason == Reason::rate_limited);
        CHECK(early.error().detail.find("no search for another") != std::string::npos);
        CHECK(searches == 1);
        check_unharmed(alone);
        alone.time.pass(20s);
        CHECK(alone.run(alone.client->program_accounts(a_search())));
        CHECK(searches == 2);
    }

    TEST_CASE_FIXTURE(RpcWorld, "a question no node takes is refused by the first, and says so") {
        nodes.set(node_a, searched([](const NodeCall& call) { return error_of(call, -32602, "no"); }));
        nodes.set(node_b, finds_nothing());
        CHECK(run(client->program_accounts(a_search())).error().reason == Reason::invalid_parameter);
        CHECK(nodes.asked(node_b) == 0);
    }

    TEST_CASE_FIXTURE(RpcWorld, "a reader's search is one of a length, bytes and a slice") {
        nodes.set(node_a, [](const NodeCall& call) {
            CHECK(
                call.params.json() ==
                R"(["TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",{"encoding":"base64","commitment":"confirmed",)"
                R"("withContext":true,"filters":[{"dataSize":165},{"memcmp":{"offset":32,"bytes":"5Q"}}],)"
                R"("dataSlice":{"offset":64,"length":3}}])");
            return result_of(
                call,
                at_slot(9, R"([{"pubkey":"So11111111111111111111111111111111111111112","account":{)"
                           R"("data":["AQID","base64"],"executable":false,"lamports":1,"owner":)"
                           R"("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA","rentEpoch":0,"space":165}}])"));
        });
        const auto reader = make_rpc_reader(*client);
        AccountSearch search(well_known::token_program, 165);
        search.having.push_back(BytesAt{32, Bytes{0xff}});
        search.slice_at = 64;
        search.slice_bytes = 3;
        const auto found = run(reader->search(search));
        REQUIRE_MESSAGE(found, (found ? "" : found.error().detail));
        CHECK(found.value().slot == 9);
        REQUIRE(found.value().accounts.size() == 1);
        CHECK(found.value().accounts.begin()->first == well_known::wrapped_sol);
        CHECK(found.value().accounts.begin()->second.data == Bytes{1, 2, 3});
    }
}
