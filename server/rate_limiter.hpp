#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "client.hpp"
#include "libexec/base/clock.hpp"
#include "libexec/engine/shared_limits.hpp"

namespace libexec::server {

/// A token bucket for each client, an address or a key: `per_minute` tokens, refilled evenly. Safe from any
/// thread. Bounded: past `addresses_max` addresses seen within a minute, newcomers share one bucket. With
/// `shared` limits the bucket is one for all nodes, and this node's own only while those cannot be read.
class RateLimiter {
public:
    /// `shared`, when there is one, outlives it.
    RateLimiter(std::uint32_t per_minute, const Clock& clock, std::size_t addresses_max = 10'000,
                SharedLimits* shared = nullptr)
        : per_minute_(per_minute), addresses_max_(addresses_max), clock_(clock), shared_(shared) {}

    struct Answer {
        bool allowed = true;
        std::uint32_t remaining = 0;          ///< tokens left; 0 without a limit
        std::chrono::seconds retry_after{0};  ///< until there is one more token, rounded up, at least 1
    };
    /// Takes a token of that client, at all nodes, or says when there will be one.
    Task<Answer> take(Client client);
    /// The same at this node alone.
    Answer take_here(const Client& client) { return ask(client, true); }
    /// How that client stands, taking nothing; `allowed` says whether there is a token.
    Answer look(const Client& client) { return ask(client, false); }
    std::uint32_t per_minute() const { return per_minute_; }
    /// The client's own limit, or the one of all others.
    std::uint32_t per_minute(const Client& client) const { return client.per_minute.value_or(per_minute_); }
    /// Another limit from now on; what was taken stays taken.
    void change(std::uint32_t per_minute) { per_minute_ = per_minute; }
    /// Takes that found no token, so far.
    std::uint64_t refused() const { return refused_; }

private:
    Answer ask(const Client& client, bool take_one);
    Answer adopt(const Client& client, const SharedLimits::Verdict& verdict);
    Answer answer_at(Time now, Time full_at, std::uint32_t per_minute) const;
    Time& bucket(std::string_view address, Time now);

    std::atomic<std::uint32_t> per_minute_;
    const std::size_t addresses_max_;
    const Clock& clock_;
    SharedLimits* const shared_;
    std::atomic<std::uint64_t> refused_{0};
    std::mutex mutex_;
    /// When each bucket will be full again: one number says all there is to know about it.
    std::unordered_map<std::string, Time> full_at_;
    Time others_full_at_{};
    Time swept_at_{};
};

/// Whose bucket it is: an IPv4 address itself, the /64 network of an IPv6 address, since one client owns that
/// many.
std::string rate_key(std::string_view address);

}  // namespace libexec::server
