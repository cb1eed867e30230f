#pragma once

#include <mutex>
#include <string_view>
#include <vector>

#include "libexec/model/venue_status.hpp"
#include "libexec/routing/breaker.hpp"
#include "libexec/telemetry/log.hpp"
#include "libexec/telemetry/metrics.hpp"

namespace libexec {

/// What is known of each venue, for whoever wants to look while the engine works. Safe from any thread.
class VenueBoard {
public:
    /// Nobody was asked yet. With `metrics` it counts there, with `log` it tells of changes; both outlive it.
    VenueBoard(std::vector<VenueStatus> venues, Metrics* metrics, Log* log);

    /// A venue answered, or ran out of time. An unknown name is ignored, here and below.
    void note(std::string_view venue, const VenueLastQuote& quote);
    /// A venue was not asked, for this reason.
    void note_left_out(std::string_view venue, Reason why);
    /// A venue has stopped itself.
    void note_stopped(std::string_view venue);
    /// The venue's breaker stands like this now.
    void note_state(std::string_view venue, const Breaker& breaker);
    /// All of them, in the order given.
    std::vector<VenueStatus> read() const;

private:
    void tell(const VenueStatus& venue, VenueState before, Breaker::Holder holder);

    mutable std::mutex mutex_;
    std::vector<VenueStatus> venues_;
    std::optional<MetricFamily<Counter>> quotes_;
    std::optional<MetricFamily<Histogram>> durations_;
    std::optional<MetricFamily<Counter>> left_out_;
    std::optional<MetricFamily<Counter>> stopped_;
    Log* const log_;
};

}  // namespace libexec
