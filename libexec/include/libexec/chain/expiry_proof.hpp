#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "libexec/base/result.hpp"
#include "libexec/base/task.hpp"
#include "libexec/chain/chain.hpp"

namespace libexec {

/// Where a node says the finalized chain stands. A height is always below the absolute slot it belongs to,
/// because some slots have no block.
struct NodeHeight {
    std::uint64_t slot = 0;
    std::uint64_t height = 0;
};

/// What a node says of a signature, its history included.
struct NodeStatus {
    bool found = false;
    std::uint64_t context_slot = 0;  ///< the absolute slot the answer speaks of
};

/// One node of the network. Errors are the network's troubles, never a verdict. Each call has a timeout of
/// its own.
class ChainNode {
public:
    virtual ~ChainNode() = default;
    /// What the evidence calls it.
    virtual std::string_view name() const = 0;
    /// The newest final block it knows, with the slot it stands in.
    virtual Task<Result<NodeHeight>> finalized() = 0;
    /// `min_context_slot` is a request; a node may ignore it, so the answer's own context slot counts.
    virtual Task<Result<NodeStatus>> status(std::string signature, std::uint64_t min_context_slot) = 0;
};

/// No proof, and why: `found_by` names the node that has the transaction, when one does.
struct NotProven {
    std::string why;
    std::string found_by;
};

using ExpiryVerdict = std::variant<ProvablyDead, NotProven>;

/// Tries to prove that `signature` can never land any more. The order is the proof: while a height is not yet
/// final the transaction may still land, so a status read before it says nothing.
///
/// 1. Every node is asked for its finalized height. A node whose height is not below its slot confuses the
///    two and is not believed. At least `witnesses_least` must be left, and the lowest height must be beyond
///    `last_valid_height`.
/// 2. Only then every node is asked for the signature. Each node of step 1 must answer "unknown", speaking of
///    a slot not below the one it reported itself. One node that has the transaction, believed in step 1 or
///    not, ends the proof.
///
/// Fewer than two witnesses prove nothing that another transaction may be signed upon.
Task<ExpiryVerdict> prove_expiry(std::vector<std::shared_ptr<ChainNode>> nodes, std::string signature,
                                 std::uint64_t last_valid_height, std::size_t witnesses_least = 2);

}  // namespace libexec
