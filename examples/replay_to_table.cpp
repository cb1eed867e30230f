// Reads the newest order's events out of the store, page by page, and prints them as a table.
#include <iomanip>
#include <iostream>
#include <libexec/embed/everyday.hpp>

using namespace libexec;

namespace {

std::string what(const OrderEvent& event) {
    if (const auto* asked = std::get_if<QuotesData>(&event.data)) {
        const Quote* const best = asked->decision->chosen();
        return std::to_string(asked->decision->answers.size()) + " venues asked, " +
               (best ? best->venue + " is best" : std::string("no route"));
    }
    if (const auto* plan = std::get_if<BuildingData>(&event.data)) return "at least " + to_text(plan->limit);
    if (const auto* sent = std::get_if<SubmittedData>(&event.data))
        return "tx " + sent->tx_hash.substr(0, 8) + "...";
    if (const auto* done = std::get_if<ConfirmedData>(&event.data))
        return "received " + to_text(done->amount_out);
    if (const auto* again = std::get_if<RetryData>(&event.data)) return "again: " + again->detail;
    if (const auto* failed = std::get_if<FailedData>(&event.data)) return failed->failure.detail;
    if (const auto* note = std::get_if<NoteData>(&event.data)) return note->note;
    return {};
}

/// The newest order; a first one is placed, and waited for, when there is none.
Result<OrderId> newest_order(Service& service) {
    OrderFilter newest;
    newest.limit = 1;
    const auto found = wait(service.list(newest));
    if (!found) return found.error();
    if (!found.value().empty()) return found.value().front().order.id;
    const Result<OrderRequest> order = sell_order(service.tokens(), "10", "SOL", "USDC");
    if (!order) return order.error();
    const Result<Submitted> placed = wait(service.submit(order.value()));
    if (!placed) return placed.error();
    OrderEvents events(service, placed.value().order);
    while (events.next()) {
    }
    return placed.value().order;
}

int replay(Service& service) {
    constexpr std::size_t page = 4;
    const Result<OrderId> order = newest_order(service);
    if (!order) return 1;
    std::cout << "SEQ  AFTER MS  STATUS     WHAT\n";
    Time start{};
    for (std::uint32_t after = 0;;) {
        const auto read = wait(service.events(order.value(), after, page));
        if (!read) return 1;
        for (const CommittedEvent& event : read.value()) {
            if (event->seq == 1) start = event->at;
            after = event->seq;
            const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(event->at - start).count();
            std::cout << std::setw(3) << event->seq << std::setw(10) << ms << "  " << std::left
                      << std::setw(11) << to_string(event->status) << std::right << what(*event) << "\n";
        }
        if (read.value().size() < page) return after > 0 ? 0 : 1;
    }
}

}  // namespace

int main(int argc, char** argv) {
    try {
        Config config;
        config.database_url = std::string("sqlite:") + (argc > 1 ? argv[1] : "replay_to_table.db");
        config.mock_seed = 42;
        return replay(*libexec::open(config));
    } catch (const std::exception& error) {
        std::cerr << "replay_to_table: " << error.what() << "\n";
        return 1;
    }
}
