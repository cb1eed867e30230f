#pragma once

#include "support/sim_time.hpp"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "libexec/venues/venue.hpp"
#include "support/swaps.hpp"

namespace libexec::test {

/// Answers once, after a pause, with whatever the test wants.
class ScriptedVenue final : public Venue {
public:
    using Answer = std::function<Result<Quote>(const QuoteRequest&)>;
    ScriptedVenue(std::string name, SimTime& time, std::chrono::microseconds pause, Answer answer)
        : name_(std::move(name)), time_(time), pause_(pause), answer_(std::move(answer)) {}

    std::string_view name() const override { return name_; }
    std::string_view kind() const override { return "scripted"; }
    Task<Result<Quote>> quote(QuoteRequest request) override {
        ++asked;
        co_await time_.sleep_for(pause_);
        ++answered;
        co_return answer_(request);
    }
    Task<Result<UnsignedTransaction>> build(SwapPlan, Anchor) override {
        co_await time_.sleep_for(build_pause);
        if (!stops_for.empty()) stop = stops_for;
        if (build_throws) throw std::runtime_error("no such pool");
        co_return build_answer;
    }

    std::string stopped() const override { return stop; }
    void resume() override { stop.clear(); }

    std::chrono::microseconds& pause() { return pause_; }
    void answers(Answer answer) { answer_ = std::move(answer); }

    int asked = 0;
    int answered = 0;
    std::chrono::microseconds build_pause{0};
    bool build_throws = false;
    std::string stops_for;  ///< why it stops itself when it builds
    std::string stop;
    Result<UnsignedTransaction> build_answer = UnsignedTransaction();

private:
    std::string name_;
    SimTime& time_;
    std::chrono::microseconds pause_;
    Answer answer_;
};

inline Quote fitting(const QuoteRequest& request, const std::string& venue, std::uint64_t other_side) {
    Quote quote;
    quote.venue = venue;
    quote.amount_in = request.mode == SwapMode::exact_in ? request.amount : Amount(other_side);
    quote.amount_out = request.mode == SwapMode::exact_in ? Amount(other_side) : request.amount;
    return quote;
}

inline std::shared_ptr<ScriptedVenue> honest(const std::string& name, SimTime& time,
                                             std::chrono::microseconds pause, std::uint64_t other_side) {
    return std::make_shared<ScriptedVenue>(
        name, time, pause, [=](const QuoteRequest& request) { return fitting(request, name, other_side); });
}

inline std::shared_ptr<ScriptedVenue> odd(const std::string& name, SimTime& time,
                                          std::function<void(Quote&)> twist) {
    return std::make_shared<ScriptedVenue>(name, time, std::chrono::milliseconds(1),
                                           [=](const QuoteRequest& request) {
                                               Quote quote = fitting(request, name, 1'000'000);
                                               twist(quote);
                                               return quote;
                                           });
}

}  // namespace libexec::test
