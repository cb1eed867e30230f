#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libexec/access/api_key.hpp"

namespace libexec {

/// What of a request its signature covers; views of what came, or will go, over the wire.
struct SignedRequest {
    std::string_view key_id;     ///< X-Api-Key
    std::string_view method;     ///< POST
    std::string_view target;     ///< path with query: /api/orders?limit=5
    std::string_view timestamp;  ///< X-Timestamp: milliseconds since 1970
    std::string_view nonce;      ///< X-Nonce: 1 to 64 visible characters
    std::string_view body;       ///< empty when there is none
};

/// What is signed: seven lines, each ended by a line feed:
/// "libexec-request-v1", key id, method, target, timestamp, nonce, SHA-256 of the body in lower-case
/// hexadecimal. The first line keeps a signature made for anything else from being one of a request.
std::string canonical_request(const SignedRequest& request);

/// The four headers of a signature, as they came.
struct SignatureHeaders {
    std::string_view key_id;
    std::string_view timestamp;
    std::string_view nonce;
    std::string_view signature;  ///< base64 of 64 bytes

    /// What is wrong with how they are written, as "X-Nonce: must ..."; empty when nothing is.
    std::string describe_trouble() const;
    /// Milliseconds since 1970. Nothing when it is not written so.
    std::optional<std::int64_t> time_ms() const;
};

/// Whether `signature`, in base64, is the holder's of `public_key` over the request. Source: RFC 8032
/// (Ed25519).
bool verify_request(const SignedRequest& request, std::string_view signature,
                    const ApiKey::Bytes& public_key);

/// What a client signs with: an id and the private half of its key.
/// Shape:  a file of one JSON object, `{"id":...,"secretKey":...}`, the second the base64 of the 32 byte
/// seed.
class SigningKey {
public:
    /// A new pair, drawn from the system.
    static SigningKey generate(std::string id);
    /// Errors: `invalid_parameter`: not there, readable by others, or not such a file.
    static Result<SigningKey> load(const std::string& path);
    /// The same from the file's text. Errors: `invalid_parameter`.
    static Result<SigningKey> parse(std::string_view text);
    /// Writes a new file that only its owner may read. Errors: `invalid_parameter`: it is there, or cannot be
    /// made.
    Result<Done> save(const std::string& path) const;

    /// The id of the key it signs for.
    const std::string& id() const { return id_; }
    /// The half that the key file keeps.
    ApiKey::Bytes public_key() const;
    /// The base64 of the signature; `request.key_id` is this key's, whatever it says.
    std::string sign(SignedRequest request) const;

private:
    SigningKey(std::string id, const ApiKey::Bytes& seed) : id_(std::move(id)), seed_(seed) {}
    std::string id_;
    ApiKey::Bytes seed_{};
};

/// 128 random bits in hexadecimal, for X-Nonce.
std::string new_nonce();

}  // namespace libexec
