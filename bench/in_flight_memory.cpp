// How much memory an order in flight takes: many orders are submitted to one engine whose venues take long to
// answer, and the growth of the resident set is divided by their number.
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <unistd.h>

#include "libexec/embed/open.hpp"

using namespace libexec;

namespace {

std::uint64_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t total_pages = 0;
    std::uint64_t resident_pages = 0;
    statm >> total_pages >> resident_pages;
    return resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

Task<void> submit_many(Service& service, int orders, int& accepted) {
    for (int i = 0; i < orders; ++i) {
        OrderRequest request;
        request.token_in = *service.tokens().find("SOL");
        request.token_out = *service.tokens().find("USDC");
        request.amount = Amount(1'000'000'000);
        SubmitOptions options;
        Result<Submitted> answer = co_await service.submit(std::move(request), std::move(options));
        if (answer) ++accepted;
    }
}

}  // namespace

int main(int argc, char** argv) {
    const int orders = argc > 1 ? std::atoi(argv[1]) : 20'000;
    constexpr int submitters = 100;
    std::string folder = (std::filesystem::temp_directory_path() / "libexec-bench-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) return 1;

    Config config;
    config.database_url = "sqlite:" + folder + "/exec.db";
    config.queue_concurrency = 100'000;
    config.queue_limit = 1'000'000;
    config.order_deadline = std::chrono::hours(1);
    config.quote_timeout = std::chrono::minutes(1);
    config.mock_seed = 1;
    config.mock_failure_rate_ppm = 0;
    config.mock_time_scale_ppm = 200'000'000;  // two hundred times slower: quotes take 30 to 50 seconds
    const auto log = make_silent_log();
    const auto service = open(config, *log);

    const std::uint64_t before = resident_bytes();
    int accepted = 0;
    asio::io_context io(1);
    for (int i = 0; i < submitters; ++i) {
        asio::co_spawn(io, submit_many(*service, orders / submitters, accepted), asio::detached);
    }
    io.run();
    std::uint64_t active = 0;
    for (int tries = 0; tries < 200 && active < static_cast<std::uint64_t>(accepted); ++tries) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        io.restart();
        asio::co_spawn(io, service->queue(), [&](std::exception_ptr, Result<QueueCounts> counts) {
            if (counts) active = counts.value().active;
        });
        io.run();
    }
    const std::uint64_t after = resident_bytes();
    std::printf("%d orders accepted, %llu in flight, %.2f KiB each (resident set %.1f -> %.1f MiB)\n",
                accepted, static_cast<unsigned long long>(active),
                static_cast<double>(after - before) / 1024 / static_cast<double>(accepted),
                static_cast<double>(before) / (1 << 20), static_cast<double>(after) / (1 << 20));
    std::fflush(stdout);
    std::filesystem::remove_all(folder);
    _exit(0);  // the orders in flight would be drained for seconds, for nothing
}
