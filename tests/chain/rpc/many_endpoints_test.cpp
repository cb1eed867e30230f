// What is asked of several endpoints at once, or of one in several parts.

#include "chain/rpc/scripted_nodes.hpp"
#include "libexec/solana/instructions.hpp"
#include "libexec/solana/transaction.hpp"
#include "support/intents.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

std::vector<PublicKey> some_keys(std::size_t count) {
    std::vector<PublicKey> keys;
    for (std::size_t i = 0; i < count; ++i) {
        PublicKey::Bytes bytes{};
        bytes[0] = static_cast<std::uint8_t>(i >> 8);
        bytes[1] = static_cast<std::uint8_t>(i);
        bytes[31] = 1;
        keys.push_back(PublicKey(bytes));
    }
    return keys;
}

/// An account for each key of a getMultipleAccounts, all of that slot.
Result<RpcReply> accounts_at(const NodeCall& call, std::uint64_t slot) {
    std::string value = "[";
    for (std::size_t i = 0; i < call.params.items()[0].items().size(); ++i)
        value += (i > 0 ? "," : "") + account_json("AQID", 3, slot);
    return result_of(call, at_slot(slot, value + "]"));
}

Attempt some_attempt() {
    std::array<std::uint8_t, 32> seed{};
    seed[0] = 5;
    const KeyPair pair = KeyPair::from_seed(seed);
    MessageDraft draft;
    draft.payer = pair.public_key();
    draft.instructions.push_back(instructions::transfer(pair.public_key(), well_known::wrapped_sol, 1));
    const std::array<const KeyPair*, 1> pairs{&pair};
    const Transaction transaction = sign_transaction(compile_message(draft).value(), pairs).value();
    Attempt attempt;
    attempt.signature = signature_of(transaction);
    attempt.signed_bytes = encode_transaction(transaction);
    attempt.last_valid_height = 500;
    return attempt;
}

}  // namespace

TEST_SUITE("chain/rpc/many_endpoints") {
    TEST_CASE_FIXTURE(RpcWorld, "250 accounts are read in three parts of one endpoint and one slot") {
        nodes.set(node_a, [](const NodeCall& call) { return accounts_at(call, 77); });
        nodes.set(node_b, [](const NodeCall& call) { return accounts_at(call, 78); });
        std::vector<PublicKey> keys = some_keys(250);
        keys.push_back(keys.front());  // twice is once
        const Result<AccountSnapshot> read = run(client->accounts(keys, Commitment::confirmed, 70));
        REQUIRE(read);
        CHECK(read.value().slot == 77);
        CHECK(read.value().accounts.size() == 250);
        CHECK(read.value().endpoint == "https://a.example");
        CHECK(nodes.asked(node_a) == 3);
        CHECK(nodes.asked(node_b) == 0);
        CHECK(nodes.calls[0].params.items()[1]["minContextSlot"].whole() == 70);
        CHECK(nodes.calls[2].params.items()[1]["minContextSlot"].whole() == 77);
    }

    TEST_CASE_FIXTURE(RpcWorld, "parts of different slots are asked again until they agree") {
        std::uint64_t slot = 100;
        // The chain moves on with each of the first four questions.
        nodes.set(node_a, [&](const NodeCall& call) {
            const std::uint64_t now = slot;
            if (slot < 104) ++slot;
            return accounts_at(call, now);
        });
        const Result<AccountSnapshot> read = run(client->accounts(some_keys(250), Commitment::confirmed));
        REQUIRE(read);
        CHECK(read.value().slot == 104);
        for (const auto& [key, account] : read.value().accounts) CHECK(account.lamports == 104);
    }

    TEST_CASE_FIXTURE(RpcWorld, "parts that never agree are refused, not mixed") {
        std::uint64_t slot = 100;
        nodes.set(node_a, [&](const NodeCall& call) { return accounts_at(call, slot++); });
        const Result<AccountSnapshot> read = run(client->accounts(some_keys(201), Commitment::confirmed));
        REQUIRE_FALSE(read);
        CHECK(read.error().reason == Reason::service_unavailable);
        CHECK(read.error().detail.find("did not come to speak of one slot") != std::string::npos);
        // A part of an older slot than it was asked for is not taken either.
        nodes.set(node_a, [&](const NodeCall& call) {
            return accounts_at(call, call.params.items()[1].has("minContextSlot") ? 5'000 : 5'001);
        });
        const Result<AccountSnapshot> old = run(client->accounts(some_keys(101), Commitment::confirmed));
        REQUIRE_FALSE(old);
        CHECK(old.error().detail.find("before 5001 as it was asked") != std::string::npos);
    }

    TEST_CASE_FIXTURE(RpcWorld,
                      "a transaction goes to every endpoint, once, and one that takes it is enough") {
        const Attempt attempt = some_attempt();
        nodes.set(node_a, [](const NodeCall&) -> Result<RpcReply> {
            return reject(Reason::service_unavailable, "connection refused");
        });
        nodes.set(node_b, [&](const NodeCall& call) {
            CHECK(call.method == "sendTransaction");
            CHECK(call.params.items()[1].json() ==
                  R"({"encoding":"base64","skipPreflight":true,"maxRetries":0})");
            return result_of(call, "\"" + attempt.signature + "\"");
        });
        const Result<SendReport> sent = run(client->send(CommittingStore::of(attempt)));
        REQUIRE(sent);
        CHECK(sent.value().is_taken());
        CHECK(sent.value().verdict());
        REQUIRE(sent.value().answers.size() == 2);
        CHECK_FALSE(sent.value().answers[0].taken);
        CHECK(nodes.asked(node_a) == 1);
        CHECK(nodes.asked(node_b) == 1);
    }

    TEST_CASE_FIXTURE(
        RpcWorld,
        "a preflight's refusal is told before a network's trouble; what landed before is no error") {
        const Attempt attempt = some_attempt();
        nodes.set(node_a, [](const NodeCall&) -> Result<RpcReply> {
            return reject(Reason::service_unavailable, "connection refused");
        });
        nodes.set(node_b, [](const NodeCall& call) {
            return error_of(
                call, -32002, "Transaction simulation failed",
                R"({"err":{"InstructionError":[0,{"Custom":1}]},"logs":["Program log: no funds"]})");
        });
        SendOptions careful;
        careful.skip_preflight = false;
        const Result<SendReport> sent = run(client->send(CommittingStore::of(attempt), careful));
        REQUIRE(sent);
        CHECK_FALSE(sent.value().is_taken());
        CHECK(sent.value().verdict().error().reason == Reason::chain_rejected);
        CHECK(sent.value().verdict().error().detail.find("no funds") != std::string::npos);
        CHECK(sent.value().answers[1].refused->custom == 1);
        nodes.set(node_b, [](const NodeCall& call) {
            return error_of(call, -32002, "Transaction simulation failed", R"({"err":"AlreadyProcessed"})");
        });
        CHECK(run(client->send(CommittingStore::of(attempt))).value().is_taken());
        // A node that answers with another signature took something else.
        nodes.set(node_b,
                  [](const NodeCall& call) { return result_of(call, "\"" + std::string(88, '2') + "\""); });
        CHECK_FALSE(run(client->send(CommittingStore::of(attempt))).value().is_taken());
    }

    TEST_CASE_FIXTURE(RpcWorld, "bytes that are not what was written down never leave") {
        Attempt attempt = some_attempt();
        attempt.signature = std::string(88, '2');
        CHECK(run(client->send(CommittingStore::of(attempt))).error().reason == Reason::invalid_parameter);
        attempt = some_attempt();
        attempt.signed_bytes.resize(1'233);
        CHECK(run(client->send(CommittingStore::of(attempt))).error().reason == Reason::invalid_parameter);
        attempt.signed_bytes.clear();
        CHECK(run(client->send(CommittingStore::of(attempt))).error().reason == Reason::invalid_parameter);
        CHECK(nodes.calls.empty());
    }

    TEST_CASE("each endpoint is asked for itself, at the same time") {
        RpcWorld world;
        world.nodes.set(node_a, [](const NodeCall& call) { return result_of(call, epoch_at(1'000, 900)); });
        world.nodes.delay(node_a, 800ms);
        world.nodes.set(node_b, [](const NodeCall& call) { return result_of(call, epoch_at(950, 850)); });
        world.nodes.delay(node_b, 700ms);
        const Time before = world.time.now();
        const auto each = world.run(world.client->epoch_info_of_each(Commitment::finalized));
        CHECK(world.time.now() - before < 1s);
        REQUIRE(each.size() == 2);
        CHECK(each[0].answer.value().height == 900);
        CHECK(each[1].endpoint == "https://b.example");
        CHECK(each[1].answer.value().slot == 950);
        world.nodes.set(node_b, [](const NodeCall& call) { return result_of(call, "\"x\""); });
        const auto hashes = world.run(world.client->genesis_hash_of_each());
        CHECK_FALSE(hashes[1].answer);
    }

    TEST_CASE("probes find out who is behind, and that he has come back") {
        RpcWorld world;
        std::uint64_t slot_of_b = 100;
        world.nodes.set(node_a, [](const NodeCall& call) { return result_of(call, epoch_at(1'000, 90)); });
        world.nodes.set(node_b,
                        [&](const NodeCall& call) { return result_of(call, epoch_at(slot_of_b, 90)); });
        world.time.spawn(world.client->keep_probing());
        world.time.settle();
        CHECK(world.report(1).slots_behind <= 900);
        world.time.pass(6s);
        CHECK(world.report(1).standing == RpcStanding::behind);
        slot_of_b = 999;
        world.time.pass(6s);
        CHECK(world.report(1).standing == RpcStanding::good);
        const std::size_t asked = world.nodes.calls.size();
        world.client.reset();
        world.time.pass(60s);
        CHECK(world.nodes.calls.size() == asked);
    }

    // ---- the proof that a transaction can never land

    struct Proof : RpcWorld {
        using RpcWorld::RpcWorld;

        struct Node {
            std::uint64_t slot = 1'000;
            std::uint64_t height = 900;
            std::uint64_t status_slot = 1'000;
            bool knows_it = false;
        };
        void play(const std::string& url, const Node& node) {
            nodes.set(url, [node](const NodeCall& call) {
                if (call.method == "getEpochInfo") return result_of(call, epoch_at(node.slot, node.height));
                CHECK(call.method == "getSignatureStatuses");
                CHECK(call.params.items()[1]["searchTransactionHistory"].is_true());
                const std::string status =
                    node.knows_it
                        ? R"({"slot":5,"confirmations":null,"err":null,"confirmationStatus":"finalized"})"
                        : "null";
                return result_of(call, at_slot(node.status_slot, "[" + status + "]"));
            });
        }
        ExpiryVerdict prove() {
            return run(prove_expiry(client->witnesses(), std::string(88, '2'), last_valid_height));
        }
        bool dead() { return std::holds_alternative<ProvablyDead>(prove()); }
        std::string doubt() { return std::get<NotProven>(prove()).why; }

        std::uint64_t last_valid_height = 899;
        Node honest;
    };

    TEST_CASE_FIXTURE(Proof,
                      "two endpoints beyond the height that know nothing of it prove it dead, by name") {
        play(node_a, honest);
        play(node_b, honest);
        const ExpiryVerdict verdict = prove();
        REQUIRE(std::holds_alternative<ProvablyDead>(verdict));
        const std::string& evidence = std::get<ProvablyDead>(verdict).evidence;
        CHECK(evidence.find("https://a.example height 900 at slot 1000") != std::string::npos);
        CHECK(evidence.find("https://b.example") != std::string::npos);
        CHECK(evidence.find("key-of-") == std::string::npos);
        CHECK(nodes.calls[2].params.items()[1]["minContextSlot"].whole() == 1'000);
    }

    TEST_CASE_FIXTURE(
        Proof, "one who lags, one who has it, one who speaks of an older slot, one who is silent: no proof") {
        play(node_a, honest);
        Node other = honest;
        other.height = 899;
        play(node_b, other);
        CHECK(doubt().find("lowest finalized height is 899") != std::string::npos);
        other = honest;
        other.knows_it = true;
        play(node_b, other);
        CHECK(doubt() == "https://b.example has the transaction");
        other = honest;
        other.status_slot = 999;
        play(node_b, other);
        CHECK(doubt().find("answered for slot 999") != std::string::npos);
        nodes.set(node_b, [](const NodeCall&) { return Result<RpcReply>(RpcReply(500, "")); });
        CHECK(doubt().find("only 1 of 2 nodes") != std::string::npos);
        play(node_b, honest);
        CHECK(dead());
    }

    TEST_CASE_FIXTURE(Proof,
                      "an endpoint that takes slots for heights, or whose height falls, is no witness") {
        play(node_a, honest);
        Node liar = honest;
        liar.height = liar.slot;
        play(node_b, liar);
        CHECK(doubt().find("only 1 of 2 nodes") != std::string::npos);
        CHECK(report(1).standing == RpcStanding::lying);
        time.pass(31s);
        Node ahead = honest;
        ahead.slot = 2'000;
        ahead.height = 1'900;
        ahead.status_slot = 2'000;
        play(node_b, ahead);
        CHECK(dead());
        play(node_b, honest);
        CHECK(doubt().find("only 1 of 2 nodes") != std::string::npos);
    }

    TEST_CASE("two keys of one provider are one witness") {
        Proof world("https://a.example/key-of-a,https://a.example/other-key");
        world.play(node_a, world.honest);
        world.play("https://a.example/other-key", world.honest);
        CHECK(world.client->witnesses().size() == 1);
        CHECK_FALSE(world.dead());
    }
}
