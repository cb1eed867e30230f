// What a request shows to be let in: six lines of text (Authorization, X-Api-Key, X-Timestamp, X-Nonce,
// X-Signature, target), the rest the body. Nobody gets in who holds no key; what is signed is good as it is,
// and no other way.

#include <algorithm>

#include "fuzz/fuzz_target.hpp"
#include "libexec/access/gate.hpp"

using namespace libexec;
using fuzz::require;

namespace {

class StillClock final : public Clock {
public:
    Time now() const override { return Time(std::chrono::milliseconds(1'767'323'045'000)); }
};

const SigningKey& signer() {
    static const SigningKey key =
        SigningKey::parse(
            R"({"id":"k7p2m9qx4abc","secretKey":"nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="})")
            .value();
    return key;
}

std::vector<ApiKey> keys() {
    ApiKey key;
    key.id = signer().id();
    key.name = "n";
    key.account = "a";
    key.scopes.add(Scope::trade);
    ApiKey bearer = key;
    bearer.id = "bearer1";
    give_secret(bearer);
    // Of somebody who is not here: the seed above is in every corpus.
    key.kind = ApiKey::Kind::ed25519;
    key.proof = SigningKey::generate(key.id).public_key();
    return {key, bearer};
}

std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

/// An empty line is a header that is not there.
std::optional<std::string_view> header(std::string_view line) {
    return line.empty() ? std::nullopt : std::optional(line);
}

void check_signing(const Credentials& shown) {
    // Any text without line feeds may stand in a field; the body may be anything.
    SignedRequest request;
    request.method = "POST";
    request.target = shown.target;
    request.timestamp = shown.timestamp.value_or("1767323045000");
    request.nonce = shown.nonce.value_or("n");
    request.body = shown.body;
    const std::string signature = signer().sign(request);
    const ApiKey::Bytes public_key = signer().public_key();
    request.key_id = signer().id();
    require(verify_request(request, signature, public_key), "what was signed is good");
    std::string text = canonical_request(request);
    require(std::count(text.begin(), text.end(), '\n') == 7 && text.ends_with('\n'),
            "seven lines are signed");

    const std::string longer = std::string(shown.body) + "x";
    SignedRequest other = request;
    other.body = longer;
    require(!verify_request(other, signature, public_key), "another body is another request");
    other = request;
    other.method = "PUT";
    require(!verify_request(other, signature, public_key), "another method is another request");
    // What stands at the end of one field must not pass for the beginning of the next.
    const std::string moved = std::string(request.target) + std::string(request.timestamp.substr(0, 1));
    other = request;
    other.target = moved;
    other.timestamp = request.timestamp.substr(std::min<std::size_t>(1, request.timestamp.size()));
    if (!request.timestamp.empty())
        require(!verify_request(other, signature, public_key), "fields do not run into each other");
    if (shown.signature && *shown.signature != signature)
        require(!verify_request(request, *shown.signature, public_key), "a signature is written in one way");
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
    static const StillClock clock;
    static Gate gate({}, keys(), clock);
    std::string_view rest = fuzz::text_of(data, size);
    Credentials shown;
    shown.method = "POST";
    shown.authorization = header(take_line(rest));
    shown.api_key = header(take_line(rest));
    shown.timestamp = header(take_line(rest));
    shown.nonce = header(take_line(rest));
    shown.signature = header(take_line(rest));
    shown.target = take_line(rest);
    shown.body = rest;
    shown.address = shown.target;
    const auto verdict = gate.admit(shown);
    require(std::holds_alternative<Denial>(verdict), "nobody comes in without a key");
    require(!std::get<Denial>(verdict).detail.empty(), "a refusal says why");
    require(std::get<Denial>(verdict).kind == Denial::Kind::unauthorized, "and that it is about the key");

    if (shown.authorization) {
        if (const auto token = BearerToken::parse(*shown.authorization))
            require(token->to_string() == *shown.authorization, "a token reads as it is written");
    }
    const SignatureHeaders headers{shown.api_key.value_or(""), shown.timestamp.value_or(""),
                                   shown.nonce.value_or(""), shown.signature.value_or("")};
    if (headers.describe_trouble().empty())
        require(headers.time_ms().has_value(), "headers without trouble have a time");
    check_signing(shown);
    if (const auto key = SigningKey::parse(rest))
        require(key.value().sign({}).size() == 88, "a private key that reads can sign");
    ApiKey anybody;
    anybody.addresses = {std::string(shown.target)};
    anybody.may_come_from(rest.substr(0, 64));
    return 0;
}
