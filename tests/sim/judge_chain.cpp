#include "sim/judge_chain.hpp"

#include <algorithm>

namespace libexec::simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t nobody = 99;
constexpr std::uint64_t fee = 5'000;

Rejection no_answer() { return reject(Reason::service_unavailable, "no answer"); }

/// One call to a node of the chain: there, and back.
template <class T>
Task<Result<T>> ask(World& world, std::shared_ptr<Host> host, std::function<Result<T>()> question) {
    auto reply = expect<Result<T>>(*host);
    const bool lost = world.strikes(world.plan.reply_lost);
    const Span there =
        world.between(1ms, 40ms) + (world.strikes(world.plan.lag) ? world.between(0ms, 2s) : 0ms);
    const Span back = lost ? Span(2s) : world.between(1ms, 40ms);
    world.in(there, [&world, host, reply, lost, back, question = std::move(question)] {
        Result<T> answer = question();
        reply->value.emplace(lost ? Result<T>(no_answer()) : std::move(answer));
        world.on(host, back, [host, reply] { host->wake(reply->wait); });
    });
    co_await host->park(reply->wait);
    co_return std::move(*reply->value);
}

/// One of those that watch an attempt.
class Watching {
public:
    explicit Watching(int& count) : count_(count) { ++count_; }
    ~Watching() { --count_; }
    Watching(const Watching&) = delete;
    Watching& operator=(const Watching&) = delete;
    int count() const { return count_; }

private:
    int& count_;
};

class LinedNode final : public ChainNode {
public:
    LinedNode(World& world, JudgeChain& chain, std::shared_ptr<Host> host, std::size_t node)
        : world_(world),
          chain_(chain),
          host_(std::move(host)),
          node_(node),
          name_("node-" + std::to_string(node + 1)) {}

    std::string_view name() const override { return name_; }
    Task<Result<NodeHeight>> finalized() override {
        std::function<Result<NodeHeight>()> question = [&chain = chain_, node = node_] {
            return chain.height(node);
        };
        auto call = ask<NodeHeight>(world_, host_, std::move(question));
        Result<NodeHeight> height = co_await std::move(call);
        co_return height;
    }
    Task<Result<NodeStatus>> status(std::string signature, std::uint64_t) override {
        std::function<Result<NodeStatus>()> question = [&chain = chain_, node = node_, signature] {
            return chain.status(node, signature);
        };
        auto call = ask<NodeStatus>(world_, host_, std::move(question));
        Result<NodeStatus> status = co_await std::move(call);
        co_return status;
    }

private:
    World& world_;
    JudgeChain& chain_;
    std::shared_ptr<Host> host_;
    const std::size_t node_;
    const std::string name_;
};

}  // namespace

JudgeChain::JudgeChain(World& world, ChainWatch& watch) : world_(world), watch_(watch) {
    liar_ = world.plan.liar ? world.below(nodes) : nobody;
    // One node is wrong about transactions, at most: two that forget the same one could not be told apart
    // from a transaction that is not there.
    forgetful_ = world.plan.forgetful ? world.below(nodes) : nobody;
    silent_ = world.below(nodes);
}

std::uint64_t JudgeChain::view(std::size_t node) {
    std::uint64_t lag = node;
    if (world_.strikes(world_.plan.lag)) lag += world_.below(40);
    return slot() - lag;
}

bool JudgeChain::silent(std::size_t node) {
    if (!world_.faults) return false;
    const auto second = (world_.now() - world_.start()) / 1s;
    return (node + nodes - silent_) % nodes < world_.plan.silent && second % 20 < 15;
}

void JudgeChain::carry(const Attempt& attempt) {
    Transaction& transaction = transactions_[attempt.signature];
    ++world_.totals.sends;
    if (transaction.sends++ > 0) ++world_.totals.resends;
    transaction.order = attempt.order;
    transaction.attempt = attempt.number;
    transaction.last_valid_height = attempt.last_valid_height;
    transaction.amount_in = attempt.quoted_in;
    transaction.amount_out = attempt.quoted_out;
    if (world_.strikes(world_.plan.send_lost)) return;
    const int copies = world_.strikes(world_.plan.send_twice) ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
        const Span trip =
            world_.strikes(world_.plan.send_late) ? world_.between(500ms, 12s) : world_.between(50ms, 900ms);
        ++on_its_way_;
        world_.in(trip, [this, signature = attempt.signature] { deliver(signature); });
    }
}

void JudgeChain::deliver(const std::string& signature) {
    --on_its_way_;
    Transaction& transaction = transactions_.at(signature);
    const std::uint64_t here = slot();
    if (here - skipped > transaction.last_valid_height) return;
    if (transaction.landed && (transaction.undone_in == 0 || transaction.undone_in > here)) return;
    transaction.landed = true;
    transaction.ok = !world_.strikes(world_.plan.lands_with_error);
    transaction.slot = here;
    transaction.undone_in = 0;
    if (!transaction.ok) ++world_.totals.landed_err;
    if (world_.strikes(world_.plan.fork)) {
        transaction.undone_in = here + 1 + world_.below(finality_lag - 1);
        ++world_.totals.forks;
    }
    world_.note("landed", 0, signature, transaction.ok ? 1 : 0,
                transaction.undone_in == 0 ? 0 : transaction.undone_in - here);
}

Result<NodeHeight> JudgeChain::height(std::size_t node) {
    if (silent(node)) return no_answer();
    NodeHeight said;
    said.slot = view(node) - finality_lag;
    said.height = world_.faults && node == liar_ ? said.slot : said.slot - skipped;
    return said;
}

Result<NodeStatus> JudgeChain::status(std::size_t node, const std::string& signature) {
    if (silent(node)) return no_answer();
    NodeStatus said;
    said.context_slot = view(node) - (world_.plan.finalized_only ? finality_lag : 0);
    const auto found = transactions_.find(signature);
    const bool forgets = world_.faults && node == forgetful_;
    said.found = !forgets && found != transactions_.end() && stands(found->second, said.context_slot);
    return said;
}

Result<Anchor> JudgeChain::anchor(std::size_t node) {
    if (silent(node)) return no_answer();
    Anchor anchor;
    anchor.slot = view(node);
    anchor.last_valid_height = anchor.slot - skipped + validity;
    anchor.blockhash = "hash" + std::to_string(anchor.slot);
    return anchor;
}

Observation JudgeChain::look(std::size_t node, const std::string& signature) {
    if (silent(node) || (world_.faults && node == forgetful_)) return Unknown{};
    const auto found = transactions_.find(signature);
    const std::uint64_t seen = view(node);
    if (found == transactions_.end() || !stands(found->second, seen)) return Unknown{};
    const Transaction& transaction = found->second;
    Landed landed;
    landed.ok = transaction.ok;
    landed.slot = transaction.slot;
    const std::uint64_t depth = seen - transaction.slot;
    landed.commitment = depth >= finality_lag ? Commitment::finalized
                        : depth > 1           ? Commitment::confirmed
                                              : Commitment::processed;
    landed.amount_in = transaction.ok ? transaction.amount_in : Amount(0);
    landed.amount_out = transaction.ok ? transaction.amount_out : Amount(0);
    landed.fee_lamports = fee;
    if (!landed.ok) landed.error = reject(Reason::account_in_use, "an account it writes was in use");
    return landed;
}

ChainLine::ChainLine(World& world, JudgeChain& chain, std::shared_ptr<Host> host)
    : world_(world), chain_(chain), host_(std::move(host)) {
    for (std::size_t node = 0; node < JudgeChain::nodes; ++node)
        nodes_.push_back(std::make_shared<LinedNode>(world_, chain_, host_, node));
}

Task<Result<Anchor>> ChainLine::anchor() {
    const std::size_t node = world_.below(JudgeChain::nodes);
    std::function<Result<Anchor>()> question = [&chain = chain_, node] { return chain.anchor(node); };
    auto call = ask<Anchor>(world_, host_, std::move(question));
    Result<Anchor> anchor = co_await std::move(call);
    co_return anchor;
}

Task<Result<Done>> ChainLine::send(CommittedIntent intent) {
    auto attempt = std::make_shared<const Attempt>(intent.attempt());
    chain_.watch().on_send(*attempt);
    std::function<Result<Done>()> question = [&chain = chain_, attempt]() -> Result<Done> {
        chain.carry(*attempt);
        return Done{};
    };
    auto call = ask<Done>(world_, host_, std::move(question));
    Result<Done> sent = co_await std::move(call);
    co_return sent;
}

Task<Observation> ChainLine::observe(Attempt attempt) {
    const Watching watching(watchers_[attempt.signature]);
    chain_.watch().on_watched(attempt, watching.count());
    const std::size_t node = world_.below(JudgeChain::nodes);
    std::function<Result<Observation>()> question = [&chain = chain_, node,
                                                     signature = attempt.signature]() -> Result<Observation> {
        return chain.look(node, signature);
    };
    auto call = ask<Observation>(world_, host_, std::move(question));
    Result<Observation> seen = co_await std::move(call);
    if (!seen) co_return Unknown{};
    if (!std::holds_alternative<Unknown>(seen.value())) co_return std::move(seen).value();
    // Asked for a proof well before one can hold, too: the proof has to find that out by itself.
    if (chain_.slot() - JudgeChain::skipped + 4 < attempt.last_valid_height) co_return Unknown{};
    ExpiryVerdict verdict = co_await prove_expiry(nodes_, attempt.signature, attempt.last_valid_height);
    if (!std::holds_alternative<ProvablyDead>(verdict)) co_return Unknown{};
    ++world_.totals.expiries;
    chain_.watch().on_declared_dead(attempt);
    co_return std::get<ProvablyDead>(std::move(verdict));
}

}  // namespace libexec::simulation
