#include "bench_mode.hpp"

#include <array>
#include <stdexcept>
#include <vector>

#include "libexec/base/random.hpp"
#include "trouble.hpp"

namespace libexec::cli {
namespace {

constexpr std::chrono::milliseconds busy_pause{5};

/// The order of a turn: the same whichever lane takes it.
BenchOrder order_of(const BenchPlan& plan, std::uint64_t number) {
    Random random(derive_seed(plan.seed, number));
    BenchOrder order;
    order.sell_sol = random.below(2) == 0;
    order.thousandths = static_cast<std::uint32_t>(1 + random.below(order.sell_sol ? 2'000 : 200'000));
    return order;
}

Complaint limited_complaint(const std::string& trouble) {
    Complaint complaint;
    complaint.exit = ExitCode::refused;
    complaint.code = "rate_limited";
    complaint.what = "the server's RATE_LIMIT refuses what the run sends (" + trouble +
                     "): the figures would be the limit's, not the server's";
    complaint.funds = "orders accepted so far are being executed";
    complaint.repeat = "safe, with new orders";
    complaint.next = "start the server with --rate-limit 0 to measure it";
    return complaint;
}

Task<BenchAnswer> request(BenchLane& lane, BenchKind kind, BenchOrder order, Uuid about) {
    switch (kind) {
        case BenchKind::submit:
            return lane.submit(order);
        case BenchKind::get:
            return lane.get(about);
        case BenchKind::list:
            return lane.list();
        case BenchKind::quote:
            return lane.quote(order);
    }
    throw std::logic_error("no such kind of request");
}

class AcceptMode final : public BenchMode {
public:
    using BenchMode::BenchMode;
    Task<void> turn(BenchLane& lane, BenchTurn turn) override { co_await submit(lane, turn); }
};

class MixedMode final : public BenchMode {
public:
    using BenchMode::BenchMode;

    /// There is always an order to ask for.
    Task<void> open() override {
        const std::unique_ptr<BenchLane> lane = ground_.target.open_lane(ground_.io);
        BenchTurn first;
        first.number = ~std::uint64_t{0};
        first.due = ground_.clock.now();
        if (!co_await submit(*lane, first) && !ground_.stopping)
            throw std::runtime_error("the first order was refused: " + lane->trouble);
        known_.push_back(lane->accepted);
    }

    Task<void> turn(BenchLane& lane, BenchTurn turn) override {
        // Beside the draws of the order itself.
        Random random(derive_seed(derive_seed(ground_.plan.seed, "mix"), turn.number));
        const BenchKind kind = draw(random);
        if (kind == BenchKind::submit) {
            if (co_await submit(lane, turn)) remember(lane.accepted);
            co_return;
        }
        static constexpr std::array names{"accept", "get", "list", "quote"};
        const char* const name = names[static_cast<std::size_t>(kind)];
        const Uuid about = known_[random.below(known_.size())];
        if (co_await ask(lane, kind, turn, about, name)) ground_.figures.answered[name] += 1;
    }

private:
    static constexpr std::size_t known_max = 4'096;

    BenchKind draw(Random& random) const {
        std::uint64_t all = 0;
        for (const std::uint32_t share : ground_.plan.mix) all += share;
        std::uint64_t at = random.below(all);
        std::size_t kind = 0;
        while (at >= ground_.plan.mix[kind]) at -= ground_.plan.mix[kind++];
        return static_cast<BenchKind>(kind);
    }

    void remember(Uuid order) {
        if (known_.size() < known_max) {
            known_.push_back(order);
        } else {
            known_[oldest_++ % known_max] = order;
        }
    }

    std::vector<Uuid> known_;
    std::size_t oldest_ = 0;
};

}  // namespace

Task<bool> BenchMode::ask(BenchLane& lane, BenchKind kind, BenchTurn turn, Uuid about, const char* name) {
    const BenchOrder order = order_of(ground_.plan, turn.number);
    while (!ground_.stopping) {
        const BenchAnswer answer = co_await request(lane, kind, order, about);
        const std::chrono::nanoseconds now = ground_.clock.now();
        if (answer == BenchAnswer::limited) throw Trouble(limited_complaint(lane.trouble));
        if (answer != BenchAnswer::busy) {
            ground_.progress += 1;
            ground_.figures.sending = now - ground_.began;
        }
        if (answer == BenchAnswer::done) {
            ground_.figures.latencies[name].record(now - turn.due);
            co_return true;
        }
        if (answer == BenchAnswer::failed) {
            ground_.figures.refuse(lane.refusal, lane.trouble);
            co_return false;
        }
        ground_.figures.busy += 1;
        co_await ground_.clock.sleep_until(now + busy_pause);
        // In an open loop the order has been due all the time; in a closed one this is a new try.
        if (ground_.plan.rate == 0) turn.due = ground_.clock.now();
    }
    co_return false;
}

Task<bool> BenchMode::submit(BenchLane& lane, BenchTurn turn) {
    const Uuid nothing;
    const bool done = co_await ask(lane, BenchKind::submit, turn, nothing, "accept");
    if (done) ground_.figures.accepted += 1;
    co_return done;
}

std::unique_ptr<BenchMode> make_bench_mode(BenchGround& ground) {
    switch (ground.plan.mode) {
        case BenchPlan::Mode::accept:
            return std::make_unique<AcceptMode>(ground);
        case BenchPlan::Mode::execute:
            return make_execute_mode(ground);
        case BenchPlan::Mode::mixed:
            return std::make_unique<MixedMode>(ground);
        case BenchPlan::Mode::fan_out:
            return make_fan_out_mode(ground);
    }
    throw std::logic_error("no such mode");
}

}  // namespace libexec::cli
