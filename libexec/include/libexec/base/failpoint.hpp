#pragma once

#include <string>

/// LIBEXEC_FAILPOINT("name"): a place where the death of the process could matter. The crash tests choose one
/// of them, and the how-manieth time it is reached, by the environment variable LIBEXEC_FAILPOINT, and the
/// process kills or stops itself there (docs/crash-tests.md). Only builds with the CMake option
/// LIBEXEC_FAILPOINTS have any of it, which those that are installed are not; everywhere else the mark is
/// nothing at all.
#ifdef LIBEXEC_FAILPOINTS

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>

namespace libexec::failpoint {

/// Every mark there is, in the order in which an order meets them. One that is missing here does not compile,
/// and one that is here and nowhere else is missed by the crash tests.
inline constexpr std::array<std::string_view, 41> names{
    // The start.
    "migration-written", "migration-committed", "store-connected",
    // A client speaks.
    "before-accept", "accept-half-written", "after-accept", "answer-written", "cancel-asked",
    "cancel-half-written", "cancel-flagged", "cancel-answered",
    // Any transaction.
    "transaction-begun", "before-commit", "after-commit", "events-published", "answers-delivered",
    // An order on its way.
    "claim-half-written", "reclaim-half-written", "after-claim", "routed", "before-intent",
    "step-half-written", "after-intent-commit", "before-send", "send-written", "after-send", "decided",
    "before-last-step", "after-last-step",
    // Those who follow it.
    "event-delivered", "frame-before-write", "frame-written", "sse-chunk-written",
    // Several nodes.
    "lease-half-renewed", "lease-renewed", "hint-told", "foreign-event-read",
    // An ordered stop.
    "drain-begun", "drained", "store-finishing", "jobs-half-given-back"};

constexpr std::size_t index_of(std::string_view name) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

/// The one that was chosen; `names.size()`: none.
inline std::atomic<std::size_t> chosen{names.size()};

/// Counts, and acts when it is time.
void reached(std::size_t name);

/// Reads the environment; once, before there are threads. What is wrong with it, or nothing.
std::string choose();

}  // namespace libexec::failpoint

#define LIBEXEC_FAILPOINT(name)                                                                   \
    do {                                                                                          \
        constexpr std::size_t libexec_mark = ::libexec::failpoint::index_of(name);                \
        static_assert(libexec_mark < ::libexec::failpoint::names.size(), "not in failpoint.hpp"); \
        if (::libexec::failpoint::chosen.load(std::memory_order_relaxed) == libexec_mark) {       \
            ::libexec::failpoint::reached(libexec_mark);                                          \
        }                                                                                         \
    } while (false)

#else

#define LIBEXEC_FAILPOINT(name) static_cast<void>(0)

namespace libexec::failpoint {
inline std::string choose() { return {}; }
}  // namespace libexec::failpoint

#endif
