#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/base/timers.hpp"
#include "libexec/chain/solana/solana_network.hpp"

namespace libexec {

/// What is known of one signature, by each endpoint that answered.
struct SignatureViews {
    struct View {
        std::string endpoint;
        std::uint64_t slot = 0;  ///< of the answer
        std::optional<SignatureStatus> status;
    };
    std::vector<View> views;
    std::size_t endpoints = 0;  ///< how many were asked
};

/// Asks for the statuses of all transactions under way together, so that the number of questions does not
/// grow with them: one question an endpoint and round, and a pause between rounds.
class StatusRounds {
public:
    /// `hurried_pause` is between two rounds however many hints there are.
    StatusRounds(SolanaNetwork& network, const Clock& clock, Timers& timers, std::chrono::microseconds pause,
                 std::chrono::microseconds hurried_pause);
    ~StatusRounds();

    /// The answer of the next round. A round ends with whoever began it, and those who joined it are then
    /// told nothing: no views.
    Task<SignatureViews> status(std::string signature);

    /// There may be news: the next round begins as soon as `hurried_pause` allows.
    void hurry();

private:
    struct Round;
    Task<void> ask(std::shared_ptr<Round> round);
    /// Until the round may begin.
    Task<void> rest(std::shared_ptr<Round> round);

    SolanaNetwork& network_;
    const Clock& clock_;
    Timers& timers_;
    const std::chrono::microseconds pause_;
    const std::chrono::microseconds hurried_pause_;
    Time began_at_{};  ///< the last round
    Time next_at_{};
    std::shared_ptr<Round> gathering_;
    std::vector<std::shared_ptr<Round>> resting_;  ///< not begun yet: the one that gathers, and full ones
};

}  // namespace libexec
