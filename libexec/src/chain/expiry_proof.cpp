#include "libexec/chain/expiry_proof.hpp"

#include <algorithm>
#include <optional>

#include "libexec/base/safeguard.hpp"

namespace libexec {
namespace {

std::size_t needed(std::size_t witnesses_least) { return LIBEXEC_SAFEGUARD(two_nodes) ? witnesses_least : 1; }

/// One node and what it said of the height; empty when it is not believed.
struct Witness {
    std::shared_ptr<ChainNode> node;
    std::optional<NodeHeight> height;
};

NotProven not_proven(std::string why) {
    NotProven answer;
    answer.why = std::move(why);
    return answer;
}

NotProven found_by(const ChainNode& node) {
    NotProven answer;
    answer.found_by = std::string(node.name());
    answer.why = answer.found_by + " has the transaction";
    return answer;
}

/// What a proof without its order would look at.
Task<bool> known_to_any(std::vector<std::shared_ptr<ChainNode>> nodes, std::string signature) {
    for (const auto& node : nodes) {
        const Result<NodeStatus> said = co_await node->status(signature, 0);
        if (said && said.value().found) co_return true;
    }
    co_return false;
}

Task<std::vector<Witness>> ask_heights(std::vector<std::shared_ptr<ChainNode>> nodes) {
    std::vector<Witness> witnesses;
    for (auto& node : nodes) {
        const Result<NodeHeight> said = co_await node->finalized();
        Witness witness;
        witness.node = std::move(node);
        if (said && said.value().height < said.value().slot) witness.height = said.value();
        witnesses.push_back(std::move(witness));
    }
    co_return witnesses;
}

/// Why the heights prove nothing, or nothing when they do.
std::optional<std::string> too_low(const std::vector<Witness>& witnesses, std::uint64_t last_valid_height,
                                   std::size_t witnesses_least) {
    std::size_t believed = 0;
    std::uint64_t lowest = UINT64_MAX;
    for (const Witness& witness : witnesses) {
        if (!witness.height) continue;
        ++believed;
        lowest = std::min(lowest, witness.height->height);
    }
    if (believed < needed(witnesses_least)) {
        return "only " + std::to_string(believed) + " of " + std::to_string(witnesses.size()) +
               " nodes reported a believable height";
    }
    if (lowest <= last_valid_height) {
        return "the lowest finalized height is " + std::to_string(lowest) + ", not beyond " +
               std::to_string(last_valid_height);
    }
    return std::nullopt;
}

}  // namespace

Task<ExpiryVerdict> prove_expiry(std::vector<std::shared_ptr<ChainNode>> nodes, std::string signature,
                                 std::uint64_t last_valid_height, std::size_t witnesses_least) {
    if (!LIBEXEC_SAFEGUARD(height_before_status)) {
        const bool seen = co_await known_to_any(nodes, signature);
        if (seen) co_return not_proven("a node has the transaction");
    }
    const std::vector<Witness> witnesses = co_await ask_heights(std::move(nodes));
    if (auto why = too_low(witnesses, last_valid_height, witnesses_least))
        co_return not_proven(std::move(*why));

    ProvablyDead dead;
    dead.evidence =
        "finalized heights beyond " + std::to_string(last_valid_height) + ", then unknown to each:";
    std::string doubt;
    for (const Witness& witness : witnesses) {
        const std::uint64_t slot = witness.height ? witness.height->slot : 0;
        if (!LIBEXEC_SAFEGUARD(height_before_status)) continue;
        const Result<NodeStatus> said = co_await witness.node->status(signature, slot);
        if (said && said.value().found) co_return found_by(*witness.node);
        if (!witness.height) continue;
        const std::string name(witness.node->name());
        if (!said) {
            doubt = name + " did not answer for the signature: " + said.error().detail;
        } else if (said.value().context_slot < slot) {
            doubt = name + " answered for slot " + std::to_string(said.value().context_slot) +
                    ", before its own " + std::to_string(slot);
        } else {
            dead.evidence += " " + name + " height " + std::to_string(witness.height->height) + " at slot " +
                             std::to_string(slot) + ", status at slot " +
                             std::to_string(said.value().context_slot) + ";";
        }
    }
    if (!doubt.empty()) co_return not_proven(std::move(doubt));
    dead.evidence.pop_back();
    co_return dead;
}

}  // namespace libexec
