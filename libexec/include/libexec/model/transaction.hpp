#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libexec/model/attempt.hpp"
#include "libexec/model/quote.hpp"

namespace libexec {

/// What a transaction hangs on: without a recent blockhash it never lands, and beyond the height it no longer
/// can.
struct Anchor {
    std::string blockhash;
    std::uint64_t last_valid_height = 0;
    std::uint64_t slot = 0;
};

/// What a venue is asked to build. The limit inside is what the chain enforces.
struct SwapPlan {
    OrderId order;
    std::uint32_t attempt = 1;
    std::uint64_t chance_key = 0;  ///< see QuoteRequest
    Token token_in;
    Token token_out;
    SwapMode mode = SwapMode::exact_in;
    Quote quote;
    Amount limit;  ///< least output (exact_in) or most input (exact_out)
    /// What the trader puts up with. A venue that looks again before it builds, and sees more to be had than
    /// was quoted, does not let it go for less than so much of it. Nothing: the limit is enough.
    std::optional<Bps> slippage;
    bool wraps_sol = false;
    bool unwraps_sol = false;
};

/// What an order allows a transaction to do. A signer that reads transactions signs nothing that goes beyond.
/// Unit:   base units.
struct SwapTerms {
    OrderId order;
    std::uint32_t attempt = 1;
    Mint mint_in;
    Mint mint_out;
    Amount most_in;    ///< may leave the wallet; fees of the chain and rent come on top
    Amount least_out;  ///< has to arrive in it
    bool wraps_sol = false;
    bool unwraps_sol = false;
};

/// What a plan allows.
SwapTerms terms_of(const SwapPlan& plan);

/// A signature that a venue's own key has put under a message.
struct CoSignature {
    std::array<std::uint8_t, 32> signer{};
    std::array<std::uint8_t, 64> signature{};
};

/// A message ready to sign. Showing it to a node commits nobody.
struct UnsignedTransaction {
    Bytes message;
    std::vector<CoSignature> cosigned = {};  ///< of every signer but the wallet; mostly none
};

/// A bearer instrument: whoever has the bytes can send them.
struct SignedTransaction {
    std::string signature;  ///< base58
    Bytes bytes;
};

}  // namespace libexec
