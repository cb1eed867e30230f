#include "order_metrics.hpp"

#include <array>

namespace libexec {
namespace {

/// Shares of the quoted amount: a thousandth is ten basis points. Below zero the trader did better than
/// quoted.
std::vector<double> ratio_buckets() {
    return {-0.01, -0.005, -0.0025, -0.001, 0, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1};
}

/// How much worse than `quoted` it came out, as a share of it.
double shortfall(Amount quoted, Amount executed) {
    const auto expected = static_cast<double>(quoted.base_units());
    return expected == 0 ? 0 : (expected - static_cast<double>(executed.base_units())) / expected;
}

/// Why orders end without a fill.
constexpr std::array failure_reasons{Reason::slippage_exceeded,
                                     Reason::no_route,
                                     Reason::insufficient_liquidity,
                                     Reason::insufficient_funds,
                                     Reason::venue_timeout,
                                     Reason::venue_error,
                                     Reason::breaker_open,
                                     Reason::venue_busy,
                                     Reason::chain_rejected,
                                     Reason::account_in_use,
                                     Reason::stale_blockhash,
                                     Reason::policy_refused,
                                     Reason::pool_closed,
                                     Reason::amount_too_small,
                                     Reason::unsupported_token,
                                     Reason::bad_account,
                                     Reason::expired,
                                     Reason::timeout,
                                     Reason::internal};

}  // namespace

OrderMetrics::OrderMetrics(Metrics& metrics, const Router& router)
    : accepted_(metrics.counters("libexec_orders_accepted_total", "Orders taken and durable.").with()),
      replays_(metrics
                   .counters("libexec_idempotent_replays_total",
                             "Submissions answered with an order that was accepted before.")
                   .with()),
      parked_(metrics
                  .counters("libexec_orders_parked_total",
                            "Times an order was put aside because the engine failed on it.")
                  .with()),
      ends_(metrics.counters("libexec_orders_total", "Orders that ended, by final status.", {"status"})),
      retries_(metrics.counters("libexec_order_retries_total",
                                "Attempts that failed and were followed by another one.", {"reason"})),
      failures_(metrics.counters("libexec_order_failures_total", "Orders that failed or expired, by reason.",
                                 {"reason"})),
      routes_(metrics.counters("libexec_route_selected_total", "Attempts routed to a venue.", {"venue"})),
      queue_wait_(metrics
                      .histograms("libexec_queue_wait_seconds",
                                  "From acceptance to the first claim of an order.", {}, duration_buckets())
                      .with()),
      order_duration_(metrics
                          .histograms("libexec_order_duration_seconds",
                                      "From acceptance to the end of an order.", {}, duration_buckets())
                          .with()),
      execution_duration_(metrics.histograms("libexec_execution_duration_seconds",
                                             "From the written intent of a transaction to its fate.",
                                             {"venue"}, duration_buckets())),
      slippage_(metrics.histograms("libexec_execution_slippage_ratio",
                                   "How much worse than quoted a fill was, as a share of the quoted amount.",
                                   {"venue"}, ratio_buckets())) {
    // Served from the start, so that a rate over them has no gap.
    for (const OrderStatus status : order_statuses) {
        if (is_terminal(status)) ends_.with({to_string(status)});
    }
    for (const Reason reason : failure_reasons) {
        failures_.with({to_string(reason)});
        if (is_retryable(reason)) retries_.with({to_string(reason)});
    }
    for (const auto& venue : router.venues()) {
        routes_.with({venue->name()});
        execution_duration_.with({venue->name()});
        slippage_.with({venue->name()});
    }
}

void OrderMetrics::started(const Order& order) const {
    queue_wait_.observe(order.first_claimed_at.value_or(order.created_at) - order.created_at);
}

void OrderMetrics::attempt_closed(const Attempt& attempt, SwapMode mode) const {
    execution_duration_.with({attempt.venue}).observe(attempt.closed_at - attempt.opened_at);
    if (attempt.resolution != Resolution::landed_ok) return;
    const double worse = mode == SwapMode::exact_in ? shortfall(attempt.quoted_out, attempt.amount_out)
                                                    : -shortfall(attempt.quoted_in, attempt.amount_in);
    slippage_.with({attempt.venue}).observe(worse);
}

void OrderMetrics::ended(const Order& order) const {
    ends_.with({to_string(order.status)}).add();
    if (order.failure) failures_.with({to_string(order.failure->code)}).add();
    order_duration_.observe(order.updated_at - order.created_at);
}

}  // namespace libexec
