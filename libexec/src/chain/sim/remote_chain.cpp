#include "libexec/chain/sim/remote_chain.hpp"

#include <string>
#include <utility>
#include <vector>

#include "libexec/chain/sim/chain_link.hpp"
#include "libexec/chain/expiry_proof.hpp"
#include "libexec/chain/sim/sim_troubles.hpp"

namespace libexec {
namespace {

/// Between two looks at a chain that does not answer, so that an engine which waits for nothing does not
/// spin.
constexpr std::chrono::milliseconds blind_pause{50};

ChainCall call_about(ChainOp op, const Attempt& attempt) {
    ChainCall call(op);
    call.order = attempt.order;
    call.attempt = attempt.number;
    call.signature = attempt.signature;
    call.last_valid_height = attempt.last_valid_height;
    return call;
}

/// One node of the process, as far as the wire lets anybody see.
class RemoteNode final : public ChainNode {
public:
    RemoteNode(std::uint32_t number, std::shared_ptr<ChainLink> link)
        : number_(number), name_("node-" + std::to_string(number + 1)), link_(std::move(link)) {}

    std::string_view name() const override { return name_; }

    Task<Result<NodeHeight>> finalized() override {
        ChainCall call(ChainOp::finalized);
        call.node = number_;
        const Result<ChainReply> reply = co_await link_->call(std::move(call), false);
        if (!reply) co_return reply.error();
        co_return reply.value().height;
    }

    Task<Result<NodeStatus>> status(std::string signature, std::uint64_t min_context_slot) override {
        ChainCall call(ChainOp::status);
        call.node = number_;
        call.signature = std::move(signature);
        call.min_context_slot = min_context_slot;
        const Result<ChainReply> reply = co_await link_->call(std::move(call), false);
        if (!reply) co_return reply.error();
        co_return reply.value().status;
    }

private:
    const std::uint32_t number_;
    const std::string name_;
    const std::shared_ptr<ChainLink> link_;
};

class RemoteChain final : public Chain {
public:
    RemoteChain(std::shared_ptr<ChainLink> link, Timers& timers) : link_(std::move(link)), timers_(timers) {
        for (std::uint32_t i = 0; i < SimTroubles::node_count; ++i)
            nodes_.push_back(std::make_shared<RemoteNode>(i, link_));
        link_->open();
    }
    ~RemoteChain() override { link_->close(); }

    Task<Result<Anchor>> anchor() override {
        ChainCall call(ChainOp::anchor);
        const Result<ChainReply> reply = co_await link_->call(std::move(call), true);
        if (!reply) co_return reply.error();
        co_return reply.value().anchor;
    }

    Task<Result<Done>> send(CommittedIntent intent) override {
        ChainCall call = call_about(ChainOp::send, intent.attempt());
        call.bytes = intent.attempt().signed_bytes;
        const Result<ChainReply> reply = co_await link_->call(std::move(call), false);
        if (!reply) co_return reply.error();
        co_return Done();
    }

    Task<Observation> observe(Attempt attempt) override {
        ChainCall call = call_about(ChainOp::observe, attempt);
        Result<ChainReply> reply = co_await link_->call(std::move(call), false);
        if (!reply) {
            co_await timers_.sleep_for(blind_pause);
            co_return Unknown();
        }
        if (reply.value().landed) co_return *reply.value().landed;
        if (!reply.value().may_be_dead) co_return Unknown();

        // That it is worth asking is the process's hint; the proof is made here.
        ExpiryVerdict verdict = co_await prove_expiry(nodes_, attempt.signature, attempt.last_valid_height);
        if (!std::holds_alternative<ProvablyDead>(verdict)) co_return Unknown();
        ChainCall proved = call_about(ChainOp::declare_dead, attempt);
        const Result<ChainReply> recorded = co_await link_->call(std::move(proved), false);
        if (!recorded || !recorded.value().stands) co_return Unknown();
        co_return std::get<ProvablyDead>(std::move(verdict));
    }

    Result<Done> health() const override { return link_->health(); }

private:
    const std::shared_ptr<ChainLink> link_;
    Timers& timers_;
    std::vector<std::shared_ptr<ChainNode>> nodes_;
};

}  // namespace

std::unique_ptr<Chain> open_remote_chain(RemoteChainConfig config, asio::io_context& io, Timers& timers,
                                         Log& log) {
    ChainPatience patience;
    patience.answer = config.answer_within;
    patience.connect = config.connect_within;
    auto link = std::make_shared<ChainLink>(std::move(config.address), patience, config.time_scale_ppm, io,
                                            timers, log);
    return std::make_unique<RemoteChain>(std::move(link), timers);
}

}  // namespace libexec
