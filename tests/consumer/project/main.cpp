// The least a program needs to execute an order: open an engine, submit, follow to the end.
#include <cstdio>
#include <exception>
#include <libexec/embed/everyday.hpp>
#include <string>

int main(int argc, char** argv) try {
    libexec::Config config;
    config.database_url = std::string("sqlite:") + (argc > 1 ? argv[1] : "exec.db");
    config.mock_time_scale_ppm = 0;  // the simulated market answers at once

    const auto service = libexec::open(config);
    const auto order = libexec::sell_order(service->tokens(), "1.5", "SOL", "USDC").value();
    const auto placed = libexec::wait(service->submit(order)).value();
    libexec::OrderEvents events(*service, placed.order);
    for (const libexec::CommittedEvent& event : events) {
        std::printf("%s\n", std::string(to_string(event->status)).c_str());
    }
    return events.ended() ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
