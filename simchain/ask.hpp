#pragma once

#include "libexec/chain/sim/chain_wire.hpp"

namespace libexec::simchain {

/// Asks a running chain one thing and waits for the answer. Blocks, for a few seconds at most.
/// Errors: what the chain answers; service_unavailable when it cannot be reached or understood.
Result<ChainReply> ask(const ChainAddress& address, const ChainCall& call);

}  // namespace libexec::simchain
