#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "libexec/base/result.hpp"
#include "libexec/solana/public_key.hpp"

namespace libexec {

/// What a transaction is known by on the chain, when it is its first; base58 in words.
using Signature = std::array<std::uint8_t, 64>;

/// The secret that signs for one wallet.
/// Shape:  moves, never copies. The secret lies in pages of its own that are not swapped out, not dumped and
/// wiped at
///         the end; nothing prints it.
/// Errors: throws std::runtime_error when the system lends no such pages (see `ulimit -l`).
class KeyPair {
public:
    /// The pair of a seed. The caller wipes his copy of it.
    static KeyPair from_seed(std::span<const std::uint8_t, 32> seed);

    /// The wallet.
    const PublicKey& public_key() const { return public_key_; }
    /// The signature of exactly these bytes; the same whenever it is asked.
    Signature sign(std::span<const std::uint8_t> message) const;

private:
    struct Wipe {
        void operator()(std::uint8_t* secret) const;
    };
    using Secret = std::unique_ptr<std::uint8_t[], Wipe>;

    KeyPair(PublicKey public_key, Secret secret) : public_key_(public_key), secret_(std::move(secret)) {}

    PublicKey public_key_;
    Secret secret_;
};

/// The pair in a file as solana-keygen writes it: a JSON array of 64 numbers, the seed and then the public
/// key. Errors: invalid_parameter, naming the file and the fix and never a number in it: cannot be read, is
/// not ours, can be reached by others, is not such an array, or its two halves do not belong together.
Result<KeyPair> read_key_pair_file(const std::string& path);

/// Whether `signer` signed exactly these bytes.
bool is_signed_by(const PublicKey& signer, std::span<const std::uint8_t> message, const Signature& signature);

}  // namespace libexec
