#include "answers.hpp"
#include "client_questions.hpp"
#include "libexec/solana/base64.hpp"
#include "libexec/solana/transaction.hpp"
#include "params.hpp"

namespace libexec {
namespace {

constexpr std::size_t fee_accounts_most = 128;
constexpr std::size_t statuses_most = 256;

}  // namespace

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
    RpcQuestion question = State::status_question(state_->config, signatures, 0);
    return State::ask_for<SignatureStatuses>(state_, std::move(question),
                                             State::status_reader(signatures.size()));
}

Task<std::vector<FromEndpoint<SignatureStatuses>>> RpcClient::signature_statuses_of_each(
    std::vector<std::string> signatures) {
    RpcQuestion question = State::status_question(state_->config, signatures, 0);
    question.fresh = false;
    return State::ask_each<SignatureStatuses>(
        state_, std::move(question), State::status_reader(signatures.size()), State::Whom::all_but_resting);
}

Taking<SignatureStatuses>::Read RpcClient::State::status_reader(std::size_t count) {
    return [count](const JsonValue& result, Seen& seen) { return read_statuses(result, count, seen); };
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

}  // namespace libexec
