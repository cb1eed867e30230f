#pragma once

#include "call.hpp"
#include "libexec/embed/open.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec::server {

/// The venues: how they are doing, and an operator's hold on one.
class VenueRoutes {
public:
    VenueRoutes(Service& service, Log& log) : service_(service), log_(log) {}

    Task<void> list(Call& call);
    /// The body may carry a reason. Twice is once.
    Task<void> pause(Call& call);
    /// Takes no body that says anything.
    Task<void> resume(Call& call);

private:
    /// What the body says, or nothing with the refusal on its way.
    std::optional<std::string> reason_in(Call& call);
    void answer(Call& call, const Result<VenueStatus>& venue, std::string_view what);

    Service& service_;
    Log& log_;
};

}  // namespace libexec::server
