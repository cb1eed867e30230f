#include "libexec/chain/rpc/client.hpp"

#include <stdexcept>

#include "answers.hpp"
#include "client_questions.hpp"
#include "params.hpp"

namespace libexec {
namespace {

/// What a node may have counted on between a height and a look at its epoch.
constexpr std::uint64_t height_slack = 32;

}  // namespace

RpcClient::RpcClient(RpcConfig config, RpcTransport& transport, const Clock& clock, Timers& timers,
                     Random& random, Log& log) {
    if (config.endpoints.empty()) throw std::invalid_argument("an RPC client needs an endpoint");
    state_ = std::make_shared<State>(std::move(config), transport, clock, timers, random, log);
}

RpcClient::~RpcClient() { state_->closed = true; }

// ---- where the chain stands ----

Task<Result<LatestBlockhash>> RpcClient::latest_blockhash(Commitment commitment) {
    RpcQuestion question = small_question(state_->config, "getLatestBlockhash", commitment);
    return State::ask_for<LatestBlockhash>(state_, std::move(question), read_latest_blockhash);
}

Task<Result<FlagAt>> RpcClient::is_blockhash_valid(Blockhash blockhash, Commitment commitment) {
    RpcQuestion question =
        small_question(state_->config, "isBlockhashValid", commitment, quoted(blockhash.to_string()));
    return State::ask_for<FlagAt>(state_, std::move(question), read_flag_at);
}

Task<Result<std::uint64_t>> RpcClient::slot(Commitment commitment) {
    RpcQuestion question = small_question(state_->config, "getSlot", commitment);
    return State::ask_for<std::uint64_t>(state_, std::move(question), read_slot);
}

namespace {

RpcQuestion epoch_question(const RpcConfig& config, Commitment commitment) {
    return small_question(config, "getEpochInfo", commitment);
}

}  // namespace

Task<Result<EpochInfo>> RpcClient::epoch_info(Commitment commitment) {
    return State::ask_for<EpochInfo>(state_, epoch_question(state_->config, commitment), read_epoch_info);
}

/// Some nodes have answered with their slot. A height below a slot that the same node told earlier is none.
Task<Result<std::uint64_t>> RpcClient::State::sound_height(std::shared_ptr<State> state,
                                                           Commitment commitment) {
    RpcQuestion question = small_question(state->config, "getBlockHeight", commitment);
    const auto taking = std::make_shared<Taking<std::uint64_t>>(read_block_height);
    const Result<Done> done = co_await ask(state, std::move(question), taking);
    if (!done) co_return done.error();
    const std::uint64_t height = *taking->value;
    const std::size_t place = taking->place;
    if (height < state->board.slot_of(place, commitment)) co_return height;

    RpcQuestion second = epoch_question(state->config, commitment);
    const Result<EpochInfo> info =
        co_await ask_only_for<EpochInfo>(state, std::move(second), place, read_epoch_info);
    if (!info) co_return info.error();
    if (height < info.value().slot && height <= info.value().height + height_slack) co_return height;
    const std::string how = "it tells block height " + std::to_string(height) + " and then height " +
                            std::to_string(info.value().height) + " at slot " +
                            std::to_string(info.value().slot);
    state->board.lied(place, state->clock.now(), how);
    co_return reject(Reason::service_unavailable, state->name_of(place) + " getBlockHeight: " + how);
}

Task<Result<std::uint64_t>> RpcClient::block_height(Commitment commitment) {
    return State::sound_height(state_, commitment);
}

// ---- the network ----

namespace {

RpcQuestion genesis_question(const RpcConfig& config) {
    RpcQuestion question("getGenesisHash", std::string(), config.deadlines.small);
    question.fresh = false;
    return question;
}

}  // namespace

Task<Result<Blockhash>> RpcClient::genesis_hash() {
    return State::ask_for<Blockhash>(state_, genesis_question(state_->config),
                                     without_slot(read_genesis_hash));
}

Task<Result<NodeVersion>> RpcClient::version() {
    RpcQuestion question("getVersion", std::string(), state_->config.deadlines.small);
    question.fresh = false;
    return State::ask_for<NodeVersion>(state_, std::move(question), without_slot(read_version));
}

Task<std::vector<FromEndpoint<EpochInfo>>> RpcClient::epoch_info_of_each(Commitment commitment) {
    RpcQuestion question = epoch_question(state_->config, commitment);
    question.fresh = false;  // where those stand who are behind is what one wants to know
    return State::ask_each<EpochInfo>(state_, std::move(question), read_epoch_info);
}

Task<std::vector<FromEndpoint<Blockhash>>> RpcClient::genesis_hash_of_each() {
    return State::ask_each<Blockhash>(state_, genesis_question(state_->config),
                                      without_slot(read_genesis_hash));
}

Task<void> RpcClient::probe() { return State::probe(state_); }

Task<void> RpcClient::State::probe(std::shared_ptr<State> state) {
    RpcQuestion question = epoch_question(state->config, Commitment::confirmed);
    question.fresh = false;
    // What they answer is on the board by then.
    co_await ask_each<EpochInfo>(state, std::move(question), read_epoch_info);
}

Task<void> RpcClient::keep_probing() { return State::keep_probing(state_); }

Task<void> RpcClient::State::keep_probing(std::shared_ptr<State> state) {
    while (!state->closed) {
        co_await probe(state);
        if (state->closed) break;
        co_await state->timers.sleep_for(state->config.probe_every);
    }
}

std::vector<RpcEndpointReport> RpcClient::report() const { return state_->board.report(state_->clock.now()); }

}  // namespace libexec
