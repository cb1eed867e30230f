#include "bench_run.hpp"

#include <doctest/doctest.h>

#include "libexec/base/timers.hpp"
#include "libexec/base/uuid.hpp"

using namespace libexec;
using namespace libexec::cli;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;

namespace {

/// Time that passes only when somebody waits, or works.
class ScriptedClock final : public BenchClock {
public:
    nanoseconds now() const override { return now_; }
    Task<void> sleep_until(nanoseconds moment) override {
        now_ = std::max(now_, moment);
        co_return;
    }
    void pass(nanoseconds time) { now_ += time; }

private:
    nanoseconds now_{5s};
};

/// A target that takes so long over each request, and answers as it was told.
class ScriptedTarget final : public BenchTarget {
public:
    class Lane final : public BenchLane {
    public:
        explicit Lane(ScriptedTarget& target) : target_(target) {}
        Task<BenchAnswer> submit(BenchOrder) override {
            accepted = target_.ids.next();
            co_return answer("submit");
        }
        Task<BenchAnswer> get(Uuid) override { co_return answer("get"); }
        Task<BenchAnswer> list() override { co_return answer("list"); }
        Task<BenchAnswer> quote(BenchOrder) override { co_return answer("quote"); }
        Task<BenchCounts> counts() override { co_return BenchCounts(); }
        Task<std::optional<BenchEvent>> end_of(Uuid order) override {
            target_.asked += 1;
            BenchEvent end;
            end.order = order;
            end.ends = end.confirmed = true;
            end.at = SystemClock().now();
            co_return end;
        }
        Task<std::string> version() override { co_return "0"; }

    private:
        BenchAnswer answer(const std::string& kind) {
            target_.requests.push_back(kind);
            const std::size_t number = target_.requests.size();
            target_.clock.pass(number == target_.slow_request ? target_.slow : target_.usual);
            refusal = trouble = "503";
            return number == target_.busy_request ? BenchAnswer::busy : BenchAnswer::done;
        }
        ScriptedTarget& target_;
    };

    /// Events 1 and 2 of an order, of which some may be missing.
    class Stream final : public BenchStream {
    public:
        Stream(Uuid order, std::vector<std::uint32_t> seqs) : order_(order), seqs_(std::move(seqs)) {}
        Task<std::vector<BenchEvent>> next() override {
            std::vector<BenchEvent> events;
            for (const std::uint32_t seq : seqs_) {
                BenchEvent event;
                event.order = order_;
                event.seq = seq;
                event.ends = event.confirmed = seq == 2;
                // Ahead of the followers' arrival, so that none of them counts as late.
                event.at = SystemClock().now() + 1s;
                events.push_back(event);
            }
            seqs_.clear();
            co_return events;
        }
        void close() override {}

    private:
        Uuid order_;
        std::vector<std::uint32_t> seqs_;
    };

    /// A feed without a word.
    class SilentFeed final : public BenchStream {
    public:
        SilentFeed(asio::io_context& io, bool closed) : timers_(make_timers(io)), closed_(closed) {}
        Task<std::vector<BenchEvent>> next() override {
            while (!closed_) co_await timers_->sleep_for(1ms);
            co_return std::vector<BenchEvent>();
        }
        void close() override { closed_ = true; }

    private:
        std::unique_ptr<Timers> timers_;
        bool closed_;
    };

    std::unique_ptr<BenchLane> open_lane(asio::io_context&) override { return std::make_unique<Lane>(*this); }
    Task<std::unique_ptr<BenchStream>> follow(asio::io_context&, Uuid order) override {
        co_return std::make_unique<Stream>(order, seqs);
    }
    Task<std::unique_ptr<BenchStream>> follow_all(asio::io_context& io) override {
        if (!has_feed) throw std::runtime_error("nobody follows everything here");
        co_return std::make_unique<SilentFeed>(io, feeds++ == 0);
    }
    std::string name() const override { return "script"; }
    std::string database() const override { return "none"; }

    ScriptedClock clock;
    nanoseconds usual{100us};
    nanoseconds slow{0};
    std::size_t slow_request = 0;
    std::size_t busy_request = 0;
    std::vector<std::uint32_t> seqs{1, 2};
    std::vector<std::string> requests;
    bool has_feed = false;
    int feeds = 0;  ///< the first one is lost at once
    std::uint64_t asked = 0;
    SystemClock wall;
    UuidGenerator ids{wall, 1};
};

BenchPlan plan_of(BenchPlan::Mode mode, std::uint64_t turns, std::uint32_t rate = 0) {
    BenchPlan plan;
    plan.mode = mode;
    plan.limit.turns = turns;
    plan.connections = 1;
    plan.rate = rate;
    plan.seed = 3;
    return plan;
}

BenchFigures run(ScriptedTarget& target, const BenchPlan& plan) {
    asio::io_context io(1);
    return BenchRun(io, target.clock, target.wall, plan, target, BenchPatience{}).run();
}

}  // namespace

TEST_SUITE("cli/bench_run") {
    TEST_CASE("in an open loop a slow answer makes the turns behind it late, and is in their latency") {
        ScriptedTarget target;
        target.slow_request = 11;
        target.slow = 50ms;  // at 1 000 a second: 50 turns fall due meanwhile
        const BenchFigures figures = run(target, plan_of(BenchPlan::Mode::accept, 200, 1'000));
        CHECK(figures.accepted == 200);
        // 49 ms behind, and 0.9 ms less with each turn: 48.1, 47.2, ...
        CHECK(figures.late_1ms == 54);
        CHECK(figures.late_10ms == 44);
        const LatencyHistogram& accept = figures.latencies.at("accept");
        CHECK(accept.count() == 200);
        CHECK(accept.max() == 50ms);
        CHECK(accept.percentile(9'000) > 20ms);  // the stall was met by a quarter of the turns, not by one
        CHECK(figures.sending >= 199ms);
        CHECK(figures.sending < 200ms);
    }

    TEST_CASE("in a closed loop the same stall is one slow answer") {
        ScriptedTarget target;
        target.slow_request = 11;
        target.slow = 50ms;
        const BenchFigures figures = run(target, plan_of(BenchPlan::Mode::accept, 200));
        CHECK(figures.late_1ms == 0);
        CHECK(figures.latencies.at("accept").max() == 50ms);
        CHECK(figures.latencies.at("accept").percentile(9'900) < 1ms);
        CHECK(figures.sending == 199 * 100us + 50ms);
    }

    TEST_CASE("a full queue is repeated; in an open loop the wait belongs to the latency") {
        for (const std::uint32_t rate : {0U, 10U}) {
            ScriptedTarget target;
            target.busy_request = 1;
            const BenchFigures figures = run(target, plan_of(BenchPlan::Mode::accept, 3, rate));
            CHECK(figures.accepted == 3);
            CHECK(figures.busy == 1);
            CHECK(target.requests.size() == 4);
            CHECK((figures.latencies.at("accept").max() > 5ms) == (rate > 0));
        }
    }

    TEST_CASE("a time limits a run as well, and the warm-up is not counted") {
        ScriptedTarget target;
        BenchPlan plan = plan_of(BenchPlan::Mode::accept, 0, 100);
        plan.limit.time = 1s;
        plan.warmup.turns = 7;
        const BenchFigures figures = run(target, plan);
        CHECK(figures.turns == 100);
        CHECK(target.requests.size() == 107);
    }

    TEST_CASE("a mix is drawn with the seed") {
        const auto mixed = [](std::uint64_t seed) {
            ScriptedTarget target;
            BenchPlan plan = plan_of(BenchPlan::Mode::mixed, 1'000);
            plan.seed = seed;
            const BenchFigures figures = run(target, plan);
            CHECK(figures.turns == 1'000);
            std::uint64_t answered = figures.accepted;
            for (const auto& [kind, count] : figures.answered) {
                CHECK(figures.latencies.at(kind).count() == count);
                answered += count;
            }
            CHECK(answered == 1'000);
            CHECK(figures.accepted > 540);
            CHECK(figures.accepted < 660);
            CHECK(figures.answered.at("quote") > 25);
            return target.requests;
        };
        const auto first = mixed(1);
        CHECK(first == mixed(1));
        CHECK(first != mixed(2));
    }

    TEST_CASE("every follower must see every event once, in order") {
        BenchPlan plan = plan_of(BenchPlan::Mode::fan_out, 4);
        plan.followers = 5;
        ScriptedTarget good;
        const BenchFigures fine = run(good, plan);
        CHECK(fine.follower_events == 40);
        CHECK(fine.follower_gaps == 0);
        CHECK(fine.confirmed == 4);
        CHECK(fine.latencies.at("follower").count() == 20);
        CHECK(fine.latencies.at("lastFollower").count() == 4);
        CHECK_FALSE(fine.failed());
        for (const std::vector<std::uint32_t>& seqs :
             {std::vector<std::uint32_t>{2}, std::vector<std::uint32_t>{1, 1, 2},
              std::vector<std::uint32_t>{1}}) {
            ScriptedTarget bad;
            bad.seqs = seqs;
            const BenchFigures broken = run(bad, plan);
            CHECK(broken.follower_gaps == 20);
            CHECK(broken.failed());
        }
    }

    TEST_CASE("orders whose ends the feed did not tell are asked for") {
        ScriptedTarget target;
        target.has_feed = true;
        const BenchFigures figures = run(target, plan_of(BenchPlan::Mode::execute, 30));
        CHECK(target.feeds == 2);
        CHECK(figures.confirmed == 30);
        CHECK(target.asked == 30);
        CHECK(figures.latencies.at("execute").count() == 30);
        CHECK(figures.ending > figures.sending);
    }

    TEST_CASE("what goes wrong in the background ends the run") {
        ScriptedTarget target;
        CHECK_THROWS_WITH(run(target, plan_of(BenchPlan::Mode::execute, 4)),
                          "nobody follows everything here");
    }
}
