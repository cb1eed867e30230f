#include "libexec/routing/venue_board.hpp"

namespace libexec {

VenueBoard::VenueBoard(std::vector<VenueStatus> venues, Metrics* metrics, Log* log)
    : venues_(std::move(venues)), log_(log) {
    if (metrics == nullptr) return;
    quotes_ = metrics->counters("libexec_quotes_total", "Questions to a venue, by what became of them.",
                                {"venue", "outcome"});
    durations_ = metrics->histograms("libexec_quote_duration_seconds",
                                     "From the question to the venue's answer, or to the end of patience.",
                                     {"venue"}, duration_buckets());
    left_out_ = metrics->counters("libexec_venue_left_out_total",
                                  "Times a venue was not asked, by the reason.", {"venue", "reason"});
    stopped_ = metrics->counters("libexec_venue_stopped_total", "Times a venue stopped itself.", {"venue"});
    for (const VenueStatus& venue : venues_) {
        for (const Reason why : {Reason::breaker_open, Reason::venue_busy})
            left_out_->with({venue.name, to_string(why)});
        stopped_->with({venue.name});
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

void VenueBoard::note_left_out(std::string_view venue, Reason why) {
    if (left_out_) left_out_->with({venue, to_string(why)}).add();
}

void VenueBoard::note_stopped(std::string_view venue) {
    if (stopped_) stopped_->with({venue}).add();
}

void VenueBoard::note_state(std::string_view venue, const Breaker& breaker) {
    std::optional<VenueStatus> changed;
    VenueState before = VenueState::active;
    {
        const std::lock_guard lock(mutex_);
        for (VenueStatus& status : venues_) {
            if (status.name != venue) continue;
            before = status.state;
            status.state = breaker.state();
            status.since = breaker.since();
            status.reason = breaker.why();
            status.next_probe = breaker.next_probe();
            changed = status;
        }
    }
    if (changed && log_ != nullptr) tell(*changed, before, breaker.holder());
}

void VenueBoard::tell(const VenueStatus& venue, VenueState before, Breaker::Holder holder) {
    const LogField name{"dex", venue.name};
    switch (venue.state) {
        case VenueState::open:
            log_->warn("venue.breaker_open", "left out of routing: " + venue.reason,
                       {name, LogField{"until", to_rfc3339(*venue.next_probe)}});
            break;
        case VenueState::half_open:
            log_->info("venue.breaker_half_open", "one question tries it again", {name});
            break;
        case VenueState::held:
            log_->warn("venue.held",
                       holder == Breaker::Holder::an_operator
                           ? "left out of routing by an operator"
                           : "it has stopped itself and is left out of routing until an operator resumes it",
                       {name, LogField{"reason", venue.reason}});
            break;
        case VenueState::active:
            log_->info(before == VenueState::held ? "venue.resumed" : "venue.breaker_closed",
                       "it takes part in routing again", {name});
            break;
    }
}

std::vector<VenueStatus> VenueBoard::read() const {
    const std::lock_guard lock(mutex_);
    return venues_;
}

}  // namespace libexec
