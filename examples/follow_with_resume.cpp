// Follows an order, loses the stream after two events, and goes on where it was: nothing missing, nothing
// twice.
#include <iostream>
#include <libexec/embed/everyday.hpp>

using namespace libexec;

namespace {

int complain(const Rejection& why) {
    std::cerr << to_string(why.reason) << ": " << why.detail << "\n";
    return 1;
}

/// Prints an event; false when it is not the one after `last_seq`.
bool show(const OrderEvent& event, std::uint32_t last_seq) {
    std::cout << "event " << event.seq << "  " << to_string(event.kind) << "  " << to_string(event.status)
              << "\n";
    if (event.seq == last_seq + 1) return true;
    std::cerr << "expected event " << last_seq + 1 << ", got " << event.seq << "\n";
    return false;
}

int follow(Service& service) {
    const Result<OrderRequest> order = buy_order(service.tokens(), "1500", "USDC", "SOL");
    if (!order) return complain(order.error());
    const Result<Submitted> placed = wait(service.submit(order.value()));
    if (!placed) return complain(placed.error());

    std::uint32_t seen = 0;  // the only thing to keep, in a file for instance
    {
        OrderEvents events(service, placed.value().order);
        while (seen < 2) {
            const CommittedEvent event = events.next();
            if (!event) return complain(events.ended().error());
            if (!show(*event, seen)) return 1;
            seen = event->seq;
        }
    }  // the stream is gone, and the order goes on

    std::cout << "resuming after " << seen << "\n";
    OrderEvents rest(service, placed.value().order, seen);
    for (const CommittedEvent& event : rest) {
        if (!show(*event, seen)) return 1;
        seen = event->seq;
    }
    if (!rest.ended()) return complain(rest.ended().error());
    std::cout << "all " << seen << " events, each once\n";
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        Config config;
        config.database_url = std::string("sqlite:") + (argc > 1 ? argv[1] : "follow_with_resume.db");
        config.mock_seed = 42;
        const auto service = libexec::open(config);
        return follow(*service);
    } catch (const std::exception& error) {
        std::cerr << "follow_with_resume: " << error.what() << "\n";
        return 1;
    }
}
