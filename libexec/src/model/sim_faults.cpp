#include "libexec/model/sim_faults.hpp"

#include <algorithm>
#include <array>

namespace libexec {
namespace {

constexpr std::array venue_modes{SimFaultMode::timeout, SimFaultMode::error, SimFaultMode::slow};
constexpr std::array chain_modes{SimFaultMode::drop, SimFaultMode::stall};

}  // namespace

std::string_view to_string(SimFaultMode mode) {
    switch (mode) {
        case SimFaultMode::timeout:
            return "timeout";
        case SimFaultMode::error:
            return "error";
        case SimFaultMode::slow:
            return "slow";
        case SimFaultMode::drop:
            return "drop";
        case SimFaultMode::stall:
            return "stall";
    }
    return "timeout";
}

std::span<const SimFaultMode> SimFaults::modes_of(std::string_view target) {
    if (target == chain) return chain_modes;
    return venue_modes;
}

void SimFaults::set(SimFault fault) {
    const std::lock_guard lock(mutex_);
    const auto same = [&](const SimFault& other) { return other.target == fault.target; };
    if (const auto known = std::find_if(faults_.begin(), faults_.end(), same); known != faults_.end()) {
        *known = std::move(fault);
    } else {
        faults_.push_back(std::move(fault));
    }
    count_ = faults_.size();
}

bool SimFaults::clear(std::string_view target) {
    const std::lock_guard lock(mutex_);
    const Time now = clock_.now();
    bool was_active = false;
    std::erase_if(faults_, [&](const SimFault& fault) {
        if (fault.target != target) return false;
        was_active = !fault.until || now < *fault.until;
        return true;
    });
    count_ = faults_.size();
    return was_active;
}

std::vector<SimFault> SimFaults::active() const {
    std::vector<SimFault> active;
    for (const std::string& target : targets_) {
        if (std::optional<SimFault> fault = find(target)) active.push_back(std::move(*fault));
    }
    return active;
}

std::optional<SimFault> SimFaults::find(std::string_view target) const {
    if (count_ == 0) return std::nullopt;
    const std::lock_guard lock(mutex_);
    for (const SimFault& fault : faults_) {
        if (fault.target == target && (!fault.until || clock_.now() < *fault.until)) return fault;
    }
    return std::nullopt;
}

}  // namespace libexec
