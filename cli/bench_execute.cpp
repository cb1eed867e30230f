#include <algorithm>
#include <unordered_map>

#include "bench_mode.hpp"

namespace libexec::cli {
namespace {

using std::chrono::nanoseconds;

constexpr std::chrono::milliseconds poll_pause{20};
constexpr std::chrono::seconds patience{1};
constexpr std::size_t remembered_max = 100'000;

/// Places orders and learns of their ends from the feed of all events. Only orders that have not ended are
/// remembered. When the feed loses its place, or is silent for long, the orders still open are asked for.
class ExecuteMode final : public BenchMode {
public:
    using BenchMode::BenchMode;

    Task<void> open() override {
        asker_ = ground_.target.open_lane(ground_.io);
        // Somebody else's orders would take their share of what is measured.
        BenchCounts counts = co_await asker_->counts();
        while (counts.live > 0 && !ground_.stopping) {
            co_await ground_.clock.sleep_until(ground_.clock.now() + poll_pause);
            const std::uint64_t before = counts.live;
            counts = co_await asker_->counts();
            if (counts.live != before) ground_.progress += 1;
        }
        feed_ = co_await ground_.target.follow_all(ground_.io);
        ground_.background(read_feed());
    }

    Task<void> turn(BenchLane& lane, BenchTurn turn) override {
        submitting_ += 1;
        const bool done = co_await submit(lane, turn);
        submitting_ -= 1;
        if (done) note_accepted(lane.accepted);
        // Ends of orders that are not ours.
        if (submitting_ == 0) early_.clear();
    }

    Task<void> settle() override {
        std::uint64_t before = ground_.progress;
        nanoseconds since = ground_.clock.now();
        while (!open_orders_.empty() && !ground_.stopping) {
            co_await ground_.clock.sleep_until(ground_.clock.now() + poll_pause);
            const nanoseconds now = ground_.clock.now();
            if (ground_.progress != before) since = now;
            before = ground_.progress;
            if (now - since >= patience) {
                co_await catch_up();
                since = ground_.clock.now();
            }
        }
    }

    void close() override {
        closing_ = true;
        if (feed_) feed_->close();
    }

private:
    struct End {
        bool confirmed;
        Time at;
    };

    Task<void> read_feed() {
        while (!closing_) {
            const std::vector<BenchEvent> events = co_await feed_->next();
            for (const BenchEvent& event : events) {
                if (event.ends) note_ended(event);
            }
            if (!events.empty() || closing_) continue;
            ground_.figures.feed_losses += 1;
            // Whoever hangs up at once is not asked again at once.
            co_await ground_.clock.sleep_until(ground_.clock.now() + poll_pause);
            feed_ = co_await ground_.target.follow_all(ground_.io);
            // Asking while the run goes on would take from what is measured; that is left to the end, unless
            // it becomes too much to remember.
            if (!catching_up_ && open_orders_.size() > remembered_max) ground_.background(catch_up());
        }
        if (feed_) feed_->close();
    }

    /// Asks for every order that is still open now.
    Task<void> catch_up() {
        if (catching_up_) co_return;
        catching_up_ = true;
        std::vector<Uuid> orders;
        for (const auto& [order, accepted_at] : open_orders_) orders.push_back(order);
        for (const Uuid& order : orders) {
            if (ground_.stopping || closing_) break;
            if (!open_orders_.contains(order)) continue;  // the feed was faster
            const std::optional<BenchEvent> end = co_await asker_->end_of(order);
            if (end) note_ended(*end);
        }
        catching_up_ = false;
    }

    void note_accepted(const Uuid& order) {
        const Time now = ground_.wall.now();
        const auto early = early_.find(order);
        if (early == early_.end()) {
            open_orders_.emplace(order, now);
            return;
        }
        count(early->second, now);
        early_.erase(early);
    }

    void note_ended(const BenchEvent& event) {
        const End end{event.confirmed, event.at};
        const auto open = open_orders_.find(event.order);
        if (open != open_orders_.end()) {
            count(end, open->second);
            open_orders_.erase(open);
        } else if (submitting_ > 0) {
            early_.insert_or_assign(event.order, end);  // its 202 is still on the way
        }
    }

    void count(const End& end, Time accepted_at) {
        ground_.progress += 1;
        (end.confirmed ? ground_.figures.confirmed : ground_.figures.unfilled) += 1;
        ground_.figures.latencies["execute"].record(end.at - accepted_at);
        // When it ended, not when it was heard of.
        const nanoseconds ago = ground_.wall.now() - end.at;
        const nanoseconds ending = ground_.clock.now() - ago - ground_.began;
        ground_.figures.ending = std::max(ground_.figures.ending, ending);
    }

    std::unique_ptr<BenchLane> asker_;
    std::unique_ptr<BenchStream> feed_;
    std::unordered_map<Uuid, Time> open_orders_;  ///< when each was accepted
    std::unordered_map<Uuid, End> early_;         ///< heard of before the answer to the submission
    std::uint32_t submitting_ = 0;
    bool catching_up_ = false;
    bool closing_ = false;
};

}  // namespace

std::unique_ptr<BenchMode> make_execute_mode(BenchGround& ground) {
    return std::make_unique<ExecuteMode>(ground);
}

}  // namespace libexec::cli
