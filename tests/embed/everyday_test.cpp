#include "libexec/embed/everyday.hpp"
#include <doctest/doctest.h>
#include <stdexcept>
#include <thread>
#include "support/temp_dir.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

Config fast_world(const TempDir& dir) {
    Config config;
    config.database_url = "sqlite:" + dir.file("exec.db");
    config.mock_seed = 42;
    config.mock_time_scale_ppm = 0;
    config.mock_failure_rate_ppm = 0;
    return config;
}

/// The same service, whose first stream hands out two events and then says that its reader is too slow.
class SlowReaders final : public Service {
public:
    explicit SlowReaders(Service& real) : real_(real) {}

    std::shared_ptr<EventStream> follow(OrderId order, std::uint32_t after_seq, Executor reader) override {
        afters.push_back(after_seq);
        if (afters.size() > 1) return real_.follow(order, after_seq, reader);
        return std::make_shared<Lagging>(real_, order);
    }
    std::vector<std::uint32_t> afters;  ///< where each stream began

    Task<Result<Submitted>> submit(OrderRequest request, SubmitOptions options) override {
        return real_.submit(std::move(request), std::move(options));
    }
    Task<Result<CancelAnswer>> cancel(OrderId order, Viewer viewer) override {
        return real_.cancel(order, std::move(viewer));
    }
    Task<Result<std::optional<OrderRecord>>> load(OrderId order, Viewer viewer) override {
        return real_.load(order, std::move(viewer));
    }
    Task<Result<std::vector<OrderRecord>>> list(OrderFilter filter) override { return real_.list(filter); }
    Task<Result<std::vector<CommittedEvent>>> events(OrderId order, std::uint32_t after, std::size_t limit,
                                                     Viewer viewer) override {
        return real_.events(order, after, limit, std::move(viewer));
    }
    std::shared_ptr<EventStream> follow_all(Executor reader, Viewer viewer) override {
        return real_.follow_all(reader, std::move(viewer));
    }
    Task<Result<QueueCounts>> queue() override { return real_.queue(); }
    Task<Result<std::vector<StoreNode>>> nodes() override { return real_.nodes(); }
    Task<Result<RoutingDecision>> quote(OrderRequest request) override { return real_.quote(request); }
    std::vector<VenueStatus> venues() const override { return real_.venues(); }
    Task<Result<VenueStatus>> pause_venue(std::string name, std::string reason) override {
        return real_.pause_venue(std::move(name), std::move(reason));
    }
    Task<Result<VenueStatus>> resume_venue(std::string name) override {
        return real_.resume_venue(std::move(name));
    }
    const TokenRegistry& tokens() const override { return real_.tokens(); }
    Metrics& metrics() override { return real_.metrics(); }
    Result<Done> health() const override { return real_.health(); }
    bool draining() const override { return real_.draining(); }
    SimFaults* faults() override { return real_.faults(); }
    void set_limits(const ServiceLimits& limits) override { real_.set_limits(limits); }
    void stop() override { real_.stop(); }

private:
    class Lagging final : public EventStream {
    public:
        Lagging(Service& real, OrderId order) : real_(real), order_(order) {}
        Task<Result<EventBatch>> next() override {
            Result<std::vector<CommittedEvent>> read = co_await real_.events(order_, 0, 2);
            if (!read) co_return read.error();
            EventBatch batch;
            batch.events = read.value();
            batch.end = EventBatch::End::lagged;
            batch.last_seq = batch.events.back()->seq;
            co_return batch;
        }
        void close() override {}

    private:
        Service& real_;
        const OrderId order_;
    };

    Service& real_;
};

Task<Result<int>> throwing() {
    throw std::runtime_error("out of the coroutine");
    co_return 1;
}

}  // namespace

TEST_SUITE("embed/everyday") {
    TEST_CASE("submit, follow, list and cancel without an event loop of one's own") {
        const TempDir dir;
        const auto service = libexec::open(fast_world(dir));
        const Result<OrderRequest> order = sell_order(service->tokens(), "10", "SOL", "USDC");
        REQUIRE(order);
        const Result<Submitted> placed = wait(service->submit(order.value()));
        REQUIRE(placed);

        OrderEvents events(*service, placed.value().order);
        CHECK(events.ended().error().reason == Reason::in_flight);
        std::uint32_t seq = 0;
        OrderStatus last = OrderStatus::pending;
        for (const CommittedEvent& event : events) {
            CHECK(event->seq == ++seq);
            CHECK(events.last_seq() == seq);
            last = event->status;
        }
        CHECK(events.ended());
        CHECK(last == OrderStatus::confirmed);
        CHECK(events.next() == nullptr);

        const auto listed = wait(service->list(OrderFilter()));
        REQUIRE(listed.value().size() == 1);
        CHECK(listed.value().front().order.id == placed.value().order);
        CHECK(wait(service->cancel(placed.value().order)).error().reason == Reason::too_late_to_cancel);
    }

    TEST_CASE("who comes back begins after the last event seen, with neither gap nor repeat") {
        const TempDir dir;
        const auto service = libexec::open(fast_world(dir));
        const auto placed = wait(service->submit(sell_order(service->tokens(), "1", "SOL", "USDC").value()));
        std::vector<std::uint32_t> seen;
        std::uint32_t after = 0;
        {
            OrderEvents events(*service, placed.value().order);
            for (int i = 0; i < 2; ++i) seen.push_back(events.next()->seq);
            after = events.last_seq();
        }
        for (const CommittedEvent& event : OrderEvents(*service, placed.value().order, after)) {
            seen.push_back(event->seq);
        }
        REQUIRE(seen.size() == 6);
        for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == i + 1);

        OrderEvents nothing_left(*service, placed.value().order, 6);
        CHECK(nothing_left.next() == nullptr);
        CHECK(nothing_left.ended());
        OrderEvents no_such(*service, OrderId());
        CHECK(no_such.next() == nullptr);
        CHECK(no_such.ended().error().reason == Reason::not_found);
    }

    TEST_CASE("a reader that fell behind goes on from the store, with neither gap nor repeat") {
        const TempDir dir;
        const auto service = libexec::open(fast_world(dir));
        const auto placed = wait(service->submit(sell_order(service->tokens(), "1", "SOL", "USDC").value()));
        for (const CommittedEvent& event : OrderEvents(*service, placed.value().order)) CHECK(event);
        SlowReaders slow(*service);
        OrderEvents events(slow, placed.value().order);
        std::uint32_t seq = 0;
        for (const CommittedEvent& event : events) CHECK(event->seq == ++seq);
        CHECK(events.ended());
        CHECK(seq == 6);
        CHECK(slow.afters == std::vector<std::uint32_t>{0, 2});
    }

    TEST_CASE("a reader is told when the service stops, and so is who submits then") {
        const TempDir dir;
        Config config = fast_world(dir);
        config.mock_time_scale_ppm = 1'000'000;  // the order takes longer than this test
        const auto service = libexec::open(config);
        const OrderRequest order = sell_order(service->tokens(), "1", "SOL", "USDC").value();
        const auto placed = wait(service->submit(order));
        OrderEvents events(*service, placed.value().order);
        REQUIRE(events.next() != nullptr);
        std::thread stopper([&] { service->stop(); });
        while (events.next() != nullptr) {
        }
        stopper.join();
        CHECK(events.ended().error().reason == Reason::draining);
        CHECK(wait(service->submit(order)).error().reason == Reason::draining);
        service->stop();                                           // once more changes nothing
        CHECK(wait(service->load(placed.value().order)).value());  // reading still works
    }

    TEST_CASE("an exception out of a coroutine becomes an answer") {
        const Result<int> answer = wait(throwing());
        REQUIRE_FALSE(answer);
        CHECK(answer.error().reason == Reason::internal);
        CHECK(answer.error().detail == "out of the coroutine");
    }

    TEST_CASE("an order from a trader's words, or a sentence that says what is wrong with them") {
        const TokenRegistry tokens = TokenRegistry::with_defaults();
        const OrderRequest sell = sell_order(tokens, "0.25", "SOL", "USDC").value();
        CHECK(sell.amount == Amount(250'000'000));
        CHECK(sell.mode == SwapMode::exact_in);
        CHECK(sell.native_in);
        CHECK_FALSE(sell.native_out);
        CHECK(sell.slippage.points() == 100);
        const OrderRequest buy = buy_order(tokens, "1500", "USDC", wrapped_sol_mint().to_string(), 0).value();
        CHECK(buy.amount == Amount(1'500'000'000));
        CHECK(buy.mode == SwapMode::exact_out);
        CHECK(buy.token_in.symbol == "SOL");
        CHECK_FALSE(buy.native_in);  // by its address it is wrapped already
        CHECK(buy.slippage.points() == 0);

        const auto refused = [&](const Result<OrderRequest>& order, Reason reason, const char* detail) {
            REQUIRE_FALSE(order);
            CHECK(order.error().reason == reason);
            CHECK(order.error().detail == detail);
        };
        refused(
            sell_order(tokens, "1", "SLO", "USDC"), Reason::unknown_token,
            "token_in: 'SLO' is not a known symbol or mint: use one of SOL, USDC, USDT, JUP, RAY, BONK, WIF, "
            "JTO, PYTH, ORCA, a base58 mint, or add it with Config::tokens_file");
        refused(sell_order(tokens, "1", "SOL", "SOL"), Reason::invalid_parameter,
                "token_out: must differ from token_in: both are SOL, choose another");
        refused(sell_order(tokens, "0", "SOL", "USDC"), Reason::bad_amount,
                "amount: zero buys nothing: write a decimal above zero such as \"1.5\", with at most 9 "
                "digits after "
                "the point for SOL");
        refused(buy_order(tokens, "1", "USDC", "SOL", 10'001), Reason::invalid_parameter,
                "slippage_bps: must be 0 to 10000, got 10001: 100 is 1 %");
        for (const char* amount : {"", "-1", "1e3", "1.0000000001", "ten", "99999999999999999999", "1,5"}) {
            CAPTURE(amount);
            const Result<OrderRequest> order = sell_order(tokens, amount, "SOL", "USDC");
            CHECK(order.error().reason == Reason::bad_amount);
            CHECK(order.error().detail.starts_with("amount: "));
        }
    }
}
