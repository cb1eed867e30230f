#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "libexec/base/random.hpp"
#include "libexec/chain/rpc/endpoint.hpp"
#include "libexec/chain/rpc/health.hpp"
#include "libexec/model/attempt.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec {

/// What an answer told of where its node stands.
struct Seen {
    Commitment commitment = Commitment::confirmed;
    std::optional<std::uint64_t> slot;
    std::optional<std::uint64_t> height;
};

/// What is known of each endpoint, and whom to ask next. Arithmetic alone: knows no time but what it is told.
class EndpointBoard {
public:
    /// `random` and `log` outlive it.
    EndpointBoard(const std::vector<RpcEndpoint>& endpoints, const RpcHealthLimits& limits, Random& random,
                  Log& log);

    std::size_t size() const { return cards_.size(); }

    /// Everybody in the order in which they should be asked, whoever may not be asked now left out. A read
    /// that is not `fresh` may go to one that is behind.
    std::vector<std::size_t> choose(Time now, bool fresh) const;
    /// When `place` may be asked. In the past: now.
    Time free_at(std::size_t place, bool fresh) const;

    /// An answer that can be used.
    void answered(std::size_t place, Time now, std::chrono::microseconds latency);
    /// No answer, or one that breaks a rule. It rests, longer each time.
    void failed(std::size_t place, Time now, const std::string& why);
    /// It asks for a rest itself.
    void limited(std::size_t place, Time now, std::optional<std::chrono::seconds> retry_after);
    /// It asks for a rest from searches; other reads are asked of it as before.
    void search_limited(std::size_t place, Time now, std::optional<std::chrono::seconds> retry_after);
    /// It answered one.
    void search_answered(std::size_t place);
    /// When a search may be asked of it again after such a rest. In the past: now.
    Time search_free_at(std::size_t place) const;
    /// It says itself that it is behind.
    void fell_behind(std::size_t place, Time now, std::optional<std::uint64_t> slots);
    /// It was caught.
    void lied(std::size_t place, Time now, const std::string& how);

    /// What `place` says of where it stands, judged by what it said before and by what the others say.
    /// Nothing when it may be believed and is not behind; else why not, and the endpoint is put aside.
    std::optional<std::string> saw(std::size_t place, Time now, const Seen& seen);
    /// The highest slot it ever told at that commitment; 0 before the first.
    std::uint64_t slot_of(std::size_t place, Commitment commitment) const;
    bool is_lying(std::size_t place, Time now) const;
    bool is_limited(std::size_t place, Time now) const;

    std::vector<RpcEndpointReport> report(Time now) const;

private:
    struct Told {
        std::uint64_t slot = 0;
        std::uint64_t height = 0;
        Time at{};       ///< when it told
        Time rose_at{};  ///< when the slot last rose
    };
    struct Card {
        std::string name;
        std::array<Told, 3> told;  ///< by commitment
        Time behind_until{};
        Time failing_until{};
        Time limited_until{};
        Time lying_until{};
        Time no_search_until{};
        std::uint32_t failures_in_row = 0;
        std::uint32_t limits_in_row = 0;
        std::uint32_t search_limits_in_row = 0;
        bool told_of_failing = false;
        RpcEndpointReport counts;
    };

    std::optional<std::string> lie_in(const Card& card, Time now, const Seen& seen) const;
    void put_behind(Card& card, Time now, std::uint64_t slots, const std::string& why);
    std::chrono::microseconds grown(std::chrono::milliseconds first, std::chrono::milliseconds most,
                                    std::uint32_t in_row);
    /// How long to leave it alone who asked for a rest for the `in_row`th time.
    std::chrono::microseconds rest_asked_for(std::uint32_t in_row,
                                             std::optional<std::chrono::seconds> retry_after);
    RpcStanding standing(const Card& card, Time now) const;

    const RpcHealthLimits limits_;
    Random& random_;
    Log& log_;
    std::vector<Card> cards_;
};

}  // namespace libexec
