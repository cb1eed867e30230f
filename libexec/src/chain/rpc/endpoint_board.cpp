#include "endpoint_board.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace libexec {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using std::chrono::milliseconds;

/// What was told longer ago says nothing about who is ahead now.
constexpr milliseconds told_lately{30'000};
/// A node that tells the same slot for so long has stopped, and is no measure for others.
constexpr milliseconds stalled_after{20'000};

/// One failure is the network's everyday life; who fails so often in a row is asked last.
constexpr std::uint32_t failing_after = 3;

microseconds since(Time then, Time now) { return now > then ? now - then : 0us; }

/// Latencies within a factor of two are the same: an order that flaps helps nobody.
int bucket(microseconds latency) {
    return static_cast<int>(
        std::bit_width(static_cast<std::uint64_t>(std::max<std::int64_t>(0, latency / 1ms))));
}

}  // namespace

std::string_view to_string(RpcStanding standing) {
    switch (standing) {
        case RpcStanding::good:
            return "good";
        case RpcStanding::behind:
            return "behind";
        case RpcStanding::failing:
            return "failing";
        case RpcStanding::rate_limited:
            return "rate_limited";
        case RpcStanding::lying:
            return "lying";
    }
    return "good";
}

EndpointBoard::EndpointBoard(const std::vector<RpcEndpoint>& endpoints, const RpcHealthLimits& limits,
                             Random& random, Log& log)
    : limits_(limits), random_(random), log_(log) {
    for (const RpcEndpoint& endpoint : endpoints) {
        Card card;
        card.name = endpoint.name();
        card.counts.name = card.name;
        cards_.push_back(std::move(card));
    }
}

Time EndpointBoard::free_at(std::size_t place, bool fresh) const {
    const Card& card = cards_[place];
    const Time rested = std::max({card.failing_until, card.limited_until, card.lying_until});
    return fresh ? std::max(rested, card.behind_until) : rested;
}

std::vector<std::size_t> EndpointBoard::choose(Time now, bool fresh) const {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < cards_.size(); ++i) {
        if (free_at(i, fresh) <= now) places.push_back(i);
    }
    const auto rank = [this](std::size_t place) {
        const Card& card = cards_[place];
        return std::pair(card.failures_in_row >= failing_after, bucket(card.counts.latency));
    };
    std::stable_sort(places.begin(), places.end(),
                     [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
    return places;
}

void EndpointBoard::answered(std::size_t place, Time now, microseconds latency) {
    Card& card = cards_[place];
    ++card.counts.calls;
    latency = std::max(latency, 1us);
    microseconds& smooth = card.counts.latency;
    smooth = smooth == 0us ? latency : (smooth * 7 + latency) / 8;
    card.failures_in_row = 0;
    card.limits_in_row = 0;
    card.failing_until = Time{};
    if (std::exchange(card.told_of_failing, false))
        log_.info("rpc.endpoint_back", "an RPC endpoint answers again", {{"endpoint", card.name}});
    if (standing(card, now) == RpcStanding::good) card.counts.trouble.clear();
}

/// Half of it is certain, half is chance, so that those who wait for the same thing do not come back
/// together.
microseconds EndpointBoard::grown(milliseconds first, milliseconds most, std::uint32_t in_row) {
    milliseconds rest = first;
    for (std::uint32_t i = 1; i < in_row && rest < most; ++i) rest *= 2;
    const microseconds whole = std::min(rest, most);
    const auto half = static_cast<std::uint64_t>((whole / 2).count());
    return whole / 2 + microseconds(static_cast<std::int64_t>(random_.below(half + 1)));
}

void EndpointBoard::failed(std::size_t place, Time now, const std::string& why) {
    Card& card = cards_[place];
    ++card.counts.calls;
    ++card.counts.failures;
    ++card.failures_in_row;
    card.counts.trouble = why;
    card.failing_until = now + grown(limits_.failure_rest, limits_.failure_rest_most, card.failures_in_row);
    if (card.failures_in_row >= failing_after && !std::exchange(card.told_of_failing, true)) {
        log_.warn("rpc.endpoint_failing", "an RPC endpoint fails again and again",
                  {{"endpoint", card.name}, {"error", why}});
    }
}

microseconds EndpointBoard::rest_asked_for(std::uint32_t in_row,
                                           std::optional<std::chrono::seconds> retry_after) {
    const microseconds rest = grown(limits_.limit_rest, limits_.limit_rest_most, in_row);
    if (!retry_after || retry_after->count() <= 0) return rest;
    // Never before the time it named; the chance is on top.
    return std::min<microseconds>(*retry_after, limits_.limit_rest_most) +
           microseconds(static_cast<std::int64_t>(random_.below(100'001)));
}

void EndpointBoard::limited(std::size_t place, Time now, std::optional<std::chrono::seconds> retry_after) {
    Card& card = cards_[place];
    ++card.counts.calls;
    ++card.counts.rate_limits;
    ++card.limits_in_row;
    card.counts.trouble = "it asked for a rest (HTTP 429)";
    const microseconds rest = rest_asked_for(card.limits_in_row, retry_after);
    card.limited_until = std::max(card.limited_until, now + rest);
    log_.warn("rpc.rate_limited", "an RPC endpoint asks for a rest",
              {{"endpoint", card.name},
               LogField::number("restMs", std::chrono::duration_cast<milliseconds>(rest).count())});
}

void EndpointBoard::search_limited(std::size_t place, Time now,
                                   std::optional<std::chrono::seconds> retry_after) {
    Card& card = cards_[place];
    ++card.search_limits_in_row;
    card.no_search_until = now + rest_asked_for(card.search_limits_in_row, retry_after);
}

void EndpointBoard::search_answered(std::size_t place) {
    cards_[place].search_limits_in_row = 0;
    cards_[place].no_search_until = Time{};
}

Time EndpointBoard::search_free_at(std::size_t place) const { return cards_[place].no_search_until; }

void EndpointBoard::put_behind(Card& card, Time now, std::uint64_t slots, const std::string& why) {
    if (card.behind_until <= now && card.counts.slots_behind <= limits_.slots_behind_most) {
        log_.warn("rpc.endpoint_behind", "an RPC endpoint lags behind the chain",
                  {{"endpoint", card.name}, LogField::number("slots", static_cast<std::int64_t>(slots))});
    }
    card.counts.slots_behind = slots;
    card.counts.trouble = why;
    card.behind_until = now + limits_.behind_rest;
}

void EndpointBoard::fell_behind(std::size_t place, Time now, std::optional<std::uint64_t> slots) {
    const std::uint64_t by = slots.value_or(limits_.slots_behind_most + 1);
    put_behind(
        cards_[place], now, by,
        slots ? "it says that it is " + std::to_string(by) + " slots behind" : "it says that it is behind");
}

void EndpointBoard::lied(std::size_t place, Time now, const std::string& how) {
    Card& card = cards_[place];
    ++card.counts.lies;
    card.counts.trouble = how;
    card.lying_until = now + limits_.lie_rest;
    // Who is behind was measured with this one among others; that is done anew.
    for (Card& other : cards_) {
        other.behind_until = Time{};
        other.counts.slots_behind = 0;
    }
    log_.error("rpc.endpoint_lies", "an RPC endpoint tells what cannot be; it is put aside",
               {{"endpoint", card.name}, {"error", how}});
}

std::optional<std::string> EndpointBoard::lie_in(const Card& card, Time now, const Seen& seen) const {
    const Told& told = card.told[static_cast<std::size_t>(seen.commitment)];
    if (seen.slot && seen.height && *seen.height >= *seen.slot) {
        return "it tells block height " + std::to_string(*seen.height) + " at slot " +
               std::to_string(*seen.slot) + ", and a height is always below its slot";
    }
    if (seen.slot && *seen.slot < told.slot && told.slot - *seen.slot > limits_.slots_back_most) {
        return "its slot went back from " + std::to_string(told.slot) + " to " + std::to_string(*seen.slot);
    }
    if (seen.height && *seen.height < told.height && told.height - *seen.height > limits_.slots_back_most) {
        return "its block height went back from " + std::to_string(told.height) + " to " +
               std::to_string(*seen.height);
    }
    if (!seen.slot) return std::nullopt;

    // Ahead of everybody else by more than the time between can explain.
    const auto room = [&](Time then) {
        return limits_.slots_ahead_most +
               static_cast<std::uint64_t>(since(then, now) / limits_.slot_shortest);
    };
    std::size_t others = 0;
    std::uint64_t highest = 0;
    for (const Card& other : cards_) {
        const Told& theirs = other.told[static_cast<std::size_t>(seen.commitment)];
        if (&other == &card || theirs.slot == 0 || other.lying_until > now) continue;
        if (since(theirs.at, now) > told_lately || since(theirs.rose_at, theirs.at) > stalled_after) continue;
        ++others;
        highest = std::max(highest, theirs.slot + room(theirs.at));
    }
    // One other may be the one who stands still; then it must be a leap from its own words as well.
    const bool leaps = told.slot > 0 && *seen.slot > told.slot + room(told.at);
    if (others > 0 && *seen.slot > highest && (others >= 2 || leaps))
        return "it tells slot " + std::to_string(*seen.slot) + ", far ahead of what every other tells";
    return std::nullopt;
}

std::optional<std::string> EndpointBoard::saw(std::size_t place, Time now, const Seen& seen) {
    Card& card = cards_[place];
    std::optional<std::string> lie = lie_in(card, now, seen);
    Told& told = card.told[static_cast<std::size_t>(seen.commitment)];
    if (lie) {
        lied(place, now, *lie);
        // What it says from now on is held against this: a node that was set up anew must be able to come
        // back.
        const bool impossible = seen.slot && seen.height && *seen.height >= *seen.slot;
        told = Told();
        if (!impossible) {
            told.slot = seen.slot.value_or(0);
            told.height = seen.height.value_or(0);
            told.at = told.rose_at = now;
        }
        return lie;
    }
    if (seen.height) told.height = std::max(told.height, *seen.height);
    if (!seen.slot) return std::nullopt;
    if (*seen.slot > told.slot) told.rose_at = now;
    told.slot = std::max(told.slot, *seen.slot);
    told.at = now;
    card.counts.slot = std::max(card.counts.slot.value_or(0), *seen.slot);

    std::uint64_t best = *seen.slot;
    for (const Card& other : cards_) {
        if (other.lying_until <= now)
            best = std::max(best, other.told[static_cast<std::size_t>(seen.commitment)].slot);
    }
    const std::uint64_t behind = best - *seen.slot;
    if (behind > limits_.slots_behind_most) {
        std::string why = "it is " + std::to_string(behind) + " slots behind the best endpoint";
        put_behind(card, now, behind, why);
        return why;
    }
    card.counts.slots_behind = behind;
    card.behind_until = Time{};
    return std::nullopt;
}

std::uint64_t EndpointBoard::slot_of(std::size_t place, Commitment commitment) const {
    return cards_[place].told[static_cast<std::size_t>(commitment)].slot;
}

bool EndpointBoard::is_lying(std::size_t place, Time now) const { return cards_[place].lying_until > now; }
bool EndpointBoard::is_limited(std::size_t place, Time now) const {
    return cards_[place].limited_until > now;
}

RpcStanding EndpointBoard::standing(const Card& card, Time now) const {
    if (card.lying_until > now) return RpcStanding::lying;
    if (card.limited_until > now) return RpcStanding::rate_limited;
    if (card.failing_until > now || card.failures_in_row >= failing_after) return RpcStanding::failing;
    if (card.behind_until > now || card.counts.slots_behind > limits_.slots_behind_most)
        return RpcStanding::behind;
    return RpcStanding::good;
}

std::vector<RpcEndpointReport> EndpointBoard::report(Time now) const {
    std::vector<RpcEndpointReport> reports;
    for (const Card& card : cards_) {
        RpcEndpointReport report = card.counts;
        report.standing = standing(card, now);
        report.until =
            std::max({card.failing_until, card.limited_until, card.lying_until, card.behind_until});
        reports.push_back(std::move(report));
    }
    return reports;
}

}  // namespace libexec
