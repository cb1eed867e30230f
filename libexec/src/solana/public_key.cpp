#include "libexec/solana/public_key.hpp"

namespace libexec {

std::optional<PublicKey> PublicKey::parse(std::string_view base58) {
    const std::optional<Mint> bytes = Mint::parse(base58);
    if (!bytes) return std::nullopt;
    return PublicKey(*bytes);
}

}  // namespace libexec
