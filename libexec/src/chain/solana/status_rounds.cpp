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
    bool over = false;

    void end() {
        over = true;
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
                           std::chrono::microseconds pause)
    : network_(network), clock_(clock), timers_(timers), pause_(pause) {}

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

Task<void> StatusRounds::ask(std::shared_ptr<Round> round) {
    const auto left = std::max(std::chrono::duration_cast<std::chrono::microseconds>(next_at_ - clock_.now()),
                               std::chrono::microseconds(0));
    co_await timers_.sleep_for(left);
    if (gathering_ == round) gathering_.reset();
    next_at_ = clock_.now() + pause_;
    std::vector<std::string> signatures = round->signatures;
    round->answers = co_await network_.statuses(std::move(signatures));
    round->end();
}

}  // namespace libexec
