#include "libexec/solana/address.hpp"

#include <sodium.h>

#include <cstring>
#include <string_view>
#include <unordered_map>

#include "libexec/solana/well_known.hpp"
#include "sodium_start.hpp"

namespace libexec {
namespace {

constexpr std::size_t seeds_most = 15;  // the bump is the sixteenth
constexpr std::size_t seed_size_most = 32;
constexpr std::string_view marker = "ProgramDerivedAddress";

/// Addresses that were found before. Finding one takes 20 µs or more, and a quote asks for the same dozen
/// again and again. Each thread has its own; what would be too much is forgotten, all at once.
class FoundAddresses {
public:
    const DerivedAddress* of(const PublicKey& question) const {
        const auto found = found_.find(question);
        return found == found_.end() ? nullptr : &found->second;
    }
    void keep(const PublicKey& question, const DerivedAddress& answer) {
        constexpr std::size_t most = 8'192;
        if (found_.size() >= most) found_.clear();
        found_.emplace(question, answer);
    }

private:
    /// A digest is as good as random already.
    struct FirstBytes {
        std::size_t operator()(const PublicKey& digest) const {
            std::size_t hash = 0;
            std::memcpy(&hash, digest.bytes().data(), sizeof hash);
            return hash;
        }
    };
    std::unordered_map<PublicKey, DerivedAddress, FirstBytes> found_;
};

/// Which bytes an address is derived from. Seeds that are cut elsewhere give the same address on the chain,
/// too.
PublicKey question_of(crypto_hash_sha256_state seeds, const PublicKey& program) {
    crypto_hash_sha256_update(&seeds, program.bytes().data(), program.bytes().size());
    PublicKey::Bytes digest{};
    crypto_hash_sha256_final(&seeds, digest.data());
    return PublicKey(digest);
}

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
    thread_local FoundAddresses found;
    const PublicKey question = question_of(start, program);
    if (const DerivedAddress* known = found.of(question)) return *known;
    // The chain never tries 0.
    for (std::uint8_t bump = 255; bump > 0; --bump) {
        crypto_hash_sha256_state state = start;
        crypto_hash_sha256_update(&state, &bump, 1);
        crypto_hash_sha256_update(&state, program.bytes().data(), program.bytes().size());
        crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(marker.data()),
                                  marker.size());
        PublicKey::Bytes digest{};
        crypto_hash_sha256_final(&state, digest.data());
        if (is_on_curve(PublicKey(digest))) continue;
        const DerivedAddress answer{PublicKey(digest), bump};
        found.keep(question, answer);
        return answer;
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
