#include "libexec/routing/router.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <exception>
#include <stdexcept>

#include "router_lanes.hpp"

namespace libexec {
namespace {

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

std::string words_of(std::exception_ptr thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& fault) {
        return fault.what();
    } catch (...) {
        return "the venue failed without saying why";
    }
}

/// What a venue says of itself. That it was not asked is ours alone to say: orders wait for it without end.
Rejection own_words(Rejection silence) {
    if (silence.reason == Reason::breaker_open || silence.reason == Reason::venue_busy)
        silence.reason = Reason::venue_error;
    return silence;
}

}  // namespace

Router::Router(std::vector<std::shared_ptr<Venue>> venues, RouterConfig config, asio::io_context& io,
               const Clock& clock, Timers& timers, Metrics* metrics, Log* log)
    : venues_(std::move(venues)),
      timeout_(config.call_timeout),
      io_(io),
      clock_(clock),
      timers_(timers),
      lanes_(std::make_shared<Lanes>(venues_, config, clock, metrics, log)) {
    for (const auto& venue : venues_) {
        if (find(venue->name()) != venue) {
            throw std::invalid_argument("two venues are called " + std::string(venue->name()));
        }
    }
}

Router::~Router() {
    lanes_->closed = true;
    for (Lane& lane : lanes_->all) lane.venue.reset();  // whoever is being asked keeps it
}

Task<RoutingDecision> Router::decide(QuoteRequest request, bool native_in, bool native_out) {
    const auto round = std::make_shared<Round>(lanes_);
    round->alarm = timers_.make_alarm();
    const auto purpose =
        request.attempt > 1 ? VenueGate::Purpose::retry_quote : VenueGate::Purpose::first_quote;
    std::size_t probes = 0;
    for (std::size_t i = 0; i < venues_.size(); ++i) {
        VenueAnswer& answer = round->answers[i];
        answer.venue = std::string(venues_[i]->name());
        if (std::string why = venues_[i]->not_yet(request); !why.empty()) {
            lanes_->board.note_left_out(answer.venue, Reason::venue_busy);
            answer.silence = reject(Reason::venue_busy, "left out: " + std::move(why));
            continue;
        }
        Result<VenueGate::Pass> pass = lanes_->all[i].gate.enter(purpose, round->asked_at);
        lanes_->tell(i);
        if (!pass) {
            lanes_->board.note_left_out(answer.venue, pass.error().reason);
            answer.silence = pass.error();
            continue;
        }
        Round::Call& call = round->calls[i];
        call.pass = pass.value();
        call.under_way = true;
        call.waited_for = !call.pass.probe;
        if (call.pass.probe) {
            ++probes;
        } else {
            ++round->missing;
        }
    }
    // A venue that is being tried again may fail again: nobody waits for it who has another to ask.
    if (round->missing == 0 && probes > 0) {
        round->missing = probes;
        for (Round::Call& call : round->calls) call.waited_for = call.under_way;
    }
    for (std::size_t i = 0; i < venues_.size(); ++i) {
        if (!round->calls[i].under_way) continue;
        asio::co_spawn(io_, ask(round, i, request), asio::detached);
        if (!round->calls[i].waited_for)
            asio::co_spawn(io_, call_probe_off(round, i, timers_, timeout_), asio::detached);
    }
    // All were asked at this moment, so one alarm is everybody's timeout.
    if (round->missing > 0) co_await round->alarm->wait(timeout_);
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
    for (std::size_t i = 0; i < venues_.size(); ++i) {
        Round::Call& call = round->calls[i];
        VenueAnswer& answer = round->answers[i];
        if (answer.quote || answer.silence) continue;
        if (!call.waited_for) {
            answer.silence = reject(Reason::breaker_open,
                                    "left out: it is being tried again, and its answer was not waited for");
            continue;
        }
        const std::string limit = std::to_string(timeout_.count());
        answer.silence = reject(Reason::venue_timeout, "no answer within " + limit + " ms");
        call.given_up = true;
        round->note(i, Reason::venue_timeout);
        lanes_->give_up(i, call.pass);
    }
    decision.answers = std::move(round->answers);
    rank(decision.answers, decision.mode);
    co_return decision;
}

/// Never throws: whatever the venue does becomes an answer.
Task<void> Router::ask(std::shared_ptr<Round> round, std::size_t place, QuoteRequest request) {
    if (round->lanes->closed) co_return;
    const std::shared_ptr<Venue> venue = round->lanes->all[place].venue;
    std::optional<Quote> quote;
    std::optional<Rejection> silence;
    std::exception_ptr thrown;
    try {
        Result<Quote> offered = co_await venue->quote(request);
        if (!offered) {
            silence = own_words(offered.error());
        } else if (std::string wrong = misfit(offered.value(), request, venue->name()); !wrong.empty()) {
            silence = reject(Reason::venue_error, std::move(wrong));
        } else {
            quote = std::move(offered).value();
        }
    } catch (...) {
        thrown = std::current_exception();
    }
    if (thrown) silence = reject(Reason::venue_error, words_of(thrown));

    Round::Call& call = round->calls[place];
    call.under_way = false;
    if (round->lanes->closed) co_return;
    if (call.given_up) {
        round->lanes->returned(place);
        co_return;
    }
    const std::optional<Reason> failure = silence ? std::optional(silence->reason) : std::nullopt;
    round->note(place, failure);
    round->lanes->leave(place, call.pass, failure);
    if (round->over) co_return;
    round->answers[place].quote = std::move(quote);
    round->answers[place].silence = std::move(silence);
    if (call.waited_for && --round->missing == 0) round->alarm->ring();
}

/// Gives a question up that no decision waits for.
Task<void> Router::call_probe_off(std::shared_ptr<Round> round, std::size_t place, Timers& timers,
                                  std::chrono::milliseconds patience) {
    co_await timers.sleep_for(patience);
    Round::Call& call = round->calls[place];
    if (!call.under_way || round->lanes->closed) co_return;
    call.given_up = true;
    round->note(place, Reason::venue_timeout);
    round->lanes->give_up(place, call.pass);
}

Task<Result<UnsignedTransaction>> Router::build(SwapPlan plan, Anchor anchor) {
    const std::optional<std::size_t> place = place_of(plan.quote.venue);
    if (!place) co_return reject(Reason::venue_error, plan.quote.venue + " is no longer configured");
    Result<VenueGate::Pass> pass = lanes_->all[*place].gate.enter(VenueGate::Purpose::build, clock_.now());
    if (!pass) {
        lanes_->board.note_left_out(plan.quote.venue, pass.error().reason);
        Rejection why = pass.error();
        why.detail = plan.quote.venue + " is " + why.detail;
        co_return why;
    }
    const auto work = std::make_shared<Build>();
    work->lanes = lanes_;
    work->place = *place;
    work->pass = pass.value();
    work->alarm = timers_.make_alarm();
    asio::co_spawn(io_, construct(work, std::move(plan), std::move(anchor)), asio::detached);
    co_await work->alarm->wait(timeout_);
    work->over = true;
    work->alarm.reset();
    if (!work->built) {
        lanes_->give_up(*place, work->pass);
        co_return reject(Reason::venue_timeout,
                         "no transaction within " + std::to_string(timeout_.count()) + " ms");
    }
    co_return std::move(*work->built);
}

/// Never throws. A transaction that comes too late is thrown away: nobody has signed it.
Task<void> Router::construct(std::shared_ptr<Build> work, SwapPlan plan, Anchor anchor) {
    if (work->lanes->closed) co_return;
    const std::shared_ptr<Venue> venue = work->lanes->all[work->place].venue;
    Result<UnsignedTransaction> built;
    std::exception_ptr thrown;
    try {
        built = co_await venue->build(std::move(plan), std::move(anchor));
    } catch (...) {
        thrown = std::current_exception();
    }
    if (thrown) built = reject(Reason::venue_error, words_of(thrown));
    if (!built) built = own_words(built.error());
    if (work->lanes->closed) co_return;
    if (work->over) {
        work->lanes->returned(work->place);
        co_return;
    }
    work->lanes->leave(work->place, work->pass, built ? std::nullopt : std::optional(built.error().reason));
    work->built = std::move(built);
    work->alarm->ring();
}

Result<VenueStatus> Router::hold(std::string_view name, std::string reason) {
    const std::optional<std::size_t> place = place_of(name);
    if (!place) return unknown(name);
    lanes_->all[*place].gate.hold(clock_.now(), std::move(reason));
    return stand_of(*place);
}

Result<VenueStatus> Router::resume(std::string_view name) {
    const std::optional<std::size_t> place = place_of(name);
    if (!place) return unknown(name);
    venues_[*place]->resume();
    lanes_->all[*place].knows_stop = false;
    lanes_->all[*place].gate.resume(clock_.now());
    return stand_of(*place);
}

Result<VenueStatus> Router::stand_of(std::size_t place) const {
    lanes_->tell(place);
    return lanes_->board.read()[place];
}

std::optional<std::chrono::microseconds> Router::next_probe_in() const {
    const Time now = clock_.now();
    std::optional<std::chrono::microseconds> soonest;
    for (const Lane& lane : lanes_->all) {
        const std::optional<Time> at = lane.gate.breaker().next_probe();
        if (!at) continue;
        const auto wait = std::max<std::chrono::microseconds>(*at - now, std::chrono::microseconds(0));
        if (!soonest || wait < *soonest) soonest = wait;
    }
    return soonest;
}

std::optional<std::size_t> Router::place_of(std::string_view name) const {
    for (std::size_t i = 0; i < venues_.size(); ++i) {
        if (venues_[i]->name() == name) return i;
    }
    return std::nullopt;
}

Rejection Router::unknown(std::string_view name) const {
    constexpr std::size_t shown_most = 64;
    std::string known;
    for (const auto& venue : venues_) known += (known.empty() ? "" : ", ") + std::string(venue->name());
    return reject(Reason::not_found, "no venue is called '" + std::string(name.substr(0, shown_most)) +
                                         "'; there are " + (known.empty() ? "none" : known));
}

std::vector<VenueStatus> Router::statuses() const { return lanes_->board.read(); }

std::shared_ptr<Venue> Router::find(std::string_view name) const {
    const std::optional<std::size_t> place = place_of(name);
    return place ? venues_[*place] : nullptr;
}

}  // namespace libexec
