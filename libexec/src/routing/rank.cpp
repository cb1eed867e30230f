#include <algorithm>

#include "libexec/routing/describe.hpp"
#include "libexec/routing/router.hpp"

namespace libexec {
namespace {

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

}  // namespace libexec
