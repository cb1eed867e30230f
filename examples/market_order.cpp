// Places one market order on the simulated market and prints its life.
#include <asio/co_spawn.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "libexec/embed/open.hpp"

using namespace libexec;

namespace {

Task<int> trade(Service& service, Executor here) {
    OrderRequest order;
    order.token_in = *service.tokens().find("SOL");
    order.token_out = *service.tokens().find("USDC");
    order.native_in = true;
    order.amount = Amount(10'000'000'000);  // 10 SOL in lamports
    order.slippage = Bps::of(100).value();

    SubmitOptions options;
    Result<Submitted> submitted = co_await service.submit(std::move(order), std::move(options));
    if (!submitted) {
        std::printf("declined: %s\n", submitted.error().detail.c_str());
        co_return 1;
    }
    const std::shared_ptr<EventStream> stream = service.follow(submitted.value().order, 0, here);
    OrderStatus status = OrderStatus::pending;
    for (EventBatch::End end = EventBatch::End::none; end == EventBatch::End::none;) {
        Result<EventBatch> batch = co_await stream->next();
        if (!batch) co_return 1;
        for (const CommittedEvent& event : batch.value().events) {
            status = event->status;
            std::printf("%2u  %s  %s", event->seq, to_rfc3339(event->at).c_str(),
                        std::string(to_string(status)).c_str());
            if (const auto* done = std::get_if<ConfirmedData>(&event->data)) {
                std::printf("  %s USDC on %s", to_text(done->amount_out).c_str(), done->venue.c_str());
            }
            std::printf("\n");
        }
        end = batch.value().end;
    }
    co_return status == OrderStatus::confirmed ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        Config config;
        config.database_url = std::string("sqlite:") + (argc > 1 ? argv[1] : "market_order.db");
        config.mock_seed = 42;
        const auto log = make_stderr_log(LogLevel::warn, LogFormat::text);
        const auto service = open(config, *log);

        asio::io_context io(1);
        int outcome = 1;
        asio::co_spawn(io, trade(*service, io.get_executor()),
                       [&](std::exception_ptr, int value) { outcome = value; });
        io.run();
        return outcome;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "market_order: %s\n", error.what());
        return 1;
    }
}
