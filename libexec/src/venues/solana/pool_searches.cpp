#include "libexec/venues/solana/pool_searches.hpp"

namespace libexec {

void PoolSearches::expect(const PoolFamily& family, const MintPair& pair) {
    standings_.try_emplace(std::pair(&family, pair));
}

void PoolSearches::answered(const PoolFamily& family, const MintPair& pair) {
    Standing standing;
    standing.was_answered = standing.is_answered = true;
    standings_[std::pair(&family, pair)] = standing;
}

void PoolSearches::failed(const PoolFamily& family, const MintPair& pair, const Rejection& why) {
    Standing& standing = standings_[std::pair(&family, pair)];
    standing.is_answered = false;
    if (standing.failures < first_tries) ++standing.failures;
    standing.trouble = why.detail;
}

bool PoolSearches::covers(const PoolFamily& family, const MintPair& pair) const {
    return standings_.contains(std::pair(&family, pair));
}

std::optional<SearchGap> PoolSearches::gap(const PoolFamily& family, const MintPair& pair) const {
    const auto found = standings_.find(std::pair(&family, pair));
    if (found == standings_.end() || found->second.is_answered) return std::nullopt;
    const Standing& standing = found->second;
    SearchGap gap;
    gap.is_first = !standing.was_answered && standing.failures < first_tries;
    gap.why = "pools of " + std::string(family.name()) + " that trade the pair are ";
    gap.why += standing.failures == 0 ? "being looked for" : "not found yet: " + standing.trouble;
    return gap;
}

}  // namespace libexec
