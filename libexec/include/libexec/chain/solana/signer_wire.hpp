#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "libexec/base/result.hpp"
#include "libexec/model/transaction.hpp"
#include "libexec/solana/public_key.hpp"

// What a signer process and its clients say to each other: frames of four bytes of length, the highest first,
// and so much JSON; each request is answered by one frame.
namespace libexec {

/// What is in a frame has at most so many bytes.
inline constexpr std::size_t signer_frame_bytes_max = 16'384;
/// Of the words in the frames. A signer refuses another one.
inline constexpr std::uint64_t signer_wire_version = 1;

/// The length in front of a frame.
using SignerFrameHead = std::array<std::uint8_t, 4>;

/// `body` with its length in front. Throws std::length_error for what no frame holds.
std::string to_signer_frame(std::string_view body);
/// How many bytes follow. Errors: invalid_body for none and for more than a frame may have.
Result<std::size_t> signer_frame_size(const SignerFrameHead& head);

/// What a client asks.
enum class SignerOp : std::uint8_t { public_key, sign };

/// One question.
struct SignerRequest {
    /// Which one.
    explicit SignerRequest(SignerOp asked) : op(asked) {}

    SignerOp op;                      ///< which of them
    UnsignedTransaction transaction;  ///< to be signed
    SwapTerms terms;                  ///< what it may do at the most
};

/// One answer: exactly one of the three is there.
struct SignerAnswer {
    /// Nothing yet.
    SignerAnswer() = default;

    std::optional<PublicKey> wallet;               ///< whom it signs for
    std::optional<SignedTransaction> transaction;  ///< what was signed
    std::optional<Rejection> error;                ///< why nothing was
};

/// The JSON of a request.
std::string encode_signer_request(const SignerRequest& request);
/// Errors: invalid_body, naming the field and its rule.
Result<SignerRequest> decode_signer_request(std::string_view body);

/// The JSON of an answer.
std::string encode_signer_answer(const SignerAnswer& answer);
/// Errors: invalid_body, naming the field and its rule.
Result<SignerAnswer> decode_signer_answer(std::string_view body);

}  // namespace libexec
