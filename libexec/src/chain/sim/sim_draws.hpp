#pragma once

#include <cstdint>

#include "libexec/chain/sim/sim_journal.hpp"
#include "libexec/model/sim_message.hpp"

namespace libexec {

/// What chance has decided about one attempt, before anything is checked.
struct SimDraw {
    SimJournalLine::Fate fate = SimJournalLine::Fate::lands;  ///< lands, busy or drops
    bool late = false;
    std::uint64_t final_after_us = 0;   ///< chain time from arrival to finality
    std::uint64_t blocks_to_spare = 0;  ///< for the late one: how many blocks before its end it lands
    std::uint8_t final_at = 1;          ///< without waiting: the observation that finds it final
    Amount executed_in;
    Amount executed_out;
    bool within_limit = true;
};

/// A function of (seed, chance_key, attempt, venue) and of the message alone.
SimDraw draw_outcome(const SwapPlan& plan, std::uint64_t seed, std::uint32_t failure_rate_ppm,
                     std::uint32_t drift_bps);

}  // namespace libexec
