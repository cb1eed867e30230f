#pragma once

#include <array>
#include <cstdint>

#include "libexec/chain/chain.hpp"

namespace libexec {

/// SIMULATION ONLY: 64 bytes mixed from the message. Anyone can make them; they tell messages apart and
/// protect nothing.
std::array<std::uint8_t, 64> sim_signature(const std::uint8_t* message, std::size_t size_bytes);

/// Signs for the simulated chain: the same message always gets the same signature, and the signed bytes are
/// the 64 bytes of the signature with the message after them. Holds no key.
class SimSigner final : public Signer {
public:
    Task<Result<SignedTransaction>> sign(UnsignedTransaction transaction, SwapTerms terms) override;
};

}  // namespace libexec
