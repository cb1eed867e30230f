#pragma once

#include "libexec/routing/router.hpp"

namespace libexec {

/// One venue, and what stands before it.
struct Router::Lane {
    std::shared_ptr<Venue> venue;
    VenueGate gate;
    std::uint64_t told_era = 0;  ///< the last change of its breaker that the board knows of
    bool knows_stop = false;     ///< the venue has stopped itself, and is held for it
};

/// Shared with the calls under way: a venue may answer when the router is gone.
struct Router::Lanes {
    Lanes(const std::vector<std::shared_ptr<Venue>>& venues, const RouterConfig& config, const Clock& now,
          Metrics* metrics, Log* log);

    /// After whatever may have changed a breaker.
    void tell(std::size_t place);
    void leave(std::size_t place, const VenueGate::Pass& pass, std::optional<Reason> answer);
    /// A call that was given up returned.
    void returned(std::size_t place);
    /// After whatever a venue did: it may have stopped itself.
    void look_at(std::size_t place);
    void give_up(std::size_t place, const VenueGate::Pass& pass);

    const Clock& clock;
    Random random;
    VenueBoard board;
    std::vector<Lane> all;
    bool closed = false;  ///< the router is gone, and with it what all this refers to
};

/// One decision and the questions it put, so that a venue that answers late finds it still there.
struct Router::Round {
    explicit Round(std::shared_ptr<Lanes> known);

    struct Call {
        VenueGate::Pass pass;
        bool under_way = false;
        bool given_up = false;
        bool waited_for = false;
    };

    void note(std::size_t place, std::optional<Reason> failure) const;

    std::shared_ptr<Lanes> lanes;
    const Time asked_at;
    std::vector<VenueAnswer> answers;
    std::vector<Call> calls;
    std::size_t missing = 0;
    bool over = false;
    std::unique_ptr<Alarm> alarm;
};

/// One transaction being built, for the same reason.
struct Router::Build {
    std::shared_ptr<Lanes> lanes;
    std::size_t place = 0;
    VenueGate::Pass pass;
    std::optional<Result<UnsignedTransaction>> built;
    bool over = false;
    std::unique_ptr<Alarm> alarm;
};

}  // namespace libexec
