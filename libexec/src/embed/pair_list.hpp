#pragma once

#include <string>
#include <utility>
#include <vector>

#include "libexec/model/token.hpp"
#include "libexec/venues/solana/pool_finder.hpp"

namespace libexec {

// Pairs of tokens in a setting: `SOL/USDC,SOL/USDT`. Both throw std::runtime_error naming setting, rule and
// fix.

/// The words of each pair, symbols or mints. None of an empty text.
std::vector<std::pair<std::string, std::string>> split_pairs(const std::string& text);

/// Their mints. A pair may stand there once, whichever way round.
std::vector<MintPair> read_pairs(const std::string& text, const TokenRegistry& tokens);

}  // namespace libexec
