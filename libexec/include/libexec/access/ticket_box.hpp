#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "libexec/access/api_key.hpp"
#include "libexec/base/clock.hpp"

namespace libexec {

/// Tickets that stand for a key once, for a short time: for browsers, whose WebSocket takes no headers. Kept
/// in memory, as digests. Safe from any thread.
class TicketBox {
public:
    static constexpr std::chrono::seconds lifetime{30};
    static constexpr std::size_t per_key_most = 100;
    static constexpr std::size_t all_most = 10'000;

    /// Empty. The clock outlives it.
    explicit TicketBox(const Clock& clock) : clock_(clock) {}

    /// A new ticket, 64 hexadecimal digits; nothing when as many wait to be used as may.
    std::optional<std::string> issue(const std::string& key_id);
    /// The id of the key it stands for; nothing when it was never issued, was used, or is too old.
    std::optional<std::string> redeem(std::string_view ticket);

private:
    struct Waiting {
        std::string key_id;
        Time until;
    };
    void sweep(Time now);

    const Clock& clock_;
    std::mutex mutex_;
    std::map<ApiKey::Bytes, Waiting> waiting_;
    std::map<std::string, std::size_t> per_key_;
};

}  // namespace libexec
