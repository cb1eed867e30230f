#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/base/timers.hpp"
#include "libexec/model/sim_faults.hpp"
#include "libexec/venues/venue.hpp"

namespace libexec {

/// The simulated market.
/// Unit:   parts per million: a time scale of 1'000'000 is real time, 0 waits for nothing; a failure rate of
///         1'000'000 is every time.
struct SimMarketConfig {
    std::uint64_t seed = 1;
    std::uint32_t time_scale_ppm = 1'000'000;
    std::uint32_t failure_rate_ppm = 50'000;
    const SimFaults* faults = nullptr;  ///< set from outside while it runs; outlives the venues
};

/// What sets one simulated venue apart.
struct SimVenueProfile {
    std::string name;
    Bps fee;
    std::uint32_t band_bps = 0;         ///< its price lies within this of the base price, either way
    std::uint64_t depth_micro_usd = 0;  ///< worth of each side of its pools
};

/// A venue whose answers depend on nothing but the seed and the request: the same order and attempt get the
/// same quote, whoever asked before and whatever runs beside it.
///
/// The price stays within the band around the base price. Where exactly is drawn from (seed, chance_key,
/// venue); 0.25 % of it moves with the attempt, so that a retry rarely breaks the limit which the first
/// attempt fixed. Four tenths of the failure rate are quotes that fail: half with venue_error, half by
/// silence for 30 s times the scale. Without waiting such a silence is venue_timeout at once. A fault set for
/// the venue comes on top: whether it hits is drawn from (seed, chance_key, attempt, venue) alike.
std::shared_ptr<Venue> make_sim_venue(SimVenueProfile profile, SimMarketConfig config, const Clock& clock,
                                      Timers& timers);

/// raydium 0.30 % +-2.5 %, meteora 0.20 % +-3 %, orca 0.25 % +-2.8 %.
std::vector<SimVenueProfile> sim_venue_profiles();

/// One venue for each profile. The clock and the timers outlive them.
std::vector<std::shared_ptr<Venue>> make_sim_venues(SimMarketConfig config, const Clock& clock,
                                                    Timers& timers);

}  // namespace libexec
