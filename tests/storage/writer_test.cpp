#include "storage/writer.hpp"

#include <doctest/doctest.h>

#include <asio/io_context.hpp>
#include <atomic>
#include <thread>

#include "support/store_conformance_world.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

Claimed some_claim() {
    Claimed claimed;
    Uuid::Bytes bytes{};
    bytes.fill(7);
    claimed.order.id = Uuid(bytes);
    claimed.order.last_seq = 4;
    claimed.epoch = 9;
    return claimed;
}

/// A database that makes one claim, loses the answer to its commit, cannot be reached, and comes back. Used
/// by the writer's thread; looked at when the writer is gone.
class LosingBackend final : public WriteBackend, private WriteVisitor {
public:
    LosingBackend(std::vector<Step>& written, std::atomic<int>& steps) : written_(written), steps_(steps) {}

    StoreStanding connect() override {
        if (away_ > 0 && --away_ > 0) throw std::runtime_error("away");
        return {};
    }
    Trial attempt(Ops operations, bool) override {
        Trial trial;
        trial.wrote = true;
        for (const auto& operation : operations) operation->meet(*this);
        if (claims_ && !lost_) {
            lost_ = true;
            away_ = 3;
            trial.outcome = Trial::Outcome::uncertain;
        } else if (steps_lost_ > 0 && lost_) {
            --steps_lost_;
            away_ = 2;
            trial.outcome = Trial::Outcome::uncertain;
        }
        return trial;
    }
    std::optional<bool> landed(const Trial&) override { return std::nullopt; }
    void probe() override {}

    int steps_lost_ = 1;  ///< the answer to the first giving back is lost, too

private:
    void visit(AcceptOp&) override {}
    void visit(ClaimOp& op) override {
        claims_ = true;
        ClaimBatch batch;
        if (!lost_) batch.orders.push_back(some_claim());
        op.answer(std::move(batch));
    }
    void visit(ClaimOrderOp& op) override {
        claims_ = true;
        op.answer(lost_ ? std::nullopt : std::optional(some_claim()));
    }
    void visit(StepOp& op) override {
        written_.push_back(op.step());
        op.answer(StepAnswer::committed);
        ++steps_;
    }
    void visit(CancelOp&) override {}

    std::vector<Step>& written_;
    std::atomic<int>& steps_;
    bool claims_ = false;
    bool lost_ = false;
    int away_ = 0;
};

template <class Answer, class Op>
Result<Answer> ask(StoreWriter& writer, std::unique_ptr<Op> operation) {
    asio::io_context io{1};
    auto task = await_operation<Answer>(writer, std::move(operation));
    std::optional<Result<Answer>> answer;
    spawn(io, keep_answer(std::move(task), answer));
    io.run();
    return std::move(answer).value();
}

}  // namespace

TEST_SUITE("storage/writer") {
    TEST_CASE("what a claim took although nobody was told of it is let go of, until that is certain") {
        for (const bool by_name : {false, true}) {
            CAPTURE(by_name);
            std::vector<Step> written;
            std::atomic<int> steps{0};
            const std::unique_ptr<Log> log = make_silent_log();
            {
                StoreLimits limits;
                limits.probe_interval = 1ms;
                StoreWriter writer(
                    limits, std::make_unique<LosingBackend>(written, steps), [](const auto&) {}, *log);
                std::optional<Rejection> refused;
                if (by_name) {
                    const auto claimed = ask<std::optional<Claimed>>(
                        writer, std::make_unique<ClaimOrderOp>(some_claim().order.id));
                    if (!claimed) refused = claimed.error();
                } else {
                    const auto claimed = ask<ClaimBatch>(writer, std::make_unique<ClaimOp>(5));
                    if (!claimed) refused = claimed.error();
                }
                REQUIRE(refused);
                CHECK(refused->reason == Reason::outcome_unknown);
                // Twice in trouble, twice out of it again.
                for (int i = 0; i < 30'000 && steps < 2; ++i) std::this_thread::sleep_for(1ms);
            }
            REQUIRE(written.size() == 2);
            for (const Step& step : written) {
                CHECK(step.after.id == some_claim().order.id);
                CHECK(step.epoch == 9);
                CHECK(step.expected_seq == 4);
                CHECK(step.after.last_seq == 4);
                CHECK(step.events.empty());
                CHECK(step.job.kind == JobChange::Kind::release);
            }
        }
    }
}
