#include "libexec/chain/rpc/client.hpp"

#include <stdexcept>

#include "answers.hpp"
#include "client_state.hpp"
#include "libexec/solana/transaction.hpp"
#include "libexec/solana/base64.hpp"
#include "params.hpp"

namespace libexec {
namespace {

constexpr std::size_t filters_most = 4;
constexpr std::size_t filter_bytes_most = 128;
constexpr std::size_t fee_accounts_most = 128;
constexpr std::size_t statuses_most = 256;
/// What a node may have counted on between a height and a look at its epoch.
constexpr std::uint64_t height_slack = 32;

/// A reader that has nothing to say about where the node stands.
template <class T>
typename Taking<T>::Read without_slot(Result<T> (*read)(const JsonValue& result)) {
    return [read](const JsonValue& result, Seen&) { return read(result); };
}

template <class T>
Task<Result<T>> refused(std::string why) {
    co_return reject(Reason::invalid_parameter, why);
}

bool is_signature(const std::string& text) {
    const auto bytes = from_base58(text);
    return bytes && bytes->size() == 64;
}

}  // namespace

RpcClient::RpcClient(RpcConfig config, RpcTransport& transport, const Clock& clock, Timers& timers,
                     Random& random, Log& log) {
    if (config.endpoints.empty()) throw std::invalid_argument("an RPC client needs an endpoint");
    state_ = std::make_shared<State>(std::move(config), transport, clock, timers, random, log);
}

RpcClient::~RpcClient() { state_->closed = true; }

// ---- where the chain stands
// ----------------------------------------------------------------------------------------

Task<Result<LatestBlockhash>> RpcClient::latest_blockhash(Commitment commitment) {
    RpcQuestion question("getLatestBlockhash", RpcOptions().commitment(commitment).written(),
                         state_->config.deadlines.small);
    question.commitment = commitment;
    return State::ask_for<LatestBlockhash>(state_, std::move(question), read_latest_blockhash);
}

Task<Result<FlagAt>> RpcClient::is_blockhash_valid(Blockhash blockhash, Commitment commitment) {
    RpcQuestion question("isBlockhashValid",
                         quoted(blockhash.to_string()) + "," + RpcOptions().commitment(commitment).written(),
                         state_->config.deadlines.small);
    question.commitment = commitment;
    return State::ask_for<FlagAt>(state_, std::move(question), read_flag_at);
}

Task<Result<std::uint64_t>> RpcClient::slot(Commitment commitment) {
    RpcQuestion question("getSlot", RpcOptions().commitment(commitment).written(),
                         state_->config.deadlines.small);
    question.commitment = commitment;
    return State::ask_for<std::uint64_t>(state_, std::move(question), read_slot);
}

namespace {

RpcQuestion epoch_question(const RpcConfig& config, Commitment commitment) {
    RpcQuestion question("getEpochInfo", RpcOptions().commitment(commitment).written(),
                         config.deadlines.small);
    question.commitment = commitment;
    return question;
}

}  // namespace

Task<Result<EpochInfo>> RpcClient::epoch_info(Commitment commitment) {
    return State::ask_for<EpochInfo>(state_, epoch_question(state_->config, commitment), read_epoch_info);
}

/// Some nodes have answered with their slot. A height below a slot that the same node told earlier is none.
Task<Result<std::uint64_t>> RpcClient::State::sound_height(std::shared_ptr<State> state,
                                                           Commitment commitment) {
    RpcQuestion question("getBlockHeight", RpcOptions().commitment(commitment).written(),
                         state->config.deadlines.small);
    question.commitment = commitment;
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

// ---- accounts
// ----------------------------------------------------------------------------------------

Task<Result<AccountSnapshot>> RpcClient::account(PublicKey key, Commitment commitment,
                                                 std::uint64_t min_context_slot) {
    const std::string options = RpcOptions()
                                    .text("encoding", "base64")
                                    .commitment(commitment)
                                    .min_context_slot(min_context_slot)
                                    .written();
    RpcQuestion question("getAccountInfo", quoted(key.to_string()) + "," + options,
                         state_->config.deadlines.accounts);
    question.commitment = commitment;
    question.min_context_slot = min_context_slot;
    return State::account_of(state_, std::move(question), key);
}

Task<Result<AccountSnapshot>> RpcClient::State::account_of(std::shared_ptr<State> state, RpcQuestion question,
                                                           PublicKey key) {
    const auto taking = std::make_shared<Taking<AccountSnapshot>>(
        [key](const JsonValue& result, Seen& seen) { return read_account(result, key, seen); });
    const Result<Done> done = co_await ask(state, std::move(question), taking);
    if (!done) co_return done.error();
    taking->value->endpoint = state->name_of(taking->place);
    co_return std::move(*taking->value);
}

Task<Result<AccountSnapshot>> RpcClient::program_accounts(ProgramAccountsQuery query) {
    if (query.filters.size() > filters_most) {
        return refused<AccountSnapshot>("a search for a program's accounts has at most " +
                                        std::to_string(filters_most) + " filters");
    }
    std::string filters = "[";
    for (const AccountFilter& filter : query.filters) {
        if (!filter.size_bytes && (filter.bytes.empty() || filter.bytes.size() > filter_bytes_most)) {
            return refused<AccountSnapshot>("a filter compares 1 to " + std::to_string(filter_bytes_most) +
                                            " bytes");
        }
        if (filters.size() > 1) filters += ',';
        if (filter.size_bytes) {
            filters += RpcOptions().number("dataSize", *filter.size_bytes).written();
            continue;
        }
        const std::string bytes = to_base58(filter.bytes.data(), filter.bytes.size());
        const std::string compare =
            RpcOptions().number("offset", filter.offset).text("bytes", bytes).written();
        filters += RpcOptions().json("memcmp", compare).written();
    }
    filters += "]";
    RpcOptions options;
    options.text("encoding", "base64").commitment(query.commitment).flag("withContext", true);
    options.json("filters", filters);
    if (query.slice) {
        const std::string slice = RpcOptions()
                                      .number("offset", query.slice->offset)
                                      .number("length", query.slice->length)
                                      .written();
        options.json("dataSlice", slice);
    }
    RpcQuestion question("getProgramAccounts", quoted(query.program.to_string()) + "," + options.written(),
                         state_->config.deadlines.program_accounts);
    question.commitment = query.commitment;
    question.answer_bytes_most = state_->config.program_bytes_most;
    question.is_search = true;
    return State::program_accounts_of(state_, std::move(question), std::move(query));
}

Task<Result<AccountSnapshot>> RpcClient::State::program_accounts_of(std::shared_ptr<State> state,
                                                                    RpcQuestion question,
                                                                    ProgramAccountsQuery query) {
    const auto taking = std::make_shared<Taking<AccountSnapshot>>(
        [query](const JsonValue& result, Seen& seen) { return read_program_accounts(result, query, seen); });
    const Result<Done> done = co_await ask(state, std::move(question), taking);
    if (!done) co_return done.error();
    taking->value->endpoint = state->name_of(taking->place);
    co_return std::move(*taking->value);
}

Task<Result<AmountAt>> RpcClient::balance(PublicKey key, Commitment commitment) {
    RpcQuestion question("getBalance",
                         quoted(key.to_string()) + "," + RpcOptions().commitment(commitment).written(),
                         state_->config.deadlines.small);
    question.commitment = commitment;
    return State::ask_for<AmountAt>(state_, std::move(question), read_balance);
}

Task<Result<TokenBalance>> RpcClient::token_account_balance(PublicKey key, Commitment commitment) {
    RpcQuestion question("getTokenAccountBalance",
                         quoted(key.to_string()) + "," + RpcOptions().commitment(commitment).written(),
                         state_->config.deadlines.small);
    question.commitment = commitment;
    return State::ask_for<TokenBalance>(state_, std::move(question), read_token_balance);
}

Task<Result<std::uint64_t>> RpcClient::minimum_balance_for_rent_exemption(std::uint64_t size_bytes) {
    RpcQuestion question("getMinimumBalanceForRentExemption", std::to_string(size_bytes),
                         state_->config.deadlines.small);
    question.fresh = false;
    return State::ask_for<std::uint64_t>(state_, std::move(question), without_slot(read_lamports));
}

// ---- transactions
// ----------------------------------------------------------------------------------------

Task<Result<Simulation>> RpcClient::simulate(SimulationQuery query) {
    RpcOptions options;
    options.text("encoding", "base64").commitment(query.commitment).flag("sigVerify", false);
    options.flag("replaceRecentBlockhash", query.replaces_blockhash);
    options.min_context_slot(query.min_context_slot);
    if (!query.accounts.empty()) {
        const std::string wanted =
            RpcOptions().text("encoding", "base64").json("addresses", json_list(query.accounts)).written();
        options.json("accounts", wanted);
    }
    const Bytes bytes = encode_transaction(unsigned_transaction(query.message));
    RpcQuestion question("simulateTransaction", quoted(to_base64(bytes)) + "," + options.written(),
                         state_->config.deadlines.simulate);
    question.commitment = query.commitment;
    question.min_context_slot = query.min_context_slot;
    return State::ask_for<Simulation>(state_, std::move(question),
                                      [query = std::move(query)](const JsonValue& result, Seen& seen) {
                                          return read_simulation(result, query, seen);
                                      });
}

Task<Result<SignatureStatuses>> RpcClient::signature_statuses(std::vector<std::string> signatures) {
    if (signatures.empty() || signatures.size() > statuses_most) {
        return refused<SignatureStatuses>("1 to " + std::to_string(statuses_most) +
                                          " signatures can be asked for at once");
    }
    for (const std::string& signature : signatures) {
        if (!is_signature(signature)) return refused<SignatureStatuses>("a signature is base58 of 64 bytes");
    }
    return State::statuses_of(state_, std::move(signatures));
}

Task<std::vector<FromEndpoint<SignatureStatuses>>> RpcClient::signature_statuses_of_each(
    std::vector<std::string> signatures) {
    RpcQuestion question = State::status_question(state_->config, signatures, 0);
    question.fresh = false;
    const std::size_t count = signatures.size();
    return State::ask_each<SignatureStatuses>(
        state_, std::move(question),
        [count](const JsonValue& result, Seen& seen) { return read_statuses(result, count, seen); },
        State::Whom::all_but_resting);
}

RpcQuestion RpcClient::State::status_question(const RpcConfig& config,
                                              const std::vector<std::string>& signatures,
                                              std::uint64_t min_context_slot) {
    const std::string options =
        RpcOptions().flag("searchTransactionHistory", true).min_context_slot(min_context_slot).written();
    RpcQuestion question("getSignatureStatuses", json_list(signatures) + "," + options,
                         config.deadlines.statuses);
    question.commitment = Commitment::processed;  // whatever is asked, they are answered from there
    question.min_context_slot = min_context_slot;
    return question;
}

Task<Result<SignatureStatuses>> RpcClient::State::statuses_of(std::shared_ptr<State> state,
                                                              std::vector<std::string> signatures) {
    const std::size_t count = signatures.size();
    const auto taking = std::make_shared<Taking<SignatureStatuses>>(
        [count](const JsonValue& result, Seen& seen) { return read_statuses(result, count, seen); });
    RpcQuestion question = status_question(state->config, signatures, 0);
    const Result<Done> done = co_await ask(state, std::move(question), taking);
    if (!done) co_return done.error();
    taking->value->endpoint = state->name_of(taking->place);
    co_return std::move(*taking->value);
}

Task<Result<std::optional<LandedTransaction>>> RpcClient::transaction(std::string signature,
                                                                      Commitment commitment) {
    using Found = std::optional<LandedTransaction>;
    if (!is_signature(signature)) return refused<Found>("a signature is base58 of 64 bytes");
    if (commitment == Commitment::processed)
        return refused<Found>("a transaction is asked for at confirmed or finalized");
    const std::string options = RpcOptions()
                                    .text("encoding", "base64")
                                    .commitment(commitment)
                                    .number("maxSupportedTransactionVersion", 0)
                                    .written();
    RpcQuestion question("getTransaction", quoted(signature) + "," + options,
                         state_->config.deadlines.transaction);
    question.commitment = commitment;
    return State::ask_for<Found>(state_, std::move(question),
                                 [signature = std::move(signature)](const JsonValue& result, Seen&) {
                                     return read_transaction(result, signature);
                                 });
}

Task<Result<std::vector<PrioritizationFee>>> RpcClient::recent_prioritization_fees(
    std::vector<PublicKey> written) {
    if (written.size() > fee_accounts_most) {
        return refused<std::vector<PrioritizationFee>>("fees can be asked for at most " +
                                                       std::to_string(fee_accounts_most) + " accounts");
    }
    RpcQuestion question("getRecentPrioritizationFees", json_list(written), state_->config.deadlines.small);
    return State::ask_for<std::vector<PrioritizationFee>>(state_, std::move(question),
                                                          without_slot(read_prioritization_fees));
}

// ---- the network
// ----------------------------------------------------------------------------------------

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
