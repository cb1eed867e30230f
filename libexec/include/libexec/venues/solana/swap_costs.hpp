#pragma once

#include <cstdint>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/solana/chain_reader.hpp"
#include "libexec/telemetry/log.hpp"
#include "libexec/venues/solana/priority_fees.hpp"

namespace libexec {

/// What the chain takes for each signature, in lamports.
inline constexpr std::uint64_t signature_lamports = 5'000;

/// What a transaction pays a block builder beside the chain's fees.
struct TipCosts {
    std::uint64_t lamports = 0;       ///< of each transaction; 0: none
    std::vector<PublicKey> accounts;  ///< one of them is paid; at least one when there is a tip
};

/// How transactions are made and checked.
struct SwapCosts {
    PriorityFees priority;
    TipCosts tip;
    std::uint32_t units_expected = 150'000;  ///< of compute; what a quote counts with
    std::uint32_t units_most = 1'400'000;    ///< of compute; what a simulation may use, the chain's own limit
    std::uint32_t checks_most =
        3;  ///< simulations of one transaction while the pool moves under it; at least 1
};

/// What every venue on the chain works with; all of it outlives the venue.
struct SolanaVenueParts {
    ChainReader& reader;
    const Clock& clock;
    PublicKey wallet;  ///< whose tokens are traded; signs and pays
    SwapCosts costs;
    Log* log = nullptr;
};

}  // namespace libexec
