#include "libexec/routing/router.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <exception>
#include <stdexcept>

#include "libexec/routing/describe.hpp"

namespace libexec {
namespace {

/// Shared by the decision and the venues it asked, so that one who answers late finds it still there.
struct Round {
    std::vector<VenueAnswer> answers;
    std::size_t missing = 0;
    bool over = false;
    std::unique_ptr<Alarm> alarm;
    VenueBoard& board;
    const Clock& clock;
    const Time asked_at;

    Round(VenueBoard& known, const Clock& now) : board(known), clock(now), asked_at(now.now()) {}

    void note(std::string_view venue, std::optional<Reason> failure) const {
        const Time at = clock.now();
        board.note(venue, VenueLastQuote{failure, at - asked_at, at});
    }
};

std::vector<VenueStatus> unasked(const std::vector<std::shared_ptr<Venue>>& venues) {
    std::vector<VenueStatus> statuses;
    for (const auto& venue : venues) {
        VenueStatus status;
        status.name = std::string(venue->name());
        status.kind = std::string(venue->kind());
        statuses.push_back(std::move(status));
    }
    return statuses;
}

/// What is wrong with a quote that does not fit its request; empty when it fits.
std::string misfit(const Quote& quote, const QuoteRequest& request, std::string_view venue) {
    const bool exact_in = request.mode == SwapMode::exact_in;
    if (quote.venue != venue) return "the quote names another venue, " + quote.venue;
    for (const Amount amount :
         {quote.amount_in, quote.amount_out, quote.venue_fee, quote.network_cost, quote.liquidity}) {
        if (amount.base_units() > Amount::most) return "the quote has an amount out of range";
    }
    if ((exact_in ? quote.amount_in : quote.amount_out) != request.amount) {
        return "the quote is for another amount, " +
               (exact_in ? quote.amount_in : quote.amount_out).to_string() + " instead of " +
               request.amount.to_string() + " base units";
    }
    if (quote.amount_in == Amount(0) || quote.amount_out == Amount(0))
        return "the quote gives nothing for something";
    return {};
}

/// Never throws: whatever the venue does becomes an answer.
Task<void> ask(std::shared_ptr<Venue> venue, QuoteRequest request, std::size_t place,
               std::shared_ptr<Round> round) {
    std::optional<Quote> quote;
    std::optional<Rejection> silence;
    try {
        Result<Quote> offered = co_await venue->quote(request);
        if (!offered) {
            silence = offered.error();
        } else if (std::string wrong = misfit(offered.value(), request, venue->name()); !wrong.empty()) {
            silence = reject(Reason::venue_error, std::move(wrong));
        } else {
            quote = std::move(offered).value();
        }
    } catch (const std::exception& fault) {
        silence = reject(Reason::venue_error, fault.what());
    } catch (...) {
        silence = reject(Reason::venue_error, "the venue failed without saying why");
    }
    if (round->over) co_return;
    round->note(venue->name(), silence ? std::optional(silence->reason) : std::nullopt);
    round->answers[place].quote = std::move(quote);
    round->answers[place].silence = std::move(silence);
    if (--round->missing == 0) round->alarm->ring();
}

/// Below zero when `a` goes before `b`.
int compare_offers(const Quote& a, const Quote& b, SwapMode mode) {
    const Amount net_a = net_of_costs(a, mode);
    const Amount net_b = net_of_costs(b, mode);
    if (net_a != net_b) return (mode == SwapMode::exact_in) == (net_a > net_b) ? -1 : 1;
    if (a.liquidity != b.liquidity) return a.liquidity > b.liquidity ? -2 : 2;
    if (a.latency != b.latency) return a.latency < b.latency ? -3 : 3;
    return 0;
}

std::string note_of(const VenueAnswer& answer, const VenueAnswer& best, SwapMode mode) {
    if (!answer.quote)
        return answer.silence->detail.empty() ? std::string(to_string(answer.silence->reason))
                                              : answer.silence->detail;
    if (&answer == &best) return "chosen";
    switch (compare_offers(*best.quote, *answer.quote, mode)) {
        case -1:
            return gap_text(*answer.quote, *best.quote, mode) + " behind " + best.venue;
        case -2:
            return "level with " + best.venue + ", less liquidity";
        case -3:
            return "level with " + best.venue + ", slower to answer";
        default:
            return "level with " + best.venue;
    }
}

}  // namespace

void rank(std::vector<VenueAnswer>& answers, SwapMode mode) {
    for (VenueAnswer& answer : answers) {
        // Neither quote nor reason is a venue's bug; the record still has to say something.
        if (!answer.quote && !answer.silence)
            answer.silence = reject(Reason::venue_error, "no quote and no reason");
    }
    std::sort(answers.begin(), answers.end(), [mode](const VenueAnswer& a, const VenueAnswer& b) {
        if (a.quote.has_value() != b.quote.has_value()) return a.quote.has_value();
        const int order = a.quote ? compare_offers(*a.quote, *b.quote, mode) : 0;
        return order != 0 ? order < 0 : a.venue < b.venue;
    });
    for (VenueAnswer& answer : answers) answer.note = note_of(answer, answers.front(), mode);
}

Router::Router(std::vector<std::shared_ptr<Venue>> venues, std::chrono::milliseconds quote_timeout,
               asio::io_context& io, const Clock& clock, Timers& timers, Metrics* metrics)
    : venues_(std::move(venues)),
      quote_timeout_(quote_timeout),
      io_(io),
      clock_(clock),
      timers_(timers),
      board_(unasked(venues_), metrics) {
    for (const auto& venue : venues_) {
        if (find(venue->name()) != venue) {
            throw std::invalid_argument("two venues are called " + std::string(venue->name()));
        }
    }
}

Task<RoutingDecision> Router::decide(QuoteRequest request, bool native_in, bool native_out) {
    const auto round = std::make_shared<Round>(board_, clock_);
    round->alarm = timers_.make_alarm();
    round->missing = venues_.size();
    round->answers.resize(venues_.size());
    for (std::size_t i = 0; i < venues_.size(); ++i) {
        round->answers[i].venue = std::string(venues_[i]->name());
        asio::co_spawn(io_, ask(venues_[i], request, i, round), asio::detached);
    }
    // All were asked at this moment, so one alarm is everybody's timeout.
    if (!venues_.empty()) co_await round->alarm->wait(quote_timeout_);
    round->over = true;
    round->alarm.reset();

    RoutingDecision decision;
    decision.attempt = request.attempt;
    decision.decided_at = clock_.now();
    decision.mode = request.mode;
    decision.wraps_sol = native_in && request.token_in.mint == wrapped_sol_mint();
    decision.unwraps_sol = native_out && request.token_out.mint == wrapped_sol_mint();
    decision.token_in = std::move(request.token_in);
    decision.token_out = std::move(request.token_out);
    decision.answers = std::move(round->answers);
    for (VenueAnswer& answer : decision.answers) {
        if (answer.quote || answer.silence) continue;
        const std::string limit = std::to_string(quote_timeout_.count());
        answer.silence = reject(Reason::venue_timeout, "no answer within " + limit + " ms");
        round->note(answer.venue, Reason::venue_timeout);
    }
    rank(decision.answers, decision.mode);
    co_return decision;
}

std::shared_ptr<Venue> Router::find(std::string_view name) const {
    for (const auto& venue : venues_) {
        if (venue->name() == name) return venue;
    }
    return nullptr;
}

}  // namespace libexec
