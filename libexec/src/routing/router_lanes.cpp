#include "router_lanes.hpp"

namespace libexec {
namespace {

std::vector<VenueStatus> unasked(const std::vector<std::shared_ptr<Venue>>& venues, Time now) {
    std::vector<VenueStatus> statuses;
    for (const auto& venue : venues) {
        VenueStatus status;
        status.name = std::string(venue->name());
        status.kind = std::string(venue->kind());
        status.since = now;
        statuses.push_back(std::move(status));
    }
    return statuses;
}

}  // namespace

Router::Lanes::Lanes(const std::vector<std::shared_ptr<Venue>>& venues, const RouterConfig& config,
                     const Clock& now, Metrics* metrics, Log* log)
    : clock(now), random(config.seed), board(unasked(venues, clock.now()), metrics, log) {
    for (const auto& venue : venues) all.push_back(Lane{venue, VenueGate(config.gate, clock.now(), random)});
}

void Router::Lanes::tell(std::size_t place) {
    Lane& lane = all[place];
    const Breaker& breaker = lane.gate.breaker();
    if (lane.told_era == breaker.era()) return;
    lane.told_era = breaker.era();
    board.note_state(lane.venue->name(), breaker);
}

void Router::Lanes::leave(std::size_t place, const VenueGate::Pass& pass, std::optional<Reason> answer) {
    if (closed) return;
    all[place].gate.leave(pass, clock.now(), answer);
    look_at(place);
    tell(place);
}

void Router::Lanes::returned(std::size_t place) {
    if (closed) return;
    all[place].gate.returned();
    look_at(place);
    tell(place);
}

void Router::Lanes::look_at(std::size_t place) {
    Lane& lane = all[place];
    std::string why = lane.venue->stopped();
    if (why.empty() || lane.knows_stop) return;
    lane.knows_stop = true;
    board.note_stopped(lane.venue->name());
    lane.gate.hold(clock.now(), std::move(why), Breaker::Holder::the_venue);
}

void Router::Lanes::give_up(std::size_t place, const VenueGate::Pass& pass) {
    if (closed) return;
    all[place].gate.give_up(pass, clock.now());
    tell(place);
}

Router::Round::Round(std::shared_ptr<Lanes> known)
    : lanes(std::move(known)),
      asked_at(lanes->clock.now()),
      answers(lanes->all.size()),
      calls(lanes->all.size()) {}

void Router::Round::note(std::size_t place, std::optional<Reason> failure) const {
    const Time at = lanes->clock.now();
    lanes->board.note(lanes->all[place].venue->name(), VenueLastQuote{failure, at - asked_at, at});
}

}  // namespace libexec
