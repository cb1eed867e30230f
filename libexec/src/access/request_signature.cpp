#include "libexec/access/request_signature.hpp"

#include <algorithm>
#include <charconv>

#include "crypto.hpp"
#include "libexec/json/value.hpp"
#include "private_file.hpp"

namespace libexec {
namespace {

constexpr std::size_t nonce_most = 64;
constexpr std::size_t id_most = 32;

bool is_visible(std::string_view text, std::size_t size_most) {
    return !text.empty() && text.size() <= size_most &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

Rejection trouble(const std::string& what) { return reject(Reason::invalid_parameter, what); }

}  // namespace

std::string canonical_request(const SignedRequest& request) {
    const ApiKey::Bytes digest = crypto::sha256(request.body);
    std::string text = "libexec-request-v1\n";
    for (const std::string_view line :
         {request.key_id, request.method, request.target, request.timestamp, request.nonce}) {
        text += line;
        text += '\n';
    }
    return text + crypto::to_hex(digest.data(), digest.size()) + "\n";
}

std::optional<std::int64_t> SignatureHeaders::time_ms() const {
    constexpr std::size_t digits_most = 15;
    std::int64_t ms = 0;
    const char* const end = timestamp.data() + timestamp.size();
    const auto [stop, error] = std::from_chars(timestamp.data(), end, ms);
    if (timestamp.empty() || timestamp.size() > digits_most || error != std::errc{} || stop != end ||
        ms < 0 || timestamp.front() == '-') {
        return std::nullopt;
    }
    return ms;
}

std::string SignatureHeaders::describe_trouble() const {
    if (!is_visible(key_id, id_most)) return "X-Api-Key: must be the id of a key";
    if (!time_ms()) return "X-Timestamp: must be milliseconds since 1970, such as 1767323045000";
    if (!is_visible(nonce, nonce_most)) return "X-Nonce: must be 1 to 64 visible ASCII characters";
    crypto::Signature bytes{};
    if (!crypto::from_base64(signature, bytes.data(), bytes.size()))
        return "X-Signature: must be the base64 of 64 bytes, with its padding";
    return {};
}

bool verify_request(const SignedRequest& request, std::string_view signature,
                    const ApiKey::Bytes& public_key) {
    crypto::Signature bytes{};
    if (!crypto::from_base64(signature, bytes.data(), bytes.size())) return false;
    return crypto::verify(canonical_request(request), bytes, public_key);
}

SigningKey SigningKey::generate(std::string id) { return {std::move(id), crypto::random_bytes()}; }

Result<SigningKey> SigningKey::load(const std::string& path) {
    constexpr std::size_t bytes_most = 4'096;
    const Result<std::string> text = read_private_file(path, bytes_most);
    if (!text) return text.error();
    Result<SigningKey> key = parse(text.value());
    if (!key) return trouble("'" + path + "' " + key.error().detail);
    return key;
}

Result<SigningKey> SigningKey::parse(std::string_view text) {
    const Result<JsonValue> parsed = JsonValue::parse(text);
    const char* const shape = "must be a JSON object with id and secretKey, as execctl keys create writes it";
    if (!parsed || !parsed.value().is_object() || parsed.value().names().size() != 2) return trouble(shape);
    const std::string id = parsed.value()["id"].text();
    ApiKey::Bytes seed{};
    if (!is_visible(id, id_most) ||
        !crypto::from_base64(parsed.value()["secretKey"].text(), seed.data(), seed.size())) {
        return trouble(shape);
    }
    return SigningKey(id, seed);
}

Result<Done> SigningKey::save(const std::string& path) const {
    return write_private_file(
        path, "{\"id\":" + to_json_string(id_) +
                  ",\"secretKey\":" + to_json_string(crypto::to_base64(seed_.data(), seed_.size())) + "}\n");
}

ApiKey::Bytes SigningKey::public_key() const { return crypto::key_pair(seed_).public_key; }

std::string SigningKey::sign(SignedRequest request) const {
    request.key_id = id_;
    const crypto::Signature signature = crypto::sign(canonical_request(request), crypto::key_pair(seed_));
    return crypto::to_base64(signature.data(), signature.size());
}

std::string new_nonce() {
    constexpr std::size_t size = 16;
    const ApiKey::Bytes random = crypto::random_bytes();
    return crypto::to_hex(random.data(), size);
}

}  // namespace libexec
