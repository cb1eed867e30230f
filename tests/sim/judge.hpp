#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "sim/database.hpp"
#include "sim/judge_chain.hpp"

namespace libexec::simulation {

/// Holds what happens against the invariants. The first breach ends the run.
class Judge final : public StoreWatch, public ChainWatch {
public:
    explicit Judge(World& world) : world_(world) {}
    void watch(const Database& database, const JudgeChain& chain) {
        database_ = &database;
        chain_ = &chain;
    }

    const std::optional<Violation>& broken() const { return broken_; }
    void fail(std::string_view checker, const std::string& what);

    // As it happens.
    void on_stale(const OrderId& order, std::uint64_t times) override;
    void on_step(const Step& step, std::uint64_t epoch_now, bool cancel_requested, bool has_open) override;
    void on_send(const Attempt& attempt) override;
    void on_watched(const Attempt& attempt, int watchers) override;
    void on_declared_dead(const Attempt& attempt) override;
    /// A node acknowledged an order. `key` is the client's; `known` the order it was told before, if any.
    void on_acknowledged(const std::string& key, const OrderId& order, bool replayed,
                         const std::optional<OrderId>& known);
    /// A node answered another body under an acknowledged key.
    void on_other_body(const Result<Submitted>& answer, const OrderId& known);
    void on_cancel_answer(const OrderId& order, const Result<CancelAnswer>& answer);
    /// A stream handed out an event after `last`.
    void on_told(const OrderEvent& event, std::uint32_t last);
    void on_stream_finished(const OrderId& order, std::uint32_t last);
    /// A node at work.
    void on_flights(std::uint64_t node, std::uint64_t in_flight, std::uint64_t concurrency,
                    std::uint64_t cancels);
    void on_live(std::uint64_t live, std::uint64_t limit, std::uint64_t nodes);
    void on_internal_fault(const std::string& what) { fail("no_internal_fault", what); }

    /// When everything is quiet, or should be.
    void at_end(bool streams_done);

private:
    void i1_acknowledged_orders_end();
    void i2_one_success_per_order();
    void i3_gapless_and_one_terminal();
    void i4_status_agrees_with_chain();

    World& world_;
    const Database* database_ = nullptr;
    const JudgeChain* chain_ = nullptr;
    std::set<OrderId> acknowledged_;
    std::set<OrderId> fresh_;
    std::optional<Violation> broken_;
};

}  // namespace libexec::simulation
