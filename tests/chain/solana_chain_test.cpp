#include "libexec/chain/solana/solana_chain.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <memory>

#include "libexec/solana/instructions.hpp"
#include "libexec/solana/jito.hpp"
#include "libexec/solana/transaction.hpp"
#include "support/intents.hpp"
#include "support/sim_time.hpp"
#include "support/token_bytes.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

/// A witness that believes what the network is told to.
class Witness final : public ChainNode {
public:
    Witness(std::string name, const std::uint64_t& height) : name_(std::move(name)), height_(height) {}
    std::string_view name() const override { return name_; }
    Task<Result<NodeHeight>> finalized() override {
        NodeHeight at;
        at.height = height_;
        at.slot = height_ + 1'000;
        co_return at;
    }
    Task<Result<NodeStatus>> status(std::string, std::uint64_t least_slot) override {
        NodeStatus said;
        said.context_slot = least_slot;
        co_return said;
    }

private:
    std::string name_;
    const std::uint64_t& height_;
};

/// Endpoints that say what the test wrote down.
class ScriptedNetwork final : public SolanaNetwork {
public:
    using Said = std::map<std::string, Result<std::map<std::string, SignatureStatus>>>;

    Task<Result<LatestBlockhash>> latest_blockhash() override {
        LatestBlockhash latest;
        latest.blockhash = Blockhash(key_number(9).bytes());
        latest.last_valid_height = 150;
        latest.slot = 1'234;
        co_return latest;
    }
    Task<Result<Done>> send(CommittedIntent intent) override {
        sent.push_back(intent.attempt().signature);
        co_return Done();
    }
    Task<std::vector<FromEndpoint<SignatureStatuses>>> statuses(
        std::vector<std::string> signatures) override {
        asked.push_back(signatures);
        std::vector<FromEndpoint<SignatureStatuses>> answers;
        for (const auto& [endpoint, known] : said) {
            if (!known) {
                answers.push_back({endpoint, known.error()});
                continue;
            }
            SignatureStatuses statuses;
            statuses.slot = 2'000;
            for (const std::string& signature : signatures) {
                const auto found = known.value().find(signature);
                statuses.statuses.push_back(found == known.value().end() ? std::nullopt
                                                                         : std::optional(found->second));
            }
            answers.push_back({endpoint, std::move(statuses)});
        }
        co_return answers;
    }
    Task<Result<std::optional<LandedTransaction>>> transaction(std::string, Commitment) override {
        co_return detail;
    }
    std::unique_ptr<Listening> listen(std::string signature, Commitment commitment,
                                      std::function<void()> look) override {
        if (deaf) return nullptr;
        listened.push_back(signature + " " + std::string(to_string(commitment)));
        hint = std::move(look);
        return std::make_unique<Listening>();
    }
    Task<Result<std::uint64_t>> finalized_height() override { co_return height; }
    std::vector<std::shared_ptr<ChainNode>> witnesses() const override {
        std::vector<std::shared_ptr<ChainNode>> nodes;
        for (const auto& [endpoint, known] : said)
            nodes.push_back(std::make_shared<Witness>(endpoint, height));
        return nodes;
    }
    Result<Done> health() const override { return well; }

    Said said;
    std::optional<LandedTransaction> detail;
    std::uint64_t height = 100;
    Result<Done> well = Result<Done>(Done());
    std::vector<std::vector<std::string>> asked;
    std::vector<std::string> sent;
    bool deaf = false;
    std::vector<std::string> listened;
    std::function<void()> hint;  ///< of whoever listened last
};

Task<void> observe_beside(Chain& chain, Attempt attempt, int& count) {
    co_await chain.observe(std::move(attempt));
    ++count;
}

Task<void> observe_for_ever(Chain& chain, Attempt attempt, const bool& over) {
    while (!over) co_await chain.observe(attempt);
}

SignatureStatus status(Commitment commitment, bool failed = false) {
    SignatureStatus made;
    made.slot = 1'500;
    made.commitment = commitment;
    if (failed) {
        made.error.emplace();
        made.error->kind = "InstructionError";
        made.error->words = R"({"InstructionError":[0,{"Custom":1}]})";
        made.error->instruction = 0;
        made.error->custom = 1;
    }
    return made;
}

/// So many tokens in the wallet's account with that number.
TokenBalanceEntry tokens(std::uint8_t account, std::uint64_t amount) {
    TokenBalanceEntry entry;
    entry.account = account;
    entry.mint = key_number(20);
    entry.owner = key_number(1);
    entry.amount = amount;
    return entry;
}

struct World {
    World() {
        MessageDraft draft;
        draft.payer = key_number(1);
        draft.instructions = {instructions::transfer(key_number(1), key_number(2), 7)};
        attempt.signed_bytes = encode_transaction(unsigned_transaction(compile_message(draft).value()));
        attempt.signature = "sig";
        attempt.last_valid_height = 150;
        attempt.quoted_in = Amount(70);
        attempt.quoted_out = Amount(80);
        say("a", {});
        say("b", {});
    }
    void say(const std::string& endpoint, std::optional<SignatureStatus> of_it) {
        std::map<std::string, SignatureStatus> known;
        if (of_it) known["sig"] = *of_it;
        network.said.insert_or_assign(endpoint, std::move(known));
    }
    void fall_silent(const std::string& endpoint) {
        network.said.insert_or_assign(endpoint, reject(Reason::service_unavailable, "down"));
    }
    void tell(bool failed = false) {
        LandedTransaction told;
        told.slot = 1'500;
        told.fee_lamports = 5'000;
        told.lamports_before = {1'000'000, 0, 0};
        told.lamports_after = {1'000'000 - 5'000 - 7 - 9, 7, 9};
        told.tokens_after.push_back(tokens(2, 11));
        if (failed) told.error = status(Commitment::finalized, true).error;
        network.detail = told;
    }
    Observation observe() { return time.run(chain->observe(attempt)); }
    bool undecided() { return std::holds_alternative<Unknown>(observe()); }

    test::SimTime time;
    ScriptedNetwork network;
    std::unique_ptr<Log> log = make_silent_log();
    SolanaChainConfig config;
    std::unique_ptr<Chain> chain = make_solana_chain(config, time.io(), network, time, time, *log);
    Attempt attempt;
};

}  // namespace

TEST_SUITE("chain/solana_chain") {
    TEST_CASE("an anchor is the blockhash, and the height at which it ends") {
        World world;
        const Result<Anchor> anchor = world.time.run(world.chain->anchor());
        REQUIRE(anchor);
        CHECK(anchor.value().blockhash == Blockhash(key_number(9).bytes()).to_string());
        CHECK(anchor.value().last_valid_height == 150);
        CHECK(anchor.value().slot == 1'234);
        CHECK(world.time.run(world.chain->send(test::CommittingStore::of(world.attempt))));
        CHECK(world.network.sent == std::vector<std::string>{"sig"});
    }

    TEST_CASE("a success is told with what it moved, once it is as sure as it has to be") {
        World world;
        CHECK(world.undecided());
        world.say("a", status(Commitment::confirmed));
        Observation seen = world.observe();
        REQUIRE(std::holds_alternative<Landed>(seen));
        CHECK(std::get<Landed>(seen).ok);
        CHECK(std::get<Landed>(seen).commitment == Commitment::confirmed);
        CHECK(std::get<Landed>(seen).fee_lamports == 0);  // not asked for yet

        world.say("a", status(Commitment::finalized));
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
        World world;
        world.say("a", status(Commitment::finalized));
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
            World world;
            world.say("a", status(Commitment::finalized));
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
        World world;
        for (const char* endpoint : {"a", "b"}) world.say(endpoint, status(Commitment::finalized));
        world.tell();
        world.network.detail->fee_lamports = std::uint64_t{1} << 63;
        for (int round = 0; round < 5; ++round) CHECK(world.undecided());
        const Observation seen = world.observe();
        REQUIRE(std::holds_alternative<Landed>(seen));
        CHECK(std::get<Landed>(seen).fee_lamports == 0);
        CHECK(std::get<Landed>(seen).amount_in == Amount(70));
    }

    TEST_CASE("a tip counts as a part of the fee, where it was paid") {
        World world;
        MessageDraft draft;
        draft.payer = key_number(1);
        draft.instructions = {instructions::transfer(key_number(1), key_number(2), 7),
                              instructions::transfer(key_number(1), jito_tip_accounts[3], 2'000)};
        world.attempt.signed_bytes = encode_transaction(unsigned_transaction(compile_message(draft).value()));
        for (const char* endpoint : {"a", "b"}) world.say(endpoint, status(Commitment::finalized));
        world.tell();
        world.network.detail->lamports_after[0] -= 2'000;
        Observation seen = world.observe();
        REQUIRE(std::holds_alternative<Landed>(seen));
        CHECK(std::get<Landed>(seen).fee_lamports == 7'000);
        CHECK(std::get<Landed>(seen).amount_in == Amount(7));
        CHECK(std::get<Landed>(seen).amount_out == Amount(11));

        for (const char* endpoint : {"a", "b"}) world.say(endpoint, status(Commitment::finalized, true));
        world.tell(true);
        seen = world.observe();
        REQUIRE(std::holds_alternative<Landed>(seen));
        CHECK(!std::get<Landed>(seen).ok);
        CHECK(std::get<Landed>(seen).fee_lamports == 5'000);
    }

    TEST_CASE("a failure needs two who say so and nobody who denies it") {
        World world;
        world.tell(true);
        world.say("a", status(Commitment::finalized, true));
        CHECK(world.undecided());
        world.fall_silent("b");
        CHECK(world.undecided());
        world.say("b", status(Commitment::confirmed));
        CHECK(world.undecided());
        world.say("b", status(Commitment::confirmed, true));
        CHECK(world.undecided());  // not final for b yet
        world.say("b", status(Commitment::finalized, true));
        const Observation seen = world.observe();
        REQUIRE(std::holds_alternative<Landed>(seen));
        const Landed& landed = std::get<Landed>(seen);
        CHECK(!landed.ok);
        CHECK(landed.error.reason == Reason::insufficient_funds);
        CHECK(landed.rent == Rent());
        CHECK(landed.fee_lamports == 5'000);

        world.say("c", status(Commitment::processed));
        CHECK(world.undecided());  // contradicted
    }

    TEST_CASE("with one endpoint its word is enough for a failure") {
        World world;
        world.network.said.erase("b");
        world.tell(true);
        world.say("a", status(Commitment::finalized, true));
        CHECK(std::holds_alternative<Landed>(world.observe()));
    }

    TEST_CASE(
        "beyond its height and unknown to two witnesses it is dead; to one alone, it is so for us alone") {
        World world;
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

    TEST_CASE("all transactions under way are asked for in one question a round") {
        World world;
        std::vector<Attempt> attempts(300, world.attempt);
        int done = 0;
        for (std::size_t i = 0; i < attempts.size(); ++i) {
            attempts[i].signature = "sig" + std::to_string(i);
            world.time.spawn(observe_beside(*world.chain, attempts[i], done));
        }
        world.time.pass(2s);
        CHECK(done == 300);
        REQUIRE(world.network.asked.size() == 2);
        CHECK(world.network.asked[0].size() == 256);
        CHECK(world.network.asked[1].size() == 44);

        // One alone is asked for at once, and the next one not before the pause is over.
        const Time began = world.time.now();
        world.observe();
        CHECK(world.time.now() == began);
        world.observe();
        CHECK(world.time.now() - began == 500ms);
    }

    TEST_CASE("a hint makes the next round begin at once") {
        World world;
        int looks = 0;
        const auto listening = world.chain->listen(world.attempt, [&looks] { ++looks; });
        REQUIRE(listening);
        CHECK(world.network.listened == std::vector<std::string>{"sig finalized"});
        world.observe();
        int done = 0;
        world.time.spawn(observe_beside(*world.chain, world.attempt, done));
        world.time.pass(200ms);
        CHECK(done == 0);
        world.network.hint();
        CHECK(looks == 1);
        world.time.pass(0ms);
        CHECK(done == 1);

        // The pause after it is the usual one, and a hint in the meantime counts for who asks later.
        world.time.spawn(observe_beside(*world.chain, world.attempt, done));
        world.time.pass(499ms);
        CHECK(done == 1);
        world.time.pass(1ms);
        CHECK(done == 2);
        world.time.pass(300ms);
        world.network.hint();
        const Time began = world.time.now();
        world.observe();
        CHECK(world.time.now() == began);
    }

    TEST_CASE("however many hints there are, rounds keep a distance") {
        World world;
        const auto listening = world.chain->listen(world.attempt, [] {});
        world.observe();
        int done = 0;
        world.time.spawn(observe_beside(*world.chain, world.attempt, done));
        world.time.pass(30ms);
        world.network.hint();
        world.network.hint();
        world.time.pass(69ms);
        CHECK(done == 0);
        world.time.pass(1ms);
        CHECK(done == 1);

        // A node that hints all the time, while somebody asks all the time.
        world.time.pass(10s);
        world.network.asked.clear();
        bool over = false;
        world.time.spawn(observe_for_ever(*world.chain, world.attempt, over));
        for (int i = 0; i < 10'000; ++i) {
            world.network.hint();
            world.time.pass(1ms);
        }
        CHECK(world.network.asked.size() >= 99);
        CHECK(world.network.asked.size() <= 101);
        // And nobody is asked when nobody wants to know.
        over = true;
        world.time.pass(1s);
        world.network.asked.clear();
        for (int i = 0; i < 1'000; ++i) {
            world.network.hint();
            world.time.pass(1ms);
        }
        CHECK(world.network.asked.empty());
    }

    TEST_CASE("a hint hurries the full rounds as well") {
        World world;
        const auto listening = world.chain->listen(world.attempt, [] {});
        world.observe();
        world.network.asked.clear();
        int done = 0;
        for (int i = 0; i < 300; ++i) {
            Attempt attempt = world.attempt;
            attempt.signature = "sig" + std::to_string(i);
            world.time.spawn(observe_beside(*world.chain, std::move(attempt), done));
        }
        world.time.pass(150ms);
        CHECK(done == 0);
        world.network.hint();
        world.time.pass(0ms);
        CHECK(done == 300);
        CHECK(world.network.asked.size() == 2);
    }

    TEST_CASE("a network that tells nothing by itself is asked as before") {
        World world;
        world.network.deaf = true;
        CHECK(world.chain->listen(world.attempt, [] {}) == nullptr);
        world.observe();
        const Time began = world.time.now();
        world.observe();
        CHECK(world.time.now() - began == 500ms);
    }

    TEST_CASE("health is that of the endpoints, a second old at the most") {
        World world;
        world.time.settle();
        CHECK(world.chain->health());
        world.network.well = reject(Reason::service_unavailable, "nobody answers");
        CHECK(world.chain->health());
        world.time.pass(1s);
        CHECK(world.chain->health().error().detail == "nobody answers");
    }
}
