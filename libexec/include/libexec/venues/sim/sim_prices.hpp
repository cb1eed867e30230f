#pragma once

#include <cstdint>

#include "libexec/model/token.hpp"

namespace libexec {

/// What one whole token costs in the simulated world.
/// Unit:   millionths of a US dollar, above zero.
/// A token outside the table has a price derived from its mint, between 0.01 and 10 dollars: unknown, but
/// always the same.
std::uint64_t sim_price_micro_usd(const Token& token);

}  // namespace libexec
