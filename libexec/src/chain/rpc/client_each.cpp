// What is asked of several endpoints, or of one in several parts: each for itself, snapshots, sending, and
// the witnesses of an expiry.

#include <algorithm>
#include <set>

#include <asio/this_coro.hpp>

#include "answers.hpp"
#include "client_state.hpp"
#include "libexec/solana/base64.hpp"
#include "libexec/solana/message.hpp"
#include "params.hpp"

namespace libexec {
namespace {

constexpr std::size_t keys_of_one_call = 100;
constexpr std::size_t keys_most = 2'000;
/// How often the parts of a snapshot that are older than the newest are asked again.
constexpr std::size_t rounds_most = 6;

/// One part of a snapshot.
struct Part {
    std::vector<PublicKey> keys;
    std::uint64_t slot = 0;  ///< 0: not asked yet
    Result<AccountSnapshot> answer;
};

}  // namespace

// ---- snapshots ----

/// Parts of one snapshot, all of one endpoint.
struct RpcClient::State::Snapshot {
    Snapshot(std::shared_ptr<State> owner, std::vector<PublicKey> keys, Commitment at, std::uint64_t from)
        : state(std::move(owner)), commitment(at), min_slot(from) {
        std::sort(keys.begin(), keys.end());
        keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
        for (std::size_t i = 0; i < keys.size(); i += keys_of_one_call) {
            const auto begin = keys.begin() + static_cast<std::ptrdiff_t>(i);
            const auto end =
                keys.begin() + static_cast<std::ptrdiff_t>(std::min(i + keys_of_one_call, keys.size()));
            parts.push_back(Part{std::vector<PublicKey>(begin, end), 0, {}});
        }
    }

    RpcQuestion question_of(const Part& part) const {
        const std::string options = RpcOptions()
                                        .text("encoding", "base64")
                                        .commitment(commitment)
                                        .min_context_slot(min_slot)
                                        .written();
        RpcQuestion question("getMultipleAccounts", json_list(part.keys) + "," + options,
                             state->config.deadlines.accounts);
        question.commitment = commitment;
        question.min_context_slot = min_slot;
        return question;
    }
    static Taking<AccountSnapshot>::Read reader_of(const Part& part) {
        return [keys = part.keys](const JsonValue& result, Seen& seen) {
            return read_accounts(result, keys, seen);
        };
    }
    std::uint64_t newest() const {
        std::uint64_t slot = 0;
        for (const Part& part : parts) slot = std::max(slot, part.slot);
        return slot;
    }
    Result<AccountSnapshot> whole() {
        AccountSnapshot whole;
        whole.slot = newest();
        whole.endpoint = state->name_of(place);
        for (Part& part : parts) {
            AccountSnapshot said = std::move(part.answer).value();
            whole.accounts.merge(said.accounts);
        }
        return whole;
    }

    std::shared_ptr<State> state;
    const Commitment commitment;
    std::uint64_t min_slot;
    std::size_t place = 0;
    std::vector<Part> parts;
};

Task<void> RpcClient::State::ask_part(std::shared_ptr<Snapshot> snapshot, std::size_t number) {
    Part& part = snapshot->parts[number];
    part.answer = co_await ask_only_for<AccountSnapshot>(snapshot->state, snapshot->question_of(part),
                                                         snapshot->place, Snapshot::reader_of(part));
    part.slot = part.answer ? part.answer.value().slot : 0;
}

Task<Result<AccountSnapshot>> RpcClient::State::snapshot_of(std::shared_ptr<State> state,
                                                            std::vector<PublicKey> keys,
                                                            Commitment commitment, std::uint64_t min_slot) {
    if (state->closed) co_return closed_words();
    const Executor executor = co_await asio::this_coro::executor;
    const auto snapshot = std::make_shared<Snapshot>(state, std::move(keys), commitment, min_slot);

    // Whoever answers for the first part answers for all of it.
    Part& first = snapshot->parts.front();
    const auto taking = std::make_shared<Taking<AccountSnapshot>>(Snapshot::reader_of(first));
    RpcQuestion question = snapshot->question_of(first);
    const Result<Done> done = co_await ask(state, std::move(question), taking);
    if (!done) co_return done.error();
    snapshot->place = taking->place;
    first.slot = taking->value->slot;
    first.answer = std::move(*taking->value);

    for (std::size_t round = 0; round < rounds_most; ++round) {
        const std::uint64_t newest = snapshot->newest();
        snapshot->min_slot = newest;
        Together together(state->timers);
        bool asked = false;
        for (std::size_t i = 0; i < snapshot->parts.size(); ++i) {
            if (snapshot->parts[i].slot == newest) continue;
            together.start(executor, ask_part(snapshot, i));
            asked = true;
        }
        if (!asked) co_return snapshot->whole();
        co_await together.all();
        if (state->closed) co_return closed_words();
        for (const Part& part : snapshot->parts) {
            if (!part.answer) co_return part.answer.error();
        }
    }
    co_return reject(Reason::service_unavailable,
                     state->name_of(snapshot->place) + " getMultipleAccounts: the parts of a snapshot of " +
                         std::to_string(snapshot->parts.size()) + " did not come to speak of one slot");
}

Task<Result<AccountSnapshot>> RpcClient::State::refuse_snapshot(std::string why) {
    co_return reject(Reason::invalid_parameter, why);
}

Task<Result<AccountSnapshot>> RpcClient::accounts(std::vector<PublicKey> keys, Commitment commitment,
                                                  std::uint64_t min_context_slot) {
    if (keys.empty() || keys.size() > keys_most)
        return State::refuse_snapshot("1 to " + std::to_string(keys_most) + " accounts can be read at once");
    return State::snapshot_of(state_, std::move(keys), commitment, min_context_slot);
}

// ---- sending ----

Task<void> RpcClient::State::send_to(std::shared_ptr<State> state, std::shared_ptr<SendReport> report,
                                     RpcQuestion question, std::size_t place, std::string signature) {
    const auto taking = std::make_shared<Taking<Done>>(
        [signature](const JsonValue& result, Seen&) { return read_sent(result, signature); });
    SendAnswer& answer = report->answers[place];
    answer.taken = co_await ask_only(state, std::move(question), place, taking);
    answer.refused = taking->transaction_error;
    // It landed before: what was to be reached is.
    if (answer.refused && answer.refused->kind == "AlreadyProcessed") {
        answer.refused.reset();
        answer.taken = Done{};
    }
}

Task<Result<SendReport>> RpcClient::State::send_to_all(std::shared_ptr<State> state, CommittedIntent intent,
                                                       SendOptions options) {
    if (state->closed) co_return closed_words();
    const Attempt& attempt = intent.attempt();
    if (attempt.signed_bytes.size() > transaction_size_most)
        co_return reject(Reason::invalid_parameter, "a transaction has at most 1232 bytes");
    const std::optional<std::string> signature = first_signature(attempt.signed_bytes);
    if (!signature || *signature != attempt.signature) {
        co_return reject(Reason::invalid_parameter,
                         "the bytes to be sent are no transaction of the signature that was written down");
    }
    RpcOptions wanted;
    wanted.text("encoding", "base64").flag("skipPreflight", options.skip_preflight).number("maxRetries", 0);
    if (!options.skip_preflight) wanted.text("preflightCommitment", "confirmed");
    wanted.min_context_slot(options.min_context_slot);
    const RpcQuestion question("sendTransaction",
                               quoted(to_base64(attempt.signed_bytes)) + "," + wanted.written(),
                               state->config.deadlines.send);

    const Executor executor = co_await asio::this_coro::executor;
    const auto report = std::make_shared<SendReport>();
    for (const RpcEndpoint& endpoint : state->config.endpoints)
        report->answers.push_back(SendAnswer{endpoint.name(), {}, {}});
    Together together(state->timers);
    for (std::size_t i = 0; i < report->answers.size(); ++i)
        together.start(executor, send_to(state, report, question, i, *signature));
    co_await together.all();
    co_return std::move(*report);
}

Task<Result<SendReport>> RpcClient::send(CommittedIntent intent, SendOptions options) {
    return State::send_to_all(state_, std::move(intent), options);
}

// ---- witnesses ----

/// One endpoint, as the expiry proof sees it.
class RpcClient::Witness final : public ChainNode {
public:
    Witness(std::shared_ptr<State> state, std::size_t place) : state_(std::move(state)), place_(place) {}

    std::string_view name() const override { return state_->name_of(place_); }

    Task<Result<NodeHeight>> finalized() override { return State::height_of(state_, place_); }
    Task<Result<NodeStatus>> status(std::string signature, std::uint64_t min_context_slot) override {
        return State::status_of(state_, place_, std::move(signature), min_context_slot);
    }

private:
    const std::shared_ptr<State> state_;
    const std::size_t place_;
};

Task<Result<NodeHeight>> RpcClient::State::height_of(std::shared_ptr<State> state, std::size_t place) {
    const std::string options = RpcOptions().commitment(Commitment::finalized).written();
    RpcQuestion question("getEpochInfo", options, state->config.deadlines.small);
    question.commitment = Commitment::finalized;
    question.fresh = false;  // who is behind is no liar, and the lowest height is what counts
    const Result<EpochInfo> info =
        co_await ask_only_for<EpochInfo>(state, std::move(question), place, read_epoch_info);
    if (!info) co_return info.error();
    if (state->board.is_lying(place, state->clock.now()))
        co_return reject(Reason::service_unavailable, state->name_of(place) + " was caught lying");
    NodeHeight height;
    height.slot = info.value().slot;
    height.height = info.value().height;
    co_return height;
}

Task<Result<NodeStatus>> RpcClient::State::status_of(std::shared_ptr<State> state, std::size_t place,
                                                     std::string signature, std::uint64_t min_slot) {
    std::vector<std::string> one;
    one.push_back(std::move(signature));
    RpcQuestion question = status_question(state->config, one, min_slot);
    question.fresh = false;
    // That it knows the transaction counts whatever slot it speaks of; the proof looks at the slot itself.
    question.min_context_slot = 0;
    const Result<SignatureStatuses> known =
        co_await ask_only_for<SignatureStatuses>(state, std::move(question), place, status_reader(1));
    if (!known) co_return known.error();
    NodeStatus status;
    status.found = known.value().statuses.front().has_value();
    status.context_slot = known.value().slot;
    co_return status;
}

std::vector<std::shared_ptr<ChainNode>> RpcClient::witnesses() const {
    std::vector<std::shared_ptr<ChainNode>> nodes;
    std::set<std::string> hosts;
    for (std::size_t i = 0; i < state_->board.size(); ++i) {
        if (hosts.insert(state_->name_of(i)).second) nodes.push_back(std::make_shared<Witness>(state_, i));
    }
    return nodes;
}

}  // namespace libexec
