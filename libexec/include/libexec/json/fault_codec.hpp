#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "libexec/json/problem.hpp"
#include "libexec/model/sim_faults.hpp"

namespace libexec {

/// What a body asks to go wrong.
struct FaultRequest {
    SimFaultMode mode = SimFaultMode::timeout;
    std::uint32_t rate_ppm = 1'000'000;
    std::optional<std::chrono::milliseconds> lasts;  ///< nothing: until it is cleared
};
using DecodedFault = std::variant<FaultRequest, Problem>;

/// Reads `{"mode":"timeout","rate":"0.3","forMs":60000}` for a target that knows `modes`.
/// Unit:   `rate` is a decimal from 0 to 1, as text or number, 1 when left out; `stall` takes no other.
/// Errors: `invalid_body` with every bad field.
DecodedFault decode_fault_request(std::string_view body, std::span<const SimFaultMode> modes);

/// `{"target":"raydium","mode":"timeout","rate":"0.3","until":"..."}`, `until` null when it lasts until
/// cleared.
std::string encode_fault(const SimFault& fault);
/// `{"faults":[...]}`.
std::string encode_faults(const std::vector<SimFault>& faults);

}  // namespace libexec
