#pragma once

#include "libexec/model/order.hpp"
#include "libexec/routing/router.hpp"
#include "libexec/telemetry/metrics.hpp"

namespace libexec {

/// What the engine counts. No order, client or mint ever becomes a label. Safe from any thread.
class OrderMetrics {
public:
    OrderMetrics(Metrics& metrics, const Router& router);

    void accepted() const { accepted_.add(); }
    void replayed() const { replays_.add(); }
    /// Claimed for the first time.
    void started(const Order& order) const;
    void route_selected(std::string_view venue) const { routes_.with({venue}).add(); }
    /// An attempt was closed: landed, well or not, or expired.
    void attempt_closed(const Attempt& attempt, SwapMode mode) const;
    void retried(Reason cause) const { retries_.with({to_string(cause)}).add(); }
    /// Put aside because the engine failed on it.
    void parked() const { parked_.add(); }
    void ended(const Order& order) const;

private:
    Counter accepted_;
    Counter replays_;
    Counter parked_;
    MetricFamily<Counter> ends_;
    MetricFamily<Counter> retries_;
    MetricFamily<Counter> failures_;
    MetricFamily<Counter> routes_;
    Histogram queue_wait_;
    Histogram order_duration_;
    MetricFamily<Histogram> execution_duration_;
    MetricFamily<Histogram> slippage_;
};

}  // namespace libexec
