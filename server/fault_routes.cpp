#include "fault_routes.hpp"

#include <algorithm>

#include "libexec/json/fault_codec.hpp"
#include "libexec/json/nearest_word.hpp"
#include "libexec/json/time_text.hpp"
#include "submissions.hpp"

namespace libexec::server {
namespace {

constexpr std::size_t shown_most = 64;

std::string targets_of(const SimFaults& faults) {
    std::string text;
    for (const std::string& target : faults.targets()) text += (text.empty() ? "" : ", ") + target;
    return text;
}

}  // namespace

SimFaults* FaultRoutes::world(Call& call) {
    SimFaults* const faults = service_.faults();
    if (faults == nullptr)
        call.refuse("not_found",
                    "nothing is simulated here, so no faults can be set: they are for trying things out");
    return faults;
}

bool FaultRoutes::is_known(Call& call, const SimFaults& faults) {
    const auto& targets = faults.targets();
    if (std::find(targets.begin(), targets.end(), call.id_text) != targets.end()) return true;
    if (call.id_text == SimFaults::chain) {
        call.refuse("not_found",
                    "the chain is a process of its own, with faults of its own: switch them there, as in "
                    "'execsim fault drop 0.3 --at sim://HOST:PORT'");
        return false;
    }
    const std::vector<std::string_view> words(targets.begin(), targets.end());
    const std::string_view near = nearest_word(call.id_text, words);
    call.refuse("not_found", "nothing simulated is called '" +
                                 std::string(call.id_text.substr(0, shown_most)) +
                                 "': " + (near.empty() ? "" : "did you mean " + std::string(near) + "? ") +
                                 "There are " + targets_of(faults));
    return false;
}

Task<void> FaultRoutes::list(Call& call) {
    if (const SimFaults* const faults = world(call)) call.answer(200, encode_faults(faults->active()));
    co_return;
}

Task<void> FaultRoutes::set(Call& call) {
    SimFaults* const faults = world(call);
    if (faults == nullptr || !is_known(call, *faults)) co_return;
    if (auto problem = check_json_body(call.request())) {
        call.refuse(std::move(*problem));
        co_return;
    }
    DecodedFault decoded = decode_fault_request(call.request().body, SimFaults::modes_of(call.id_text));
    if (auto* const problem = std::get_if<Problem>(&decoded)) {
        call.refuse(std::move(*problem));
        co_return;
    }
    const FaultRequest& wanted = std::get<FaultRequest>(decoded);
    SimFault fault;
    fault.target = call.id_text;
    fault.mode = wanted.mode;
    fault.rate_ppm = wanted.rate_ppm;
    if (wanted.lasts) fault.until = clock_.now() + *wanted.lasts;
    faults->set(fault);
    log_.warn("fault.set", "the simulated world misbehaves as asked",
              {{"target", fault.target},
               {"mode", std::string(to_string(fault.mode))},
               {"ratePpm", std::to_string(fault.rate_ppm)},
               {"until", fault.until ? to_rfc3339(*fault.until) : std::string("cleared")},
               {"correlation_id", call.request_id()}});
    call.answer(200, encode_fault(fault));
}

Task<void> FaultRoutes::clear(Call& call) {
    SimFaults* const faults = world(call);
    if (faults == nullptr || !is_known(call, *faults)) co_return;
    const std::optional<SimFault> fault = faults->find(call.id_text);
    if (!fault || !faults->clear(call.id_text)) {
        call.refuse("not_found", std::string(call.id_text) + " has no fault");
        co_return;
    }
    log_.warn("fault.cleared", "the simulated world behaves again",
              {{"target", fault->target}, {"correlation_id", call.request_id()}});
    call.answer(200, encode_fault(*fault));
}

}  // namespace libexec::server
