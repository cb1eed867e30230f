#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "libexec/base/result.hpp"
#include "libexec/base/task.hpp"
#include "libexec/model/attempt.hpp"

namespace libexec {

/// Counts that several nodes on one database keep together. A node asks here what its own counts have already
/// allowed, and goes by those alone while this cannot answer: limits are not worth turning customers away
/// for. From any thread of an io_context; the answer comes back on the caller's executor. Errors:
/// service_unavailable (database away or hanging), queue_full (too many questions at once).
class SharedLimits {
public:
    virtual ~SharedLimits() = default;

    /// Whether there was room.
    struct Verdict {
        bool allowed = true;
        std::chrono::microseconds missing{0};  ///< of a bucket: until it is full again
    };
    /// Takes a token of the bucket `key`, which holds `per_minute` (at least 1) and is refilled evenly.
    virtual Task<Result<Verdict>> take(std::string key, std::uint32_t per_minute) = 0;

    /// One more follower of the order from that address, unless there are `most` at all nodes together.
    virtual Task<Result<Verdict>> join(OrderId order, std::string address, std::uint32_t most) = 0;
    /// One that was allowed to join is gone. From any thread.
    virtual void leave(const OrderId& order, const std::string& address) = 0;
};

}  // namespace libexec
