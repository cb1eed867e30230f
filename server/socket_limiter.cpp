#include "socket_limiter.hpp"

namespace libexec::server {

SocketLimiter::Place::~Place() {
    if (limiter_ == nullptr) return;
    SharedLimits* const all = limiter_->shared_;
    if (shared_ && all != nullptr) all->leave(key_.first, key_.second);
    limiter_->leave(key_);
}

Task<std::optional<SocketLimiter::Place>> SocketLimiter::join(OrderId order, std::string address) {
    std::optional<Place> place = join_here(order, address);
    const std::uint32_t per_order = per_order_;
    SharedLimits* const all = shared_;
    if (!place || all == nullptr || per_order == 0) co_return place;
    Task<Result<SharedLimits::Verdict>> asking = all->join(order, std::move(address), per_order);
    const Result<SharedLimits::Verdict> verdict = co_await std::move(asking);
    if (verdict && !verdict.value().allowed) co_return std::nullopt;
    place->shared_ = bool(verdict);
    co_return place;
}

std::optional<SocketLimiter::Place> SocketLimiter::join_here(const OrderId& order,
                                                             const std::string& address) {
    const std::lock_guard lock(mutex_);
    Place::Key key(order, address);
    std::uint32_t& count = counts_[key];
    const std::uint32_t per_order = per_order_;
    if (per_order != 0 && count >= per_order) return std::nullopt;
    ++count;
    return Place(this, std::move(key));
}

void SocketLimiter::leave(const Place::Key& key) {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(key);
    if (--found->second == 0) counts_.erase(found);
}

}  // namespace libexec::server
