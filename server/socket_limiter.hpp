#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "libexec/engine/shared_limits.hpp"

namespace libexec::server {

/// Counts the open sockets, and who follows what: at most `per_order` sockets for one order and address (0:
/// no limit), at all nodes together where there are `shared` limits that can be read. Safe from any thread;
/// outlives its places.
class SocketLimiter {
public:
    /// `shared`, when there is one, lives until `part` or longer than this.
    explicit SocketLimiter(std::uint32_t per_order, SharedLimits* shared = nullptr)
        : shared_(shared), per_order_(per_order) {}

    /// A place among the followers, given back when it is destroyed.
    class Place {
    public:
        Place(Place&& other) noexcept
            : limiter_(std::exchange(other.limiter_, nullptr)),
              key_(std::move(other.key_)),
              shared_(other.shared_) {}
        Place& operator=(Place&&) = delete;
        ~Place();

    private:
        friend class SocketLimiter;
        using Key = std::pair<OrderId, std::string>;
        Place(SocketLimiter* limiter, Key key) : limiter_(limiter), key_(std::move(key)) {}
        SocketLimiter* limiter_;
        Key key_;
        bool shared_ = false;  ///< counted among those of all nodes
    };

    /// One open socket, until it is destroyed.
    class Presence {
    public:
        explicit Presence(SocketLimiter& limiter) : limiter_(limiter) { ++limiter_.total_; }
        ~Presence() { --limiter_.total_; }
        Presence(const Presence&) = delete;
        Presence& operator=(const Presence&) = delete;

    private:
        SocketLimiter& limiter_;
    };
    Presence enter() { return Presence(*this); }

    /// Nothing when the order has as many followers from there as it may.
    Task<std::optional<Place>> join(OrderId order, std::string address);

    /// From now on only here: the shared limits are about to go, and some places may outlive them.
    void part() { shared_ = nullptr; }

    std::uint32_t per_order() const { return per_order_; }
    /// Another limit from now on; who is there stays.
    void change(std::uint32_t per_order) { per_order_ = per_order; }
    /// Sockets open now, whatever they follow.
    std::uint64_t total() const { return total_; }

private:
    std::optional<Place> join_here(const OrderId& order, const std::string& address);
    void leave(const Place::Key& key);

    std::atomic<SharedLimits*> shared_;
    std::atomic<std::uint32_t> per_order_;
    std::mutex mutex_;
    std::map<Place::Key, std::uint32_t> counts_;
    std::atomic<std::uint64_t> total_{0};
};

}  // namespace libexec::server
