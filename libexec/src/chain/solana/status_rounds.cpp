#include "status_rounds.hpp"

#include <algorithm>

namespace libexec {
namespace {

constexpr std::size_t signatures_most = 256;

}  // namespace

struct StatusRounds::Round {
    std::vector<std::string> signatures;
    std::vector<std::unique_ptr<Alarm>> waiting;
    std::vector<FromEndpoint<SignatureStatuses>> answers;
    Time begins_at{};
    std::unique_ptr<Alarm> wake;  ///< rings when `begins_at` has changed
    bool hurried = false;         ///< since the wait began

    void end() {
        for (const auto& alarm : waiting) alarm->ring();
    }

    SignatureViews of(std::size_t place) const {
        SignatureViews seen;
        seen.endpoints = answers.size();
        for (const auto& said : answers) {
            if (!said.answer) continue;
            const SignatureStatuses& all = said.answer.value();
            if (place >= all.statuses.size()) continue;
            seen.views.push_back({said.endpoint, all.slot, all.statuses[place]});
        }
        return seen;
    }
};

StatusRounds::StatusRounds(SolanaNetwork& network, const Clock& clock, Timers& timers,
                           std::chrono::microseconds pause, std::chrono::microseconds hurried_pause)
    : network_(network), clock_(clock), timers_(timers), pause_(pause), hurried_pause_(hurried_pause) {}

StatusRounds::~StatusRounds() = default;

Task<SignatureViews> StatusRounds::status(std::string signature) {
    const bool begins = gathering_ == nullptr;
    if (begins) gathering_ = std::make_shared<Round>();
    const std::shared_ptr<Round> round = gathering_;
    const std::size_t place = round->signatures.size();
    round->signatures.push_back(std::move(signature));
    if (round->signatures.size() == signatures_most) gathering_.reset();
    if (begins) {
        co_await ask(round);
        co_return round->of(place);
    }
    // The beginner's end is a whole question away at the most; without him nobody would ring.
    constexpr std::chrono::seconds patience{30};
    round->waiting.push_back(timers_.make_alarm());
    Alarm& alarm = *round->waiting.back();
    co_await alarm.wait(patience);
    co_return round->of(place);
}

void StatusRounds::hurry() {
    const Time soonest = std::max(clock_.now(), began_at_ + hurried_pause_);
    next_at_ = std::min(next_at_, soonest);
    for (const std::shared_ptr<Round>& round : resting_) {
        if (round->begins_at <= soonest) continue;
        round->begins_at = soonest;
        round->hurried = true;
        round->wake->ring();
    }
}

Task<void> StatusRounds::rest(std::shared_ptr<Round> round) {
    round->begins_at = next_at_;
    round->wake = timers_.make_alarm();
    resting_.push_back(round);
    do {
        round->hurried = false;
        const auto left =
            std::chrono::duration_cast<std::chrono::microseconds>(round->begins_at - clock_.now());
        // A clock that was set back must not keep anybody waiting.
        const auto delay = std::clamp(left, std::chrono::microseconds(0), pause_);
        co_await round->wake->wait(delay);
    } while (round->hurried);
    std::erase(resting_, round);
}

Task<void> StatusRounds::ask(std::shared_ptr<Round> round) {
    co_await rest(round);
    if (gathering_ == round) gathering_.reset();
    began_at_ = clock_.now();
    next_at_ = began_at_ + pause_;
    std::vector<std::string> signatures = round->signatures;
    round->answers = co_await network_.statuses(std::move(signatures));
    round->end();
}

}  // namespace libexec
