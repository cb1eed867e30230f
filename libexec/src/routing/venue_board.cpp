#include "libexec/routing/venue_board.hpp"

namespace libexec {

VenueBoard::VenueBoard(std::vector<VenueStatus> venues, Metrics* metrics) : venues_(std::move(venues)) {
    if (metrics == nullptr) return;
    quotes_ = metrics->counters("libexec_quotes_total", "Questions to a venue, by what became of them.",
                                {"venue", "outcome"});
    durations_ = metrics->histograms("libexec_quote_duration_seconds",
                                     "From the question to the venue's answer, or to the end of patience.",
                                     {"venue"}, duration_buckets());
    for (const VenueStatus& venue : venues_) {
        quotes_->with({venue.name, "ok"});
        durations_->with({venue.name});
    }
}

void VenueBoard::note(std::string_view venue, const VenueLastQuote& quote) {
    if (quotes_) {
        quotes_->with({venue, quote.failure ? to_string(*quote.failure) : "ok"}).add();
        durations_->with({venue}).observe(quote.latency);
    }
    const std::lock_guard lock(mutex_);
    for (VenueStatus& status : venues_) {
        if (status.name == venue) status.last_quote = quote;
    }
}

std::vector<VenueStatus> VenueBoard::read() const {
    const std::lock_guard lock(mutex_);
    return venues_;
}

}  // namespace libexec
