// Sells 10 SOL for USDC on the simulated market and prints the order's life.
#include <iostream>
#include <libexec/embed/everyday.hpp>

using namespace libexec;

namespace {

int complain(const Rejection& why) {
    std::cerr << to_string(why.reason) << ": " << why.detail << "\n";
    return 1;
}

int trade(Service& service) {
    const Result<OrderRequest> order = sell_order(service.tokens(), "10", "SOL", "USDC");
    if (!order) return complain(order.error());
    const Result<Submitted> placed = wait(service.submit(order.value()));
    if (!placed) return complain(placed.error());

    OrderEvents events(service, placed.value().order);
    OrderStatus status = OrderStatus::pending;
    for (const CommittedEvent& event : events) {
        status = event->status;
        std::cout << event->seq << "  " << to_rfc3339(event->at) << "  " << to_string(status);
        if (const auto* done = std::get_if<ConfirmedData>(&event->data)) {
            std::cout << "  " << to_text(done->amount_out) << " USDC on " << done->venue;
        }
        std::cout << "\n";
    }
    if (!events.ended()) return complain(events.ended().error());
    return status == OrderStatus::confirmed ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        Config config;
        config.database_url = std::string("sqlite:") + (argc > 1 ? argv[1] : "market_order.db");
        config.mock_seed = 42;
        const auto service = libexec::open(config);
        return trade(*service);
    } catch (const std::exception& error) {  // a database somebody else holds, a folder that is not there
        std::cerr << "market_order: " << error.what() << "\n";
        return 1;
    }
}
