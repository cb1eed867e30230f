#pragma once

#include <string>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/json/value.hpp"
#include "terminal.hpp"

namespace libexec::cli {

/// What became of an order, in words, and what that means for its owner.
struct Verdict {
    std::string what;    ///< what happened, or what it waits for
    std::string funds;   ///< whether funds moved
    std::string repeat;  ///< whether doing it again is safe
    std::string next;    ///< what to do
};

/// `queue` is the `metrics` of the queue for an order that waits in it, else null.
Verdict verdict_on(const JsonValue& order, const std::vector<JsonValue>& decisions,
                   const std::vector<JsonValue>& events, const JsonValue& queue, Time now,
                   const Style& style);

/// One try of an order, read from its events.
struct Try {
    std::string number;
    std::optional<Time> began;
    std::string venue;
    std::string tx;
    std::string result;  ///< "confirmed", a reason such as "slippage_exceeded"; empty: still open
    std::string detail;
    std::optional<std::chrono::microseconds> pause;  ///< before the next try
    bool in_doubt = false;
};
std::vector<Try> tries_of(const std::vector<JsonValue>& events);

}  // namespace libexec::cli
