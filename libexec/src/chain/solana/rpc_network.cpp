#include "libexec/chain/solana/rpc_network.hpp"

#include <functional>
#include <variant>

#include <utility>

#include "libexec/solana/transaction.hpp"
#include "transaction_failure.hpp"

namespace libexec {
namespace {

class SignatureListening final : public Listening {
public:
    explicit SignatureListening(RpcSubscription subscription) : subscription_(std::move(subscription)) {}

private:
    RpcSubscription subscription_;
};

/// Whether a transaction may have landed that nobody told of. The first gap is that of a transaction which is
/// only just sent, and asked for anyway.
bool is_worth_a_look(const RpcNotice& notice) {
    if (const RpcGap* const gap = std::get_if<RpcGap>(&notice)) return !gap->first;
    return std::holds_alternative<RpcSignatureNotice>(notice);
}

class RpcNetwork final : public SolanaNetwork {
public:
    RpcNetwork(RpcClient& client, RpcSubscriptions* subscriptions)
        : client_(client), subscriptions_(subscriptions) {}

    Task<Result<LatestBlockhash>> latest_blockhash() override {
        return client_.latest_blockhash(Commitment::confirmed);
    }
    Task<Result<Done>> send(CommittedIntent intent) override {
        const Result<SendReport> report = co_await client_.send(std::move(intent));
        if (!report) co_return report.error();
        co_return report.value().verdict();
    }
    Task<std::vector<FromEndpoint<SignatureStatuses>>> statuses(
        std::vector<std::string> signatures) override {
        return client_.signature_statuses_of_each(std::move(signatures));
    }
    Task<Result<std::optional<LandedTransaction>>> transaction(std::string signature,
                                                               Commitment commitment) override {
        return client_.transaction(std::move(signature), commitment);
    }
    std::unique_ptr<Listening> listen(std::string signature, Commitment commitment,
                                      std::function<void()> look) override {
        if (subscriptions_ == nullptr) return nullptr;
        auto handler = [look = std::move(look)](const RpcNotice& notice) {
            if (is_worth_a_look(notice)) look();
        };
        Result<RpcSubscription> made =
            subscriptions_->signature(std::move(signature), commitment, std::move(handler));
        // Too many are listened to: this one is asked for at its pace.
        if (!made) return nullptr;
        return std::make_unique<SignatureListening>(std::move(made).value());
    }
    Task<Result<std::uint64_t>> finalized_height() override {
        return client_.block_height(Commitment::finalized);
    }
    std::vector<std::shared_ptr<ChainNode>> witnesses() const override { return client_.witnesses(); }

    Result<Done> health() const override {
        std::string troubles;
        for (const RpcEndpointReport& endpoint : client_.report()) {
            if (endpoint.standing == RpcStanding::good || endpoint.standing == RpcStanding::rate_limited)
                return Done();
            if (!troubles.empty()) troubles += "; ";
            troubles +=
                endpoint.name + " is " + std::string(to_string(endpoint.standing)) + ", " + endpoint.trouble;
        }
        return reject(Reason::service_unavailable, "no endpoint can be asked: " + troubles);
    }

private:
    RpcClient& client_;
    RpcSubscriptions* const subscriptions_;
};

/// Whose view it is does not matter to who prices pools.
Result<AccountsAtSlot> as_read(Result<AccountSnapshot> said) {
    if (!said) return said.error();
    AccountSnapshot snapshot = std::move(said).value();
    AccountsAtSlot read;
    read.accounts = std::move(snapshot.accounts);
    read.slot = snapshot.slot;
    return read;
}

class RpcReader final : public ChainReader {
public:
    explicit RpcReader(RpcClient& client) : client_(client) {}

    Task<Result<AccountsAtSlot>> accounts(std::vector<PublicKey> addresses,
                                          std::uint64_t least_slot) override {
        Result<AccountSnapshot> said =
            co_await client_.accounts(std::move(addresses), Commitment::confirmed, least_slot);
        co_return as_read(std::move(said));
    }

    Task<Result<AccountsAtSlot>> search(AccountSearch search) override {
        ProgramAccountsQuery query(search.program);
        query.filters.push_back(AccountFilter::of_size(search.size_bytes));
        for (BytesAt& part : search.having)
            query.filters.push_back(AccountFilter::with_bytes(part.at, std::move(part.bytes)));
        DataSlice slice;
        slice.offset = search.slice_at;
        slice.length = search.slice_bytes;
        query.slice = slice;
        Result<AccountSnapshot> said = co_await client_.program_accounts(std::move(query));
        co_return as_read(std::move(said));
    }

    Task<Result<SimulatedRun>> simulate(Bytes transaction, std::vector<PublicKey> watched,
                                        std::uint64_t least_slot) override {
        const Result<Transaction> decoded = decode_transaction(transaction);
        if (!decoded) co_return decoded.error();
        const Message& message = decoded.value().message;
        SimulationQuery query(message);
        query.accounts = std::move(watched);
        query.min_context_slot = least_slot;
        Result<Simulation> said = co_await client_.simulate(std::move(query));
        if (!said) co_return said.error();
        Simulation simulation = std::move(said).value();
        SimulatedRun run;
        run.slot = simulation.slot;
        run.compute_units = simulation.units_consumed;
        if (simulation.error) run.failure = failure_of(*simulation.error, message);
        run.log = std::move(simulation.logs);
        run.after = std::move(simulation.accounts);
        co_return run;
    }

    Task<Result<std::vector<std::uint64_t>>> recent_fees(std::vector<PublicKey> written) override {
        Result<std::vector<PrioritizationFee>> said =
            co_await client_.recent_prioritization_fees(std::move(written));
        if (!said) co_return said.error();
        std::vector<std::uint64_t> prices;
        for (const PrioritizationFee& fee : said.value()) prices.push_back(fee.micro_lamports);
        co_return prices;
    }

    Task<Result<std::uint64_t>> rent_exemption(std::uint64_t size_bytes) override {
        return client_.minimum_balance_for_rent_exemption(size_bytes);
    }

private:
    RpcClient& client_;
};

}  // namespace

std::unique_ptr<SolanaNetwork> make_rpc_network(RpcClient& client, RpcSubscriptions* subscriptions) {
    return std::make_unique<RpcNetwork>(client, subscriptions);
}

std::unique_ptr<ChainReader> make_rpc_reader(RpcClient& client) {
    return std::make_unique<RpcReader>(client);
}

}  // namespace libexec
