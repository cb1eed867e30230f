#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "libexec/chain/solana/solana_chain.hpp"
#include "libexec/solana/instructions.hpp"
#include "libexec/solana/transaction.hpp"
#include "support/sim_time.hpp"
#include "support/token_bytes.hpp"

namespace libexec::test {

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

inline SignatureStatus status_of(Commitment commitment, bool failed = false) {
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

struct SolanaChainWorld {
    SolanaChainWorld() {
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
        if (failed) told.error = status_of(Commitment::finalized, true).error;
        network.detail = told;
    }
    Observation observe() { return time.run(chain->observe(attempt)); }
    bool undecided() { return std::holds_alternative<Unknown>(observe()); }

    SimTime time;
    ScriptedNetwork network;
    std::unique_ptr<Log> log = make_silent_log();
    SolanaChainConfig config;
    std::unique_ptr<Chain> chain = make_solana_chain(config, time.io(), network, time, time, *log);
    Attempt attempt;

private:
    /// So many tokens in the wallet's account with that number.
    static TokenBalanceEntry tokens(std::uint8_t account, std::uint64_t amount) {
        TokenBalanceEntry entry;
        entry.account = account;
        entry.mint = key_number(20);
        entry.owner = key_number(1);
        entry.amount = amount;
        return entry;
    }
};

}  // namespace libexec::test
