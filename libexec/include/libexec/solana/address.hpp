#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "libexec/model/attempt.hpp"
#include "libexec/solana/public_key.hpp"

namespace libexec {

/// A program derived address and the byte that pushed it off the curve.
struct DerivedAddress {
    PublicKey key;
    std::uint8_t bump = 0;
};

/// The address a program derives from `seeds` with the highest bump that gives one, as the chain does.
/// Nothing when no bump does, or for more than 15 seeds or a seed above 32 bytes.
std::optional<DerivedAddress> derive_address(const std::vector<Bytes>& seeds, const PublicKey& program);

/// Whether the bytes are a point of ed25519, so that somebody may have the secret key to it.
bool is_on_curve(const PublicKey& key);

/// Where the wallet of `owner` keeps its tokens of `mint`, which `token_program` runs.
PublicKey associated_token_address(const PublicKey& owner, const PublicKey& token_program,
                                   const PublicKey& mint);

}  // namespace libexec
