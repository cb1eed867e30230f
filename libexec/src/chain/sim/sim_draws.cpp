#include "sim_draws.hpp"

#include <algorithm>
#include <string_view>

#include "libexec/base/random.hpp"

namespace libexec {
namespace {

using Fate = SimJournalLine::Fate;

constexpr std::uint64_t ppm = 1'000'000;

Random chance_of(std::string_view purpose, const SwapPlan& plan, std::uint64_t seed) {
    const std::uint64_t order = derive_seed(derive_seed(seed, purpose), plan.chance_key);
    return Random(derive_seed(derive_seed(order, plan.attempt), plan.quote.venue));
}

/// `amount` moved by a share of itself; never nothing, never out of range.
Amount drifted(Amount amount, std::int64_t drift_ppm) {
    const Wide factor = static_cast<std::uint64_t>(static_cast<std::int64_t>(ppm) + drift_ppm);
    const Wide moved = Wide(amount.base_units()) * factor / ppm;
    return Amount(static_cast<std::uint64_t>(std::clamp<Wide>(moved, 1, Amount::most)));
}

}  // namespace

SimDraw draw_outcome(const SwapPlan& plan, std::uint64_t seed, std::uint32_t failure_rate_ppm,
                     std::uint32_t drift_bps) {
    SimDraw draw;
    const std::uint64_t trouble = chance_of("fate", plan, seed).below(ppm * 10);
    const std::uint64_t rate = failure_rate_ppm;
    if (trouble < rate * 4) {
        draw.fate = Fate::drops;
    } else if (trouble < rate * 8) {
        draw.fate = Fate::busy;
    } else {
        draw.late = trouble < rate * 10;
    }

    // Rounded up to a whole slot later, so that finality comes within 2 to 3 seconds.
    Random pace = chance_of("pace", plan, seed);
    draw.final_after_us = 2'000'000 + pace.below(600'001);
    draw.blocks_to_spare = pace.below(3);
    draw.final_at = static_cast<std::uint8_t>(1 + pace.below(3));

    const std::uint64_t drift_max = std::min<std::uint64_t>(drift_bps, Bps::whole - 1) * 100;
    const auto drift = static_cast<std::int64_t>(chance_of("drift", plan, seed).below(2 * drift_max + 1)) -
                       static_cast<std::int64_t>(drift_max);
    const bool exact_in = plan.mode == SwapMode::exact_in;
    draw.executed_in = exact_in ? plan.quote.amount_in : drifted(plan.quote.amount_in, drift);
    draw.executed_out = exact_in ? drifted(plan.quote.amount_out, drift) : plan.quote.amount_out;
    draw.within_limit = exact_in ? draw.executed_out >= plan.limit : draw.executed_in <= plan.limit;
    return draw;
}

}  // namespace libexec
