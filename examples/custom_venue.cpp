// A venue of one's own beside the built-in ones: it offers 160 USDC for a SOL, is asked with the others, and
// wins.
#include <iostream>
#include <libexec/embed/everyday.hpp>
#include <libexec/model/sim_message.hpp>

using namespace libexec;

namespace {

class DeskVenue final : public Venue {
public:
    std::string_view name() const override { return "desk"; }
    std::string_view kind() const override { return "own"; }

    Task<Result<Quote>> quote(QuoteRequest request) override {
        if (request.token_in.symbol != "SOL" || request.token_out.symbol != "USDC") {
            co_return reject(Reason::no_route, "the desk buys SOL for USDC only");
        }
        if (request.mode != SwapMode::exact_in)
            co_return reject(Reason::no_route, "the desk quotes sells only");
        // 160 USDC a SOL in base units: 160'000'000 for 1'000'000'000, rounded in the desk's favour.
        const Result<Amount> out = scale_down(request.amount, 160'000'000, 1'000'000'000);
        if (!out) co_return out.error();
        Quote quote;
        quote.venue = std::string(name());
        quote.pool = "desk:SOL-USDC";
        quote.amount_in = request.amount;
        quote.amount_out = out.value();
        quote.liquidity = Amount(1'000'000'000'000);
        co_return quote;
    }

    // What the simulated chain reads. For a real chain: the bytes of its own transaction.
    Task<Result<UnsignedTransaction>> build(SwapPlan plan, Anchor anchor) override {
        Result<Bytes> message = encode_sim_message(plan, anchor);
        if (!message) co_return message.error();
        UnsignedTransaction transaction;
        transaction.message = std::move(message).value();
        co_return transaction;
    }
};

int trade(Service& service) {
    const Result<OrderRequest> order = sell_order(service.tokens(), "10", "SOL", "USDC");
    if (!order) return 1;
    const Result<Submitted> placed = wait(service.submit(order.value()));
    if (!placed) return 1;
    for (const CommittedEvent& event : OrderEvents(service, placed.value().order)) {
        if (const auto* asked = std::get_if<QuotesData>(&event->data)) {
            for (const VenueAnswer& answer : asked->decision->answers) {
                std::cout << answer.venue << ": " << answer.note << "\n";
            }
        } else if (const auto* done = std::get_if<ConfirmedData>(&event->data)) {
            std::cout << "sold on " << done->venue << " for " << to_text(done->amount_out) << " USDC\n";
            return done->venue == "desk" ? 0 : 1;
        }
    }
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        Config config;
        config.database_url = std::string("sqlite:") + (argc > 1 ? argv[1] : "custom_venue.db");
        config.mock_seed = 42;
        Parts parts;
        parts.venues.push_back(std::make_unique<DeskVenue>());
        const auto service = libexec::open(config, std::move(parts));
        return trade(*service);
    } catch (const std::exception& error) {
        std::cerr << "custom_venue: " << error.what() << "\n";
        return 1;
    }
}
