// 100 orders, 20 at a time from one thread by coroutines, a progress line while they run and a summary at the
// end.
#include <asio/detached.hpp>
#include <iostream>
#include <libexec/embed/everyday.hpp>
#include <map>

using namespace libexec;

namespace {

constexpr int orders = 100;
constexpr int lanes = 20;

struct Batch {
    Service& service;
    Executor here;
    int next = 0;
    int ended = 0;
    std::map<std::string, int> results{};  ///< how many ended in which way
};

/// To the order's last event, and how it ended.
Task<std::string> last_word(Batch& batch, OrderId order) {
    const std::shared_ptr<EventStream> stream = batch.service.follow(order, 0, batch.here);
    for (;;) {
        const Result<EventBatch> read = co_await stream->next();
        if (!read) co_return "unknown: " + read.error().detail;
        const EventBatch& news = read.value();
        if (news.end == EventBatch::End::finished)
            co_return std::string(to_string(news.events.back()->status));
        if (news.end != EventBatch::End::none) co_return "unknown: the stream ended";
    }
}

Task<void> lane(Batch& batch) {
    while (batch.next < orders) {
        const int number = ++batch.next;
        const std::string amount = std::to_string(number) + ".5";
        Result<OrderRequest> built = sell_order(batch.service.tokens(), amount, "SOL", "USDC");
        OrderRequest order = std::move(built).value();
        order.client_order_id =
            "batch-" + std::to_string(number);  // the batch run again places nothing twice
        Result<Submitted> placed = co_await batch.service.submit(std::move(order));
        std::string result = "declined: " + (placed ? std::string() : placed.error().detail);
        if (placed) result = co_await last_word(batch, placed.value().order);
        ++batch.results[result];
        ++batch.ended;
        std::cerr << "\r" << batch.ended << "/" << orders << std::flush;
    }
}

}  // namespace

int main(int argc, char** argv) {
    try {
        Config config;
        config.database_url = std::string("sqlite:") + (argc > 1 ? argv[1] : "batch_with_progress.db");
        config.mock_seed = 42;
        config.mock_time_scale_ppm = 100'000;  // ten times as fast as real time
        config.queue_concurrency = lanes;
        const auto service = libexec::open(config);

        asio::io_context io(1);
        Batch batch{*service, io.get_executor()};
        for (int i = 0; i < lanes; ++i) asio::co_spawn(io, lane(batch), asio::detached);
        io.run();

        std::cerr << "\n";
        std::cout << batch.ended << " of " << orders << " orders ended\n";
        for (const auto& [result, count] : batch.results) std::cout << "  " << result << " " << count << "\n";
        return batch.ended == orders ? 0 : 1;
    } catch (const std::exception& error) {
        std::cerr << "batch_with_progress: " << error.what() << "\n";
        return 1;
    }
}
