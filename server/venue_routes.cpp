#include "venue_routes.hpp"

#include "libexec/json/service_codec.hpp"
#include "submissions.hpp"

namespace libexec::server {

Task<void> VenueRoutes::list(Call& call) {
    call.answer(200, encode_venues(service_.venues()));
    co_return;
}

Task<void> VenueRoutes::pause(Call& call) {
    std::optional<std::string> reason = reason_in(call);
    if (!reason) co_return;
    std::string name(call.id_text);
    const Result<VenueStatus> venue = co_await service_.pause_venue(std::move(name), std::move(*reason));
    answer(call, venue, "an operator pauses the venue");
}

Task<void> VenueRoutes::resume(Call& call) {
    const std::optional<std::string> reason = reason_in(call);
    if (!reason) co_return;
    if (!reason->empty()) {
        Problem problem = make_problem("invalid_body", "a venue is resumed without words");
        problem.errors.push_back({"/reason", "is for a pause: leave it out"});
        call.refuse(std::move(problem));
        co_return;
    }
    std::string name(call.id_text);
    const Result<VenueStatus> venue = co_await service_.resume_venue(std::move(name));
    answer(call, venue, "an operator resumes the venue");
}

std::optional<std::string> VenueRoutes::reason_in(Call& call) {
    if (!call.request().body.empty()) {
        if (auto problem = check_json_body(call.request())) {
            call.refuse(std::move(*problem));
            return std::nullopt;
        }
    }
    DecodedHold decoded = decode_hold_request(call.request().body);
    if (auto* const problem = std::get_if<Problem>(&decoded)) {
        call.refuse(std::move(*problem));
        return std::nullopt;
    }
    return std::get<std::string>(std::move(decoded));
}

void VenueRoutes::answer(Call& call, const Result<VenueStatus>& venue, std::string_view what) {
    if (!venue) {
        call.refuse(venue.error());
        return;
    }
    log_.info("venue.operator", what,
              {{"dex", venue.value().name},
               {"state", std::string(to_string(venue.value().state))},
               {"correlation_id", call.request_id()},
               {"trace_id", call.trace_id()}});
    call.answer(200, encode_venue(venue.value()));
}

}  // namespace libexec::server
