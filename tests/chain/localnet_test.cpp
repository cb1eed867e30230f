// Against a node that runs the real transaction runtime, started by tests/e2e/localnet_test.js, which names
// it in LIBEXEC_LOCALNET_URL. Without it there is nothing to test.

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <optional>

#include "libexec/chain/rpc/client.hpp"
#include "libexec/json/value.hpp"
#include "libexec/solana/address.hpp"
#include "libexec/solana/instructions.hpp"
#include "libexec/solana/token_state.hpp"
#include "libexec/solana/transaction.hpp"
#include "support/answer_of.hpp"
#include "support/intents.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t sol = 1'000'000'000;

std::string localnet_url() {
    const char* const url = std::getenv("LIBEXEC_LOCALNET_URL");
    return url == nullptr ? std::string() : std::string(url);
}

/// The node under two names, so that there are two endpoints to ask.
std::string two_urls() {
    const std::string url = localnet_url();
    const std::string number = "127.0.0.1";
    return url + "," + std::string(url).replace(url.find(number), number.size(), "localhost");
}

struct Localnet {
    Localnet() : Localnet(two_urls()) {}
    explicit Localnet(const std::string& urls)
        : client(RpcConfig(RpcEndpoint::parse_list(urls).value()), *transport, clock, *timers, random, *log) {
    }

    template <class T>
    T run(Task<T> work) {
        return answer_of(io, std::move(work));
    }
    template <class T>
    T take(Task<Result<T>> work) {
        Result<T> answer = run(std::move(work));
        REQUIRE_MESSAGE(answer, answer.error().detail);
        return std::move(answer).value();
    }

    /// What no client of a real node would ask: the faults and the clock of this one.
    JsonValue control(const std::string& method, const std::string& params) {
        RpcPost post(localnet_url(),
                     R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":[)" + params + "]}");
        const RpcReply reply = take(transport->post(std::move(post)));
        return JsonValue::parse(reply.body).value()["result"];
    }
    void pass_slots(std::uint64_t slots) { control("ctl_tick", std::to_string(slots)); }

    KeyPair rich_wallet(std::uint8_t number) {
        std::array<std::uint8_t, 32> seed{};
        seed[0] = number;
        KeyPair pair = KeyPair::from_seed(seed);
        const std::string key = "\"" + pair.public_key().to_string() + "\"";
        CHECK(control("requestAirdrop", key + "," + std::to_string(10 * sol)).is_text());
        return pair;
    }
    Attempt signed_attempt(const KeyPair& pair, std::vector<Instruction> instructions) {
        const LatestBlockhash latest = take(client.latest_blockhash(Commitment::confirmed));
        MessageDraft draft;
        draft.payer = pair.public_key();
        draft.instructions = std::move(instructions);
        draft.blockhash = latest.blockhash;
        const std::array<const KeyPair*, 1> pairs{&pair};
        const Transaction transaction = sign_transaction(compile_message(draft).value(), pairs).value();
        Attempt attempt;
        attempt.signature = signature_of(transaction);
        attempt.signed_bytes = encode_transaction(transaction);
        attempt.last_valid_height = latest.last_valid_height;
        return attempt;
    }
    std::optional<SignatureStatus> status(const Attempt& attempt) {
        std::vector<std::string> one{attempt.signature};
        return take(client.signature_statuses(one)).statuses.front();
    }
    ExpiryVerdict prove(const Attempt& attempt) {
        return run(prove_expiry(client.witnesses(), attempt.signature, attempt.last_valid_height));
    }

    asio::io_context io{1};
    const SystemClock clock;
    std::unique_ptr<Timers> timers = make_timers(io);
    Random random{1};
    std::unique_ptr<Log> log = make_silent_log();
    std::unique_ptr<RpcTransport> transport = make_curl_transport();
    RpcClient client;
};

Instruction pay(const KeyPair& from, std::uint64_t lamports) {
    return instructions::transfer(from.public_key(), well_known::memo_program, lamports);
}

}  // namespace

TEST_SUITE("chain/localnet" * doctest::skip(localnet_url().empty())) {
    TEST_CASE_FIXTURE(Localnet, "the node says where it stands, and every figure fits the others") {
        const EpochInfo info = take(client.epoch_info(Commitment::confirmed));
        CHECK(info.height < info.slot);
        CHECK(take(client.slot(Commitment::confirmed)) >= info.slot);
        CHECK(take(client.block_height(Commitment::confirmed)) >= info.height);
        const LatestBlockhash latest = take(client.latest_blockhash(Commitment::confirmed));
        CHECK(latest.last_valid_height > info.height);
        CHECK(take(client.is_blockhash_valid(latest.blockhash, Commitment::confirmed)).holds);
        CHECK_FALSE(take(client.is_blockhash_valid(Blockhash(), Commitment::confirmed)).holds);
        CHECK(take(client.minimum_balance_for_rent_exemption(165)) == 2'039'280);
        CHECK_FALSE(take(client.version()).core.empty());
        const auto hashes = run(client.genesis_hash_of_each());
        REQUIRE(hashes.size() == 2);
        CHECK(hashes[0].answer.value() == hashes[1].answer.value());
        CHECK(hashes[0].answer.value() == take(client.genesis_hash()));
        CHECK_FALSE(take(client.recent_prioritization_fees(std::vector<PublicKey>())).empty());
    }

    TEST_CASE_FIXTURE(Localnet,
                      "accounts are read alone, a hundred and fifty at once, and by their program") {
        const AccountSnapshot mint = take(client.account(well_known::wrapped_sol, Commitment::confirmed));
        CHECK(read_mint(mint.accounts.at(well_known::wrapped_sol)).value().decimals == 9);
        const KeyPair wallet = rich_wallet(11);
        CHECK(take(client.balance(wallet.public_key(), Commitment::confirmed)).amount >= 10 * sol);
        std::vector<PublicKey> keys{well_known::wrapped_sol, wallet.public_key()};
        for (std::uint8_t i = 0; i < 148; ++i) {
            PublicKey::Bytes bytes{};
            bytes[0] = 200;
            bytes[1] = i;
            keys.push_back(PublicKey(bytes));
        }
        // The clock stands still, or 150 accounts seldom come out of one of such short slots.
        control("ctl_pause", "");
        const AccountSnapshot many = take(client.accounts(keys, Commitment::confirmed, mint.slot));
        control("ctl_resume", "");
        CHECK(many.accounts.size() == 2);
        CHECK(many.slot >= mint.slot);
    }

    TEST_CASE_FIXTURE(Localnet,
                      "wrapping SOL is simulated unsigned, sent, and accounted for to the lamport") {
        const KeyPair wallet = rich_wallet(12);
        const PublicKey holder =
            associated_token_address(wallet.public_key(), well_known::token_program, well_known::wrapped_sol);
        const std::vector<Instruction> wrap{
            instructions::create_token_account(wallet.public_key(), wallet.public_key(),
                                               well_known::wrapped_sol),
            instructions::transfer(wallet.public_key(), holder, sol), instructions::sync_native(holder)};
        MessageDraft draft;
        draft.payer = wallet.public_key();
        draft.instructions = wrap;
        SimulationQuery query(compile_message(draft).value());
        query.accounts.push_back(holder);
        const Simulation simulation = take(client.simulate(query));
        CHECK_FALSE(simulation.error);
        CHECK(simulation.units_consumed > 1'000);
        CHECK(simulation.replacement);
        CHECK(read_token_account(simulation.accounts.at(holder)).value().amount == sol);

        const std::uint64_t before = take(client.balance(wallet.public_key(), Commitment::confirmed)).amount;
        const Attempt attempt = signed_attempt(wallet, wrap);
        const SendReport sent = take(client.send(CommittingStore::of(attempt)));
        REQUIRE(sent.answers.size() == 2);
        CHECK(sent.answers[0].taken);
        CHECK(sent.answers[1].taken);  // the same bytes again are harmless
        pass_slots(40);
        const std::optional<SignatureStatus> known = status(attempt);
        REQUIRE(known);
        CHECK(known->commitment == Commitment::finalized);
        CHECK_FALSE(known->error);
        const TokenBalance balance = take(client.token_account_balance(holder, Commitment::confirmed));
        CHECK(balance.amount == sol);
        CHECK(balance.decimals == 9);
        const std::uint64_t after = take(client.balance(wallet.public_key(), Commitment::confirmed)).amount;
        CHECK(before - after == sol + 2'039'280 + 5'000);
        const auto landed = take(client.transaction(attempt.signature, Commitment::finalized));
        REQUIRE(landed);
        CHECK(landed->transaction == attempt.signed_bytes);
        CHECK(landed->slot == known->slot);
        CHECK_FALSE(landed->logs.empty());

        ProgramAccountsQuery search(well_known::token_program);
        search.filters.push_back(AccountFilter::of_size(165));
        const auto& owner = wallet.public_key().bytes();
        search.filters.push_back(AccountFilter::with_bytes(32, Bytes(owner.begin(), owner.end())));
        const AccountSnapshot found = take(client.program_accounts(search));
        REQUIRE(found.accounts.size() == 1);
        CHECK(found.accounts.begin()->first == holder);
    }

    TEST_CASE_FIXTURE(Localnet, "what the program objects to comes word for word, before and after landing") {
        const KeyPair wallet = rich_wallet(13);
        const Attempt attempt = signed_attempt(wallet, {pay(wallet, 1'000 * sol)});
        SendOptions careful;
        careful.skip_preflight = false;
        const SendReport refused = take(client.send(CommittingStore::of(attempt), careful));
        CHECK_FALSE(refused.is_taken());
        CHECK(refused.verdict().error().reason == Reason::chain_rejected);
        REQUIRE(refused.answers[0].refused);
        CHECK(refused.answers[0].refused->words == R"({"InstructionError":[0,{"Custom":1}]})");
        CHECK(take(client.send(CommittingStore::of(attempt))).is_taken());
        pass_slots(40);
        const std::optional<SignatureStatus> known = status(attempt);
        REQUIRE(known);
        CHECK(known->error->custom == 1);
    }

    TEST_CASE_FIXTURE(Localnet,
                      "a reply that is lost is an error of the call and no news of the transaction") {
        const KeyPair wallet = rich_wallet(14);
        const Attempt attempt = signed_attempt(wallet, {pay(wallet, 2 * sol)});
        // A question on a kept connection is asked again on a new one, so more than one reply each is lost.
        control("ctl_faults", R"({"loseResponse":20})");
        const SendReport sent = take(client.send(CommittingStore::of(attempt)));
        CHECK_FALSE(sent.is_taken());
        CHECK(sent.verdict().error().detail.find("cut off") != std::string::npos);
        control("ctl_faults", R"({"loseResponse":0})");
        pass_slots(2);
        CHECK(status(attempt));
        CHECK(take(client.send(CommittingStore::of(attempt))).is_taken());
    }

    TEST_CASE_FIXTURE(Localnet, "a node that is behind, and one that answers 429, are left for the other") {
        control("ctl_faults", R"({"rpcErrorNext":1})");
        CHECK(take(client.slot(Commitment::confirmed)) > 0);
        CHECK(client.report()[0].standing == RpcStanding::behind);
        CHECK(client.report()[0].slots_behind == 42);
        control("ctl_faults", R"({"http":429,"httpNext":1})");
        CHECK(take(client.slot(Commitment::confirmed)) > 0);
        CHECK(client.report()[1].rate_limits == 1);
    }

    TEST_CASE_FIXTURE(Localnet,
                      "a dropped transaction is proved dead when its height has passed, not before") {
        const KeyPair wallet = rich_wallet(15);
        const Attempt attempt = signed_attempt(wallet, {pay(wallet, 3 * sol)});
        control("ctl_faults", R"({"dropNext":2})");
        CHECK(take(client.send(CommittingStore::of(attempt))).is_taken());
        pass_slots(100);
        CHECK(std::holds_alternative<NotProven>(prove(attempt)));
        pass_slots(60);
        const ExpiryVerdict verdict = prove(attempt);
        REQUIRE(std::holds_alternative<ProvablyDead>(verdict));
        CHECK(std::get<ProvablyDead>(verdict).evidence.find("http://localhost:") != std::string::npos);
        CHECK_FALSE(status(attempt));

        const Attempt landed = signed_attempt(wallet, {pay(wallet, 1 * sol)});
        CHECK(take(client.send(CommittingStore::of(landed))).is_taken());
        pass_slots(200);
        const ExpiryVerdict alive = prove(landed);
        REQUIRE(std::holds_alternative<NotProven>(alive));
        CHECK_FALSE(std::get<NotProven>(alive).found_by.empty());
        // One endpoint alone proves nothing.
        Localnet alone(localnet_url());
        CHECK(std::holds_alternative<NotProven>(alone.prove(attempt)));
    }
}
