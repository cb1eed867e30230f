#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/base/random.hpp"

namespace libexec {

/// What is made to go wrong at a simulated venue (timeout, error, slow) or on the simulated chain (drop,
/// stall).
enum class SimFaultMode : std::uint8_t {
    timeout,  ///< quotes never come in time
    error,    ///< quotes fail
    slow,     ///< quotes take three times as long, and come in the end
    drop,     ///< a transaction that is sent is lost
    stall,    ///< the chain makes no slots: nothing lands, nothing expires
};

std::string_view to_string(SimFaultMode mode);

/// Shape: one fault at one target. Unit: parts per million; 1'000'000 hits every time.
struct SimFault {
    std::string target;
    SimFaultMode mode = SimFaultMode::timeout;
    std::uint32_t rate_ppm = 1'000'000;
    std::optional<Time> until;  ///< nothing: until it is cleared

    friend bool operator==(const SimFault&, const SimFault&) = default;
};

/// The faults of one simulated world, switched while it runs; they end with the process. At most one a
/// target. Safe from any thread; while there are none, asking costs one atomic load. Whether a fault hits is
/// drawn by whoever asks from (seed, purpose, key), so that a repeated run meets the same fate under the same
/// faults.
class SimFaults {
public:
    static constexpr std::string_view chain = "chain";

    /// The targets, `chain` among them when the chain is simulated. The clock outlives it.
    SimFaults(const Clock& clock, std::vector<std::string> targets)
        : clock_(clock), targets_(std::move(targets)) {}

    /// What may be made to fail.
    const std::vector<std::string>& targets() const { return targets_; }
    /// The modes that a target knows.
    static std::span<const SimFaultMode> modes_of(std::string_view target);

    /// Takes the place of the target's fault. The target is one of `targets()`, the mode one of its modes.
    void set(SimFault fault);
    /// False when there was none.
    bool clear(std::string_view target);
    /// In the order of the targets; what is over is not among them.
    std::vector<SimFault> active() const;
    /// The fault of that target, if one is on.
    std::optional<SimFault> find(std::string_view target) const;

private:
    const Clock& clock_;
    const std::vector<std::string> targets_;
    std::atomic<std::size_t> count_{0};  ///< of `faults_`, those that are over included
    mutable std::mutex mutex_;
    std::vector<SimFault> faults_;
};

/// Whether a fault hits the draw that `seed` stands for.
inline bool hits(const SimFault& fault, std::uint64_t seed) {
    constexpr std::uint64_t whole = 1'000'000;
    return Random(seed).below(whole) < fault.rate_ppm;
}

}  // namespace libexec
