#include "libexec/chain/solana/bundle_network.hpp"

#include <algorithm>
#include <map>
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
/// An engine tries a bundle with several leaders before it lets it go.
constexpr std::chrono::seconds repeat_pause{6};
constexpr std::size_t answer_bytes_most = 64 * 1024;
constexpr std::size_t answer_values_most = 1'000;
constexpr std::size_t status_words_most = 200;

class BundleNetwork final : public SolanaNetwork {
public:
    BundleNetwork(SolanaNetwork& others, BlockEngine engine, RpcTransport& transport, const Clock& clock,
                  Log& log)
        : others_(others), engine_(std::move(engine)), transport_(transport), clock_(clock), log_(log) {}

    Task<Result<Done>> send(CommittedIntent intent) override {
        const Attempt& attempt = intent.attempt();
        if (attempt.signed_bytes.empty() || attempt.signed_bytes.size() > transaction_size_most)
            co_return reject(Reason::invalid_parameter, "a transaction has 1 to 1232 bytes, this one has " +
                                                            std::to_string(attempt.signed_bytes.size()));
        if (was_just_taken(attempt.signature)) co_return Done();
        if (rests()) co_return told(reject(Reason::rate_limited, "it asked for a rest that is not over"));
        const std::uint64_t id = ++calls_;
        std::string body =
            encode_rpc_call(id, "sendBundle",
                            json_list(std::vector<std::string>(1, to_base64(attempt.signed_bytes))) + "," +
                                RpcOptions().text("encoding", "base64").written());
        RpcPost post(engine_.endpoint().http_url(), std::move(body));
        post.timeout = send_timeout;
        post.answer_bytes_most = answer_bytes_most;
        const Result<RpcReply> reply = co_await transport_.post(std::move(post));
        Result<Done> sent = reply ? judged(reply.value(), id) : told(reply.error());
        note(sent);
        if (sent) taken_at_[attempt.signature] = clock_.now();
        co_return sent;
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
        if (reply.status == 429 || (reply.status == 503 && reply.retry_after)) {
            rest(reply.retry_after);
            return told(reject(Reason::rate_limited,
                               "HTTP " + std::to_string(reply.status) + ", it asks for a rest"));
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

    /// A clock that was set back does not keep anybody waiting.
    bool rests() const { return clock_.now() < free_at_ && free_at_ - clock_.now() <= rest_most; }

    bool was_just_taken(const std::string& signature) {
        const Time now = clock_.now();
        std::erase_if(taken_at_, [now](const auto& taken) {
            return now < taken.second || now - taken.second >= repeat_pause;
        });
        return taken_at_.contains(signature);
    }

    /// Tells of the first failure, and that it is over.
    void note(const Result<Done>& sent) {
        if (bool(sent) == !fails_) return;
        fails_ = !sent;
        if (fails_) {
            log_.warn("bundles.refused", "the block engine takes no bundle: " + sent.error().detail);
        } else {
            log_.info("bundles.taken", "the block engine takes bundles again");
        }
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
    Log& log_;
    Time free_at_{};
    std::map<std::string, Time> taken_at_;  ///< bundles, by the signature of their transaction
    bool fails_ = false;
    std::uint64_t calls_ = 0;
};

}  // namespace

Result<BlockEngine> BlockEngine::parse(std::string_view url) {
    std::string whole(url);
    const std::size_t host = whole.find("://");
    const std::size_t path = host == std::string::npos ? host : whole.find_first_of("/?#", host + 3);
    const bool names_none = path == std::string::npos || whole.substr(path) == "/";
    if (names_none) whole = whole.substr(0, path) + std::string(bundles_path);
    Result<RpcEndpoint> endpoint = RpcEndpoint::parse(whole);
    if (!endpoint) return endpoint.error();
    return BlockEngine(std::move(endpoint).value());
}

std::unique_ptr<SolanaNetwork> make_bundle_network(SolanaNetwork& others, BlockEngine engine,
                                                   RpcTransport& transport, const Clock& clock, Log& log) {
    return std::make_unique<BundleNetwork>(others, std::move(engine), transport, clock, log);
}

}  // namespace libexec
