#include <algorithm>
#include <set>

#include "bench_mode.hpp"
#include "libexec/base/timers.hpp"

namespace libexec::cli {
namespace {

constexpr std::chrono::milliseconds look_pause{50};

/// The followers of one order.
struct Crowd {
    explicit Crowd(std::uint32_t size) : left(size) {}
    std::uint32_t left;
    std::optional<Time> ended_at;  ///< as the last event says
    bool confirmed = false;
    std::optional<Time> first;  ///< follower in time that had the last event
    std::optional<Time> last;
};

/// Places orders and follows each on many streams; every one must see every event once and in order.
class FanOutMode final : public BenchMode {
public:
    explicit FanOutMode(BenchGround& ground) : BenchMode(ground), timers_(make_timers(ground.io)) {}

    Task<void> turn(BenchLane& lane, BenchTurn turn) override {
        if (!co_await submit(lane, turn)) co_return;
        const Uuid order = lane.accepted;
        const auto crowd = std::make_shared<Crowd>(ground_.plan.followers);
        const std::shared_ptr<Alarm> alarm = timers_->make_alarm();
        for (std::uint32_t i = 0; i < ground_.plan.followers; ++i)
            ground_.background(follow(crowd, alarm, order));
        while (crowd->left > 0 && !ground_.stopping) co_await alarm->wait(look_pause);
        if (!crowd->ended_at) co_return;
        ground_.figures.ending = ground_.clock.now() - ground_.began;
        (crowd->confirmed ? ground_.figures.confirmed : ground_.figures.unfilled) += 1;
        if (!crowd->first) co_return;
        ground_.figures.latencies["firstFollower"].record(*crowd->first - *crowd->ended_at);
        ground_.figures.latencies["lastFollower"].record(*crowd->last - *crowd->ended_at);
    }

    void close() override {
        closing_ = true;
        for (BenchStream* const stream : streams_) stream->close();
    }

private:
    Task<void> follow(std::shared_ptr<Crowd> crowd, std::shared_ptr<Alarm> alarm, Uuid order) {
        const std::unique_ptr<BenchStream> stream = co_await ground_.target.follow(ground_.io, order);
        const Time opened = ground_.wall.now();
        streams_.insert(stream.get());
        std::uint32_t expected = 1;
        bool ended = false;
        while (!ended && !closing_) {
            const std::vector<BenchEvent> events = co_await stream->next();
            const Time now = ground_.wall.now();
            if (events.empty()) break;
            ground_.progress += 1;
            for (const BenchEvent& event : events) {
                if (event.seq != expected) ground_.figures.follower_gaps += 1;
                expected = event.seq + 1;
                ground_.figures.follower_events += 1;
                if (!event.ends) continue;
                ended = true;
                take_end(*crowd, event, opened, now);
            }
        }
        streams_.erase(stream.get());
        if (!ended && !closing_) ground_.figures.follower_gaps += 1;
        crowd->left -= 1;
        if (crowd->left == 0) alarm->ring();
    }

    void take_end(Crowd& crowd, const BenchEvent& event, Time opened, Time now) {
        crowd.ended_at = event.at;
        crowd.confirmed = event.confirmed;
        if (opened > event.at) {
            ground_.figures.late_followers += 1;
            return;
        }
        ground_.figures.latencies["follower"].record(now - event.at);
        crowd.first = std::min(crowd.first.value_or(now), now);
        crowd.last = std::max(crowd.last.value_or(now), now);
    }

    std::unique_ptr<Timers> timers_;
    std::set<BenchStream*> streams_;
    bool closing_ = false;
};

}  // namespace

std::unique_ptr<BenchMode> make_fan_out_mode(BenchGround& ground) {
    return std::make_unique<FanOutMode>(ground);
}

}  // namespace libexec::cli
