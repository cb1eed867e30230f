#pragma once

#include <chrono>
#include <cstddef>

namespace libexec {

/// What bounds a store's use of its database.
struct StoreLimits {
    std::size_t queue_limit = 65'536;  ///< waiting writes; new orders and cancellations are refused beyond
    std::size_t read_queue_limit = 65'536;  ///< waiting reads; refused beyond
    std::size_t batch_max = 1'000;          ///< writes in one transaction
    std::size_t readers = 2;                ///< connections that only read, one thread each
    /// After a failed write: how often to look whether it works again.
    std::chrono::milliseconds probe_interval{1'000};
    std::chrono::milliseconds stall{5'000};  ///< a transaction that takes longer refuses new orders meanwhile
};

}  // namespace libexec
