#include "libexec/access/gate.hpp"

#include <algorithm>
#include <utility>

#include "crypto.hpp"

namespace libexec {
namespace {

using Verdict = std::variant<Caller, Denial>;

constexpr std::string_view not_valid = "the API key is not valid";
constexpr std::string_view signature_not_valid =
    "the signature is not valid: sign the seven lines of docs/http-api.md with the key named in X-Api-Key";

Denial unauthorized(std::string detail) { return Denial{Denial::Kind::unauthorized, std::move(detail)}; }

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    return text;
}

/// The scheme in any case, and what stands after it.
std::optional<std::string_view> after_bearer(std::string_view authorization) {
    constexpr std::string_view scheme = "bearer ";
    if (authorization.size() < scheme.size()) return std::nullopt;
    for (std::size_t i = 0; i < scheme.size(); ++i) {
        const char c = authorization[i];
        if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != scheme[i]) return std::nullopt;
    }
    return trimmed(authorization.substr(scheme.size()));
}

}  // namespace

KeyRing::KeyRing(std::vector<ApiKey> keys) : keys_(std::move(keys)) {
    std::sort(keys_.begin(), keys_.end(), [](const ApiKey& a, const ApiKey& b) { return a.id < b.id; });
}

const ApiKey* KeyRing::find(std::string_view id) const {
    const auto found =
        std::lower_bound(keys_.begin(), keys_.end(), id,
                         [](const ApiKey& key, std::string_view wanted) { return key.id < wanted; });
    return found != keys_.end() && found->id == id ? &*found : nullptr;
}

Gate::Gate(GateConfig config, std::vector<ApiKey> keys, const Clock& clock)
    : config_(config),
      clock_(clock),
      began_(clock.now()),
      nobodys_digest_(crypto::random_bytes()),
      nobodys_public_key_(crypto::key_pair(crypto::random_bytes()).public_key),
      tickets_(clock),
      keys_(std::make_shared<const KeyRing>(std::move(keys))),
      nonces_(config.nonces) {}

std::shared_ptr<const KeyRing> Gate::keys() const {
    const std::lock_guard lock(mutex_);
    return keys_;
}

bool Gate::replace(std::vector<ApiKey> keys) {
    auto ring = std::make_shared<const KeyRing>(std::move(keys));
    const std::lock_guard lock(mutex_);
    keys_.swap(ring);
    return keys_->all() != ring->all();
}

bool Gate::stands(const std::string& key_id) const {
    const std::shared_ptr<const KeyRing> ring = keys();
    const ApiKey* const key = ring->find(key_id);
    return key != nullptr && key->stands_at(clock_.now());
}

Verdict Gate::admit(const Credentials& shown) {
    const bool is_signed = shown.api_key || shown.timestamp || shown.nonce || shown.signature;
    if (shown.authorization && is_signed)
        return unauthorized("Authorization and a signature came together: send one of them");
    if (shown.authorization) return admit_bearer(*shown.authorization, shown.address);
    if (is_signed) return admit_signed(shown);
    return unauthorized(
        "this server asks for a key: send Authorization: Bearer lx_ID_SECRET, or sign the request "
        "(docs/http-api.md)");
}

Verdict Gate::admit_bearer(std::string_view authorization, std::string_view address) {
    const auto text = after_bearer(authorization);
    if (!text) return unauthorized("Authorization: must be Bearer and a key, such as Bearer lx_ID_SECRET");
    const auto token = BearerToken::parse(*text);
    if (!token) return unauthorized(std::string(not_valid));
    const std::shared_ptr<const KeyRing> ring = keys();
    const ApiKey* const key = ring->find(token->id);
    // The same work for a key that is not there: whether there is one does not show in the time.
    const bool exists = key != nullptr && key->kind == ApiKey::Kind::bearer;
    const bool right = crypto::equal(crypto::sha256(token->secret), exists ? key->proof : nobodys_digest_);
    if (!exists || !right) return unauthorized(std::string(not_valid));
    return admit_holder(*key, address);
}

Verdict Gate::admit_signed(const Credentials& shown) {
    const std::pair<std::string_view, bool> needed[] = {{"X-Api-Key", shown.api_key.has_value()},
                                                        {"X-Timestamp", shown.timestamp.has_value()},
                                                        {"X-Nonce", shown.nonce.has_value()},
                                                        {"X-Signature", shown.signature.has_value()}};
    for (const auto& [name, there] : needed) {
        if (!there)
            return unauthorized(std::string(name) + ": is missing: a signed request has all four headers");
    }
    const SignatureHeaders headers{*shown.api_key, *shown.timestamp, *shown.nonce, *shown.signature};
    if (std::string trouble = headers.describe_trouble(); !trouble.empty())
        return unauthorized(std::move(trouble));
    if (auto denial = judge_time(*headers.time_ms())) return *std::move(denial);

    const std::shared_ptr<const KeyRing> ring = keys();
    const ApiKey* const key = ring->find(headers.key_id);
    const bool exists = key != nullptr && key->kind == ApiKey::Kind::ed25519;
    const SignedRequest request{headers.key_id,    shown.method,  shown.target,
                                headers.timestamp, headers.nonce, shown.body};
    const bool right = verify_request(request, headers.signature, exists ? key->proof : nobodys_public_key_);
    if (!exists || !right) return unauthorized(std::string(signature_not_valid));
    Verdict verdict = admit_holder(*key, shown.address);
    if (std::holds_alternative<Denial>(verdict)) return verdict;
    if (auto denial = use_nonce(*key, headers.nonce)) return *std::move(denial);
    return verdict;
}

Verdict Gate::admit_holder(const ApiKey& key, std::string_view address) const {
    if (key.revoked_at) return unauthorized("this API key was revoked");
    if (!key.stands_at(clock_.now()))
        return unauthorized("this API key expired at " + to_rfc3339(*key.expires_at));
    if (!key.may_come_from(address))
        return Denial{Denial::Kind::forbidden, "this API key may not be used from " + std::string(address)};
    return Caller{key.id, key.account, key.scopes, key.rate_per_minute};
}

Verdict Gate::admit_ticket(std::string_view ticket, std::string_view address) {
    const auto key_id = tickets_.redeem(ticket);
    const std::shared_ptr<const KeyRing> ring = keys();
    const ApiKey* const key = key_id ? ring->find(*key_id) : nullptr;
    if (key == nullptr)
        return unauthorized(
            "the ticket is not valid: each opens one socket, within 30 seconds, on its own node");
    return admit_holder(*key, address);
}

Time Gate::latest_now() {
    const Time now = clock_.now();
    const std::lock_guard lock(nonces_mutex_);
    latest_ = std::max(latest_, now);
    return latest_;
}

std::optional<Denial> Gate::judge_time(std::int64_t sent_ms) {
    using std::chrono::milliseconds;
    const Time sent{milliseconds(sent_ms)};
    const Time now = latest_now();
    const auto off = std::chrono::duration_cast<milliseconds>(sent > now ? sent - now : now - sent);
    if (sent > now + ahead_most) {
        return unauthorized("X-Timestamp: is " + std::to_string(off.count()) +
                            " ms ahead of this server's clock, more than " +
                            std::to_string(ahead_most.count()));
    }
    if (sent < now - config_.window) {
        return unauthorized("X-Timestamp: is " + std::to_string(off.count()) + " ms old, more than " +
                            std::to_string(config_.window.count()) + " (SIGNATURE_WINDOW_MS)");
    }
    // What an earlier run accepted it has forgotten.
    if (sent < std::chrono::floor<milliseconds>(began_))
        return unauthorized("X-Timestamp: is from before the start of this server: sign the request anew");
    return std::nullopt;
}

std::optional<Denial> Gate::use_nonce(const ApiKey& key, std::string_view nonce) {
    latest_now();
    NonceCache::Answer answer = NonceCache::Answer::full;
    {
        const std::lock_guard lock(nonces_mutex_);
        // As long as the oldest clock and the youngest one together make the same request acceptable.
        answer = nonces_.use(key.id, nonce, latest_, latest_ + config_.window + ahead_most);
    }
    switch (answer) {
        case NonceCache::Answer::fresh:
            return std::nullopt;
        case NonceCache::Answer::used:
            return unauthorized("X-Nonce: was used already: sign every request with a new one");
        case NonceCache::Answer::full:
            break;
    }
    return Denial{Denial::Kind::too_many,
                  "more signed requests than this server can remember nonces for: wait for retryAfter"};
}

}  // namespace libexec
