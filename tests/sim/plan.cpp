#include "sim/plan.hpp"

namespace libexec::simulation {
namespace {

/// Nothing in half of the seeds, up to `most` in the others.
std::uint64_t rate(Random& dice, std::uint64_t most) { return dice.below(2) == 0 ? 0 : 1 + dice.below(most); }

}  // namespace

Plan::Plan(std::uint64_t seed) {
    Random dice(derive_seed(seed, "plan"));
    nodes = 1 + dice.below(3);
    orders = 2 + dice.below(5);
    concurrency = 1 + dice.below(3);
    if (dice.below(10) == 0) queue_limit = 1 + dice.below(2);
    attempts_max = 1 + dice.below(4);
    if (dice.below(4) == 0) backlog_max = 1 + dice.below(4);
    order_deadline = std::chrono::milliseconds(10'000 + dice.below(40'000));
    lease = std::chrono::milliseconds(1'500 + dice.below(4'500));

    crash = rate(dice, 60);
    pause = rate(dice, 80);
    drain = rate(dice, 20);
    if (dice.below(4) == 0) skew_ms = dice.below(3'000);

    refused = rate(dice, 60);
    answer_lost = rate(dice, 40);
    write_lost = rate(dice, 30);
    write_late = rate(dice, 30);
    crash_at_write = rate(dice, 15);
    stall = rate(dice, 50);
    outage = rate(dice, 60);
    gives_back = dice.below(2) == 0;
    wake_lost = rate(dice, 500);

    send_lost = rate(dice, 400);
    send_late = rate(dice, 400);
    send_twice = rate(dice, 300);
    reply_lost = rate(dice, 150);
    lands_with_error = rate(dice, 400);
    fork = rate(dice, 400);
    confirmed_counts = fork == 0 && dice.below(3) == 0;
    lag = rate(dice, 200);
    liar = dice.below(4) == 0;
    forgetful = dice.below(4) == 0;
    if (dice.below(3) == 0) silent = 1 + dice.below(2);
    finalized_only = dice.below(2) == 0;

    answer_to_client_lost = rate(dice, 150);
    quote_failure_ppm = dice.below(3) == 0 ? 0 : dice.below(200'000);
}

}  // namespace libexec::simulation
