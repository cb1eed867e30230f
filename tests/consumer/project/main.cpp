// The least a program needs to execute an order: open an engine, submit, follow to the end.
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <cstdio>
#include <exception>
#include <libexec/embed/open.hpp>
#include <string>

namespace {

libexec::Task<int> trade(libexec::Service& service, libexec::Executor here) {
    libexec::OrderRequest request;
    request.token_in = service.tokens().find("SOL").value();
    request.token_out = service.tokens().find("USDC").value();
    request.amount = libexec::Amount(1'500'000'000);  // 1.5 SOL
    request.slippage = libexec::Bps::of(100).value();

    libexec::SubmitOptions options;
    const auto submitted = co_await service.submit(request, options);
    if (!submitted) {
        std::fprintf(stderr, "refused: %s\n", submitted.error().detail.c_str());
        co_return 1;
    }
    const auto stream = service.follow(submitted.value().order, 0, here);
    for (;;) {
        const auto batch = co_await stream->next();
        if (!batch) co_return 1;
        for (const auto& committed : batch.value().events) {
            std::printf("%s\n", std::string(to_string(committed->status)).c_str());
        }
        if (batch.value().end != libexec::EventBatch::End::none) {
            co_return batch.value().end == libexec::EventBatch::End::finished ? 0 : 1;
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    libexec::Config config;
    config.database_url = std::string("sqlite:") + argv[1];
    config.mock_seed = 7;
    config.mock_time_scale_ppm = 0;

    const auto log = libexec::make_silent_log();
    const auto service = libexec::open(config, *log);
    asio::io_context io;
    int outcome = 1;
    asio::co_spawn(io, trade(*service, io.get_executor()),
                   [&](std::exception_ptr failed, int result) { outcome = failed ? 1 : result; });
    io.run();
    service->stop();
    return outcome;
}
