#include "sim/world.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include <asio/async_result.hpp>
#include <asio/post.hpp>

namespace libexec::simulation {
namespace {

template <class Handler>
class ParkedHandler final : public Waiter {
public:
    explicit ParkedHandler(Handler handler) : handler_(std::move(handler)) {}
    void wake() override { asio::post(std::move(handler_)); }

private:
    Handler handler_;
};

/// A class, not a lambda: g++ 12 would destroy what a lambda owns twice.
class Parking {
public:
    Parking(std::map<std::uint64_t, std::unique_ptr<Waiter>>& waits, std::uint64_t wait)
        : waits_(&waits), wait_(wait) {}
    template <class Handler>
    void operator()(Handler&& handler) const {
        using Parked = ParkedHandler<std::decay_t<Handler>>;
        waits_->emplace(wait_, std::make_unique<Parked>(std::forward<Handler>(handler)));
    }

private:
    std::map<std::uint64_t, std::unique_ptr<Waiter>>* waits_;
    std::uint64_t wait_;
};

}  // namespace

void Totals::add(const Totals& other) {
    const auto fields = [](auto& t) {
        return std::array{&t.seeds,     &t.events,   &t.orders,      &t.crashes,   &t.drains,
                          &t.takeovers, &t.pauses,   &t.ambiguous,   &t.fenced,    &t.sends,
                          &t.resends,   &t.attempts, &t.expiries,    &t.forks,     &t.replays,
                          &t.conflicts, &t.cancels,  &t.streams,     &t.confirmed, &t.failed,
                          &t.cancelled, &t.expired,  &t.late_writes, &t.landed_err};
    };
    const auto mine = fields(*this);
    const auto theirs = fields(other);
    for (std::size_t i = 0; i < mine.size(); ++i) *mine[i] += *theirs[i];
}

Task<void> Host::park(std::uint64_t wait) {
    Parking parking(waits_, wait);
    co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(parking, use_task);
}

void Host::wake(std::uint64_t wait) {
    const auto found = waits_.find(wait);
    if (found == waits_.end()) return;  // woken before by something else
    const std::unique_ptr<Waiter> waiter = std::move(found->second);
    waits_.erase(found);
    waiter->wake();
}

void Host::settle() {
    io_->restart();
    io_->poll();
}

void Host::die() {
    if (!io_) return;
    alive = false;
    // Nothing is ready between two events, so all that runs here is the unwinding of those who waited.
    waits_.clear();
    settle();
    io_.reset();
}

World::World(std::uint64_t seed, const Plan& what_is_planned, bool show_trace)
    : plan(what_is_planned),
      start_(std::chrono::seconds(1'800'000'000)),
      now_(start_),
      dice_(derive_seed(seed, "world")),
      hash_(derive_seed(seed, "trace")),
      show_(show_trace) {}

void World::in(Span delay, std::function<void()> what) {
    due_.push_back(Due{now_ + std::max(delay, Span(0)), dice_.next(), ++last_number_, std::move(what)});
    std::push_heap(due_.begin(), due_.end(), later);
}

void World::on(const std::shared_ptr<Host>& host, Span delay, std::function<void()> what) {
    in(delay, [this, host, what = std::move(what)]() mutable { run_on(host, std::move(what)); });
}

void World::run_on(const std::shared_ptr<Host>& host, std::function<void()> what) {
    if (!host->alive) return;
    if (host->paused_until > now_) {
        on(host, host->paused_until - now_, std::move(what));
        return;
    }
    what();
    if (host->alive) host->settle();
}

bool World::step(Time until) {
    if (due_.empty() || due_.front().at > until) {
        now_ = std::max(now_, until);
        return false;
    }
    std::pop_heap(due_.begin(), due_.end(), later);
    const Due next = std::move(due_.back());
    due_.pop_back();
    now_ = next.at;
    ++totals.events;
    next.what();
    return true;
}

void World::note(std::string_view what, std::uint64_t node, std::string_view about, std::uint64_t a,
                 std::uint64_t b) {
    const auto at = static_cast<std::uint64_t>((now_ - start_).count());
    hash_ = derive_seed(derive_seed(derive_seed(hash_, what), about),
                        Random(at ^ (node << 48) ^ (a << 24) ^ b).next());
    if (!show_) return;
    std::printf("%4" PRIu64 ".%06" PRIu64 " n%" PRIu64 " %-18.*s %.*s %" PRIu64 " %" PRIu64 "\n",
                at / 1'000'000, at % 1'000'000, node, static_cast<int>(what.size()), what.data(),
                static_cast<int>(about.size()), about.data(), a, b);
}

}  // namespace libexec::simulation
