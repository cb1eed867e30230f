#include "answers.hpp"
#include "client_questions.hpp"
#include "params.hpp"

namespace libexec {
namespace {

constexpr std::size_t filters_most = 4;
constexpr std::size_t filter_bytes_most = 128;

}  // namespace

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
    return State::ask_for<AccountSnapshot>(
        state_, std::move(question),
        [key](const JsonValue& result, Seen& seen) { return read_account(result, key, seen); });
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
    return State::ask_for<AccountSnapshot>(state_, std::move(question),
                                           [query = std::move(query)](const JsonValue& result, Seen& seen) {
                                               return read_program_accounts(result, query, seen);
                                           });
}

Task<Result<AmountAt>> RpcClient::balance(PublicKey key, Commitment commitment) {
    RpcQuestion question = small_question(state_->config, "getBalance", commitment, quoted(key.to_string()));
    return State::ask_for<AmountAt>(state_, std::move(question), read_balance);
}

Task<Result<TokenBalance>> RpcClient::token_account_balance(PublicKey key, Commitment commitment) {
    RpcQuestion question =
        small_question(state_->config, "getTokenAccountBalance", commitment, quoted(key.to_string()));
    return State::ask_for<TokenBalance>(state_, std::move(question), read_token_balance);
}

Task<Result<std::uint64_t>> RpcClient::minimum_balance_for_rent_exemption(std::uint64_t size_bytes) {
    RpcQuestion question("getMinimumBalanceForRentExemption", std::to_string(size_bytes),
                         state_->config.deadlines.small);
    question.fresh = false;
    return State::ask_for<std::uint64_t>(state_, std::move(question), without_slot(read_lamports));
}

}  // namespace libexec
