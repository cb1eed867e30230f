#include "keyed_wire.hpp"

#include <chrono>
#include <utility>

#include "libexec/access/request_signature.hpp"
#include "trouble.hpp"

namespace libexec::cli {
namespace {

/// The path with its query, as it is asked for: the signature covers it.
std::string_view target_of(std::string_view url) {
    const std::size_t host = url.find("://") == std::string_view::npos ? 0 : url.find("://") + 3;
    const std::size_t path = url.find('/', host);
    return path == std::string_view::npos ? std::string_view("/") : url.substr(path);
}

class BearerWire final : public Wire {
public:
    BearerWire(Wire& wire, std::string key)
        : wire_(wire), header_("Authorization: Bearer " + std::move(key)) {}

    HttpOutcome exchange(const HttpCall& call, HttpSink* sink) override {
        HttpCall keyed = call;
        keyed.headers.push_back(header_);
        return wire_.exchange(keyed, sink);
    }
    bool pause(std::chrono::milliseconds time) override { return wire_.pause(time); }
    std::chrono::steady_clock::time_point now() const override { return wire_.now(); }

private:
    Wire& wire_;
    const std::string header_;
};

/// Signs each try anew: a repetition of a request is a request of its own.
class SigningWire final : public Wire {
public:
    SigningWire(Wire& wire, SigningKey key, const Clock& clock)
        : wire_(wire), key_(std::move(key)), clock_(clock) {}

    HttpOutcome exchange(const HttpCall& call, HttpSink* sink) override {
        const auto since = clock_.now().time_since_epoch();
        const std::string timestamp =
            std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
        const std::string nonce = new_nonce();
        SignedRequest request;
        request.method = call.method;
        request.target = target_of(call.url);
        request.timestamp = timestamp;
        request.nonce = nonce;
        request.body = call.body;
        HttpCall keyed = call;
        keyed.headers.push_back("X-Api-Key: " + key_.id());
        keyed.headers.push_back("X-Timestamp: " + timestamp);
        keyed.headers.push_back("X-Nonce: " + nonce);
        keyed.headers.push_back("X-Signature: " + key_.sign(request));
        return wire_.exchange(keyed, sink);
    }
    bool pause(std::chrono::milliseconds time) override { return wire_.pause(time); }
    std::chrono::steady_clock::time_point now() const override { return wire_.now(); }

private:
    Wire& wire_;
    const SigningKey key_;
    const Clock& clock_;
};

}  // namespace

std::unique_ptr<Wire> make_keyed_wire(Wire& wire, const Options& options, const Clock& clock) {
    if (!options.api_key.empty()) return std::make_unique<BearerWire>(wire, options.api_key);
    if (options.sign_key.empty()) return nullptr;
    Result<SigningKey> key = SigningKey::load(options.sign_key);
    if (!key) {
        throw Trouble(usage_complaint("the signing key " + key.error().detail,
                                      "execctl keys create --generate-ed25519 FILE writes such a file"));
    }
    return std::make_unique<SigningWire>(wire, std::move(key).value(), clock);
}

}  // namespace libexec::cli
