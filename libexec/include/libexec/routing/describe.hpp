#pragma once

#include <string>

#include "libexec/model/routing_decision.hpp"

namespace libexec {

/// A decision in one line for people, amounts after all costs in units of the ranked token:
/// "meteora 1503.087800 best by 22.7 bps over raydium 1499.687400; orca: no answer within 1000 ms".
std::string describe(const RoutingDecision& decision);

/// How far `quote` lies behind `best`, in basis points of the former with one decimal, rounded to the
/// nearest: "22.7 bps". Nothing is behind by more than "all of it": an output that its costs eat up.
std::string gap_text(const Quote& quote, const Quote& best, SwapMode mode);

}  // namespace libexec
