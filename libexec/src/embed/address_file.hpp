#pragma once

#include <string>
#include <vector>

#include "libexec/solana/public_key.hpp"
#include "libexec/venues/solana/transfer_venue.hpp"

namespace libexec {

// Lists in files: one entry a line, words with blanks between, blank lines and what follows a # left out.
// Each throws std::runtime_error naming file, line, rule and fix.

/// Addresses of pools. An address may stand there once.
std::vector<PublicKey> read_pools_file(const std::string& path);

/// What a counterparty trades.
struct TransferBook {
    std::string keypair_file;
    std::vector<FixedRatio> ratios;
};

/// `counterparty KEYPAIR_FILE` once, then lines of `MINT_IN PER_IN MINT_OUT PAYS_OUT`: for so many base units
/// of one, so many of the other.
TransferBook read_transfer_file(const std::string& path);

}  // namespace libexec
