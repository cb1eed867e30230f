#pragma once

#include <mutex>
#include <string_view>
#include <vector>

#include "libexec/model/venue_status.hpp"
#include "libexec/telemetry/metrics.hpp"

namespace libexec {

/// What is known of each venue, for whoever wants to look while the engine works. Safe from any thread.
class VenueBoard {
public:
    /// Nobody was asked yet. With `metrics`, which outlive it, it counts there.
    VenueBoard(std::vector<VenueStatus> venues, Metrics* metrics);

    /// A venue answered, or ran out of time. An unknown name is ignored.
    void note(std::string_view venue, const VenueLastQuote& quote);
    /// All of them, in the order given.
    std::vector<VenueStatus> read() const;

private:
    mutable std::mutex mutex_;
    std::vector<VenueStatus> venues_;
    std::optional<MetricFamily<Counter>> quotes_;
    std::optional<MetricFamily<Histogram>> durations_;
};

}  // namespace libexec
