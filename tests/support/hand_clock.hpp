#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "libexec/base/clock.hpp"

namespace libexec::test {

/// Time that moves when a test says so. Safe from any thread.
class HandClock final : public Clock {
public:
    Time now() const override { return Time(std::chrono::microseconds(us_.load())); }
    void pass(std::chrono::microseconds span) { us_ += span.count(); }

private:
    std::atomic<std::int64_t> us_{1'800'000'000'000'000};
};

}  // namespace libexec::test
