#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "libexec/model/mint.hpp"
#include "libexec/solana/key_pair.hpp"
#include "libexec/venues/solana/swap_costs.hpp"
#include "libexec/venues/venue.hpp"

namespace libexec {

/// One way in which a counterparty trades: for `per_in` base units of one token it pays `pays_out` of
/// another.
struct FixedRatio {
    Mint mint_in;
    Mint mint_out;
    std::uint64_t per_in = 1;
    std::uint64_t pays_out = 1;
};

/// The venue `transfer`: a counterparty that sells out of its own token accounts, as a market maker does who
/// was asked for a price. The transaction is one transfer from the wallet to it and one back, and both sign;
/// the counterparty's signature comes with the message. What the wallet gets is rounded down, what it gives
/// up. Tokens that take a fee of a transfer are refused. Throws std::invalid_argument for a ratio with a 0,
/// or of a token to itself.
std::shared_ptr<Venue> make_transfer_venue(std::vector<FixedRatio> ratios,
                                           std::shared_ptr<const KeyPair> counterparty,
                                           SolanaVenueParts parts);

}  // namespace libexec
