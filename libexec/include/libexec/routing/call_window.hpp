#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "libexec/base/clock.hpp"

namespace libexec {

/// Counts of the last while, in ten slots: exact to a tenth of it, and of the same size however much is
/// counted. A clock that jumps makes it forget, never count twice.
class CallWindow {
public:
    /// What is counted.
    struct Counts {
        std::uint32_t asked = 0;     ///< first questions
        std::uint32_t retries = 0;   ///< questions of later attempts
        std::uint32_t answered = 0;  ///< calls that came to an end, whichever
        std::uint32_t failed = 0;    ///< of those, by a fault of the venue
    };

    /// Counts `span` back from any moment.
    explicit CallWindow(std::chrono::microseconds span)
        : slot_us_(std::max<std::int64_t>(1, span.count() / static_cast<std::int64_t>(slot_count))) {}

    /// The counts of this moment's slot, to add to.
    Counts& at(Time now) {
        const std::int64_t number = number_of(now);
        Slot& slot = slots_[static_cast<std::uint64_t>(number) % slot_count];
        if (slot.number != number) slot = Slot{number, {}};
        return slot.counts;
    }

    /// Everything within the window.
    Counts sum(Time now) const {
        const std::int64_t newest = number_of(now);
        Counts all;
        for (const Slot& slot : slots_) {
            if (slot.number > newest || slot.number <= newest - static_cast<std::int64_t>(slot_count))
                continue;
            all.asked += slot.counts.asked;
            all.retries += slot.counts.retries;
            all.answered += slot.counts.answered;
            all.failed += slot.counts.failed;
        }
        return all;
    }

    /// Starts anew.
    void clear() { slots_ = {}; }

private:
    static constexpr std::size_t slot_count = 10;
    struct Slot {
        std::int64_t number = INT64_MIN / 2;  ///< long before anything
        Counts counts;
    };

    std::int64_t number_of(Time time) const { return time.time_since_epoch().count() / slot_us_; }

    std::int64_t slot_us_;
    std::array<Slot, slot_count> slots_;
};

}  // namespace libexec
