// How long it takes to rank three venues' answers and to keep the record, with the quotes in hand.
#include <chrono>
#include <memory>

#include "libexec/model/routing_decision.hpp"
#include "libexec/routing/router.hpp"
#include "table.hpp"

using namespace libexec;

namespace {

std::vector<VenueAnswer> three_answers() {
    std::vector<VenueAnswer> answers;
    const TokenRegistry tokens = TokenRegistry::with_defaults();
    std::uint64_t out = 1'499'687'400;
    for (const char* venue : {"raydium", "meteora", "orca"}) {
        Quote quote;
        quote.venue = venue;
        quote.amount_in = Amount(10'000'000'000);
        quote.amount_out = Amount(out += 1'700'200);
        quote.network_cost = Amount(750);
        quote.liquidity = Amount(9'000'000'000'000);
        VenueAnswer answer;
        answer.venue = venue;
        answer.quote = quote;
        answers.push_back(answer);
    }
    return answers;
}

}  // namespace

int main() {
    constexpr int rounds = 200'000;
    const std::vector<VenueAnswer> answers = three_answers();
    std::vector<double> rank_ns;
    std::vector<double> copy_ns;
    std::size_t chosen = 0;
    for (int run = 0; run < 7; ++run) {
        auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < rounds; ++i) {
            const auto copy = std::make_shared<RoutingDecision>();
            copy->answers = answers;
            chosen += copy->answers.size();
        }
        auto end = std::chrono::steady_clock::now();
        copy_ns.push_back(std::chrono::duration<double, std::nano>(end - start).count() / rounds);

        start = std::chrono::steady_clock::now();
        for (int i = 0; i < rounds; ++i) {
            const auto record = std::make_shared<RoutingDecision>();
            record->answers = answers;
            rank(record->answers, SwapMode::exact_in);
            chosen += record->chosen()->venue.size();
        }
        end = std::chrono::steady_clock::now();
        rank_ns.push_back(std::chrono::duration<double, std::nano>(end - start).count() / rounds);
    }
    bench::print_row("copy three answers (control)", copy_ns, "ns");
    bench::print_row("copy, rank and record three answers", rank_ns, "ns");
    return chosen == 0 ? 1 : 0;
}
