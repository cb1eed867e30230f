#include "libexec/routing/describe.hpp"

namespace libexec {
namespace {

std::string offer_text(const RoutingDecision& decision, const VenueAnswer& answer) {
    const bool exact_in = decision.mode == SwapMode::exact_in;
    TokenAmount net;
    net.amount = net_of_costs(*answer.quote, decision.mode);
    net.decimals = exact_in ? decision.token_out.decimals : decision.token_in.decimals;
    return answer.venue + " " + to_text(net);
}

}  // namespace

std::string gap_text(const Quote& quote, const Quote& best, SwapMode mode) {
    const Wide mine = net_of_costs(quote, mode).base_units();
    const Wide theirs = net_of_costs(best, mode).base_units();
    const Wide gap = mine > theirs ? mine - theirs : theirs - mine;
    if (gap == 0) return "0.0 bps";
    if (mine == 0) return "all of it";
    const Wide tenths = (gap * Bps::whole * 10 + mine / 2) / mine;
    const auto shown = static_cast<std::uint64_t>(tenths > Amount::most ? Wide(Amount::most) : tenths);
    return std::to_string(shown / 10) + "." + std::to_string(shown % 10) + " bps";
}

std::string describe(const RoutingDecision& decision) {
    const Quote* const best = decision.chosen();
    if (decision.answers.empty()) return "no venue to ask";
    std::string text = best ? "" : "no route";
    bool first_rival = true;
    for (const VenueAnswer& answer : decision.answers) {
        if (!answer.quote) {
            text += (best || &answer != &decision.answers.front() ? "; " : ": ") + answer.venue + ": " +
                    answer.note;
        } else if (&*answer.quote == best) {
            text = offer_text(decision, answer);
        } else {
            text += (first_rival ? " best by " : ", by ") + gap_text(*answer.quote, *best, decision.mode) +
                    " over " + offer_text(decision, answer);
            first_rival = false;
        }
    }
    return text;
}

}  // namespace libexec
