#include "libexec/solana/address.hpp"

#include <sodium.h>

#include <string_view>

#include "libexec/solana/well_known.hpp"
#include "sodium_start.hpp"

namespace libexec {
namespace {

constexpr std::size_t seeds_most = 15;  // the bump is the sixteenth
constexpr std::size_t seed_size_most = 32;
constexpr std::string_view marker = "ProgramDerivedAddress";

Bytes bytes_of(const PublicKey& key) { return Bytes(key.bytes().begin(), key.bytes().end()); }

}  // namespace

std::optional<DerivedAddress> derive_address(const std::vector<Bytes>& seeds, const PublicKey& program) {
    start_sodium();
    if (seeds.size() > seeds_most) return std::nullopt;
    crypto_hash_sha256_state start;
    crypto_hash_sha256_init(&start);
    for (const Bytes& seed : seeds) {
        if (seed.size() > seed_size_most) return std::nullopt;
        crypto_hash_sha256_update(&start, seed.data(), seed.size());
    }
    // The chain never tries 0.
    for (std::uint8_t bump = 255; bump > 0; --bump) {
        crypto_hash_sha256_state state = start;
        crypto_hash_sha256_update(&state, &bump, 1);
        crypto_hash_sha256_update(&state, program.bytes().data(), program.bytes().size());
        crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(marker.data()),
                                  marker.size());
        PublicKey::Bytes digest{};
        crypto_hash_sha256_final(&state, digest.data());
        if (!is_on_curve(PublicKey(digest))) return DerivedAddress{PublicKey(digest), bump};
    }
    return std::nullopt;
}

bool is_on_curve(const PublicKey& key) {
    // What decodes to a point at all, as the chain asks. libsodium's own question, is_valid_point, is
    // another: it refuses points of small order and those outside the prime subgroup, which no program may
    // own either. Adding asks only what its arguments decode to.
    start_sodium();
    constexpr PublicKey::Bytes identity{1};
    PublicKey::Bytes sum{};
    return crypto_core_ed25519_add(sum.data(), key.bytes().data(), identity.data()) == 0;
}

PublicKey associated_token_address(const PublicKey& owner, const PublicKey& token_program,
                                   const PublicKey& mint) {
    // 255 draws that all meet the curve are beyond chance; value() throws if ever they do.
    return derive_address({bytes_of(owner), bytes_of(token_program), bytes_of(mint)},
                          well_known::associated_token_program)
        .value()
        .key;
}

}  // namespace libexec
