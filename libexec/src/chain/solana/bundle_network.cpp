#include "libexec/chain/solana/bundle_network.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "../rpc/envelope.hpp"
#include "../rpc/params.hpp"
#include "libexec/solana/base64.hpp"
#include "libexec/solana/message.hpp"

namespace libexec {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view bundles_path = "/api/v1/bundles";
constexpr std::chrono::milliseconds send_timeout{4'000};
constexpr std::chrono::seconds rest_usual{1};
constexpr std::chrono::seconds rest_most{60};
constexpr std::size_t answer_bytes_most = 64 * 1024;
constexpr std::size_t answer_values_most = 1'000;
constexpr std::size_t status_words_most = 200;

class BundleNetwork final : public SolanaNetwork {
public:
    BundleNetwork(SolanaNetwork& others, BlockEngine engine, RpcTransport& transport, const Clock& clock)
        : others_(others), engine_(std::move(engine)), transport_(transport), clock_(clock) {}

    Task<Result<Done>> send(CommittedIntent intent) override {
        const Attempt& attempt = intent.attempt();
        if (attempt.signed_bytes.empty() || attempt.signed_bytes.size() > transaction_size_most)
            co_return reject(Reason::invalid_parameter, "a transaction has 1 to 1232 bytes, this one has " +
                                                            std::to_string(attempt.signed_bytes.size()));
        if (clock_.now() < free_at_)
            co_return told(reject(Reason::rate_limited, "it asked for a rest that is not over"));
        const std::uint64_t id = ++calls_;
        std::string body =
            encode_rpc_call(id, "sendBundle",
                            json_list(std::vector<std::string>(1, to_base64(attempt.signed_bytes))) + "," +
                                RpcOptions().text("encoding", "base64").written());
        RpcPost post(engine_.endpoint().http_url(), std::move(body));
        post.timeout = send_timeout;
        post.answer_bytes_most = answer_bytes_most;
        const Result<RpcReply> reply = co_await transport_.post(std::move(post));
        if (!reply) co_return told(reply.error());
        co_return judged(reply.value(), id);
    }

    Task<Result<LatestBlockhash>> latest_blockhash() override { return others_.latest_blockhash(); }
    Task<std::vector<FromEndpoint<SignatureStatuses>>> statuses(
        std::vector<std::string> signatures) override {
        return others_.statuses(std::move(signatures));
    }
    Task<Result<std::optional<LandedTransaction>>> transaction(std::string signature,
                                                               Commitment commitment) override {
        return others_.transaction(std::move(signature), commitment);
    }
    std::unique_ptr<Listening> listen(std::string signature, Commitment commitment,
                                      std::function<void()> look) override {
        return others_.listen(std::move(signature), commitment, std::move(look));
    }
    Task<Result<std::uint64_t>> finalized_height() override { return others_.finalized_height(); }
    std::vector<std::shared_ptr<ChainNode>> witnesses() const override { return others_.witnesses(); }
    Result<Done> health() const override { return others_.health(); }

private:
    Result<Done> judged(const RpcReply& reply, std::uint64_t id) {
        if (reply.status == 429) {
            rest(reply.retry_after);
            return told(reject(Reason::rate_limited, "HTTP 429, it asks for a rest"));
        }
        const Result<RpcOutcome> outcome = decode_rpc_answer(reply.body, id, answer_values_most);
        if (outcome && std::holds_alternative<RpcError>(outcome.value())) {
            const ErrorMeaning meaning = meaning_of(std::get<RpcError>(outcome.value()));
            if (meaning.next == ErrorMeaning::Next::rest) rest(reply.retry_after);
            return told(meaning.why);
        }
        if (reply.status != 200)
            return told(
                reject(Reason::service_unavailable, "HTTP " + std::to_string(reply.status) + ": " +
                                                        outside_words(reply.body, status_words_most)));
        if (!outcome)
            return told(reject(Reason::service_unavailable,
                               "an answer nobody can understand: " + outcome.error().detail));
        const JsonValue& bundle = std::get<JsonValue>(outcome.value());
        if (!bundle.is_text() || bundle.text().empty())
            return told(reject(Reason::service_unavailable, "it names no bundle"));
        return Done();
    }

    void rest(std::optional<std::chrono::seconds> asked_for) {
        free_at_ = clock_.now() + std::min(asked_for.value_or(rest_usual), rest_most);
    }

    Rejection told(const Rejection& why) const {
        const RpcEndpoint& endpoint = engine_.endpoint();
        return reject(why.reason,
                      "the block engine " + endpoint.name() + ", sendBundle: " + endpoint.redact(why.detail));
    }

    SolanaNetwork& others_;
    const BlockEngine engine_;
    RpcTransport& transport_;
    const Clock& clock_;
    Time free_at_{};
    std::uint64_t calls_ = 0;
};

}  // namespace

Result<BlockEngine> BlockEngine::parse(std::string_view url) {
    std::string whole(url);
    const std::size_t host = whole.find("://");
    const bool has_path =
        host != std::string::npos && whole.find_first_of("/?#", host + 3) != std::string::npos;
    if (!has_path) whole += bundles_path;
    Result<RpcEndpoint> endpoint = RpcEndpoint::parse(whole);
    if (!endpoint) return endpoint.error();
    return BlockEngine(std::move(endpoint).value());
}

std::unique_ptr<SolanaNetwork> make_bundle_network(SolanaNetwork& others, BlockEngine engine,
                                                   RpcTransport& transport, const Clock& clock) {
    return std::make_unique<BundleNetwork>(others, std::move(engine), transport, clock);
}

}  // namespace libexec
