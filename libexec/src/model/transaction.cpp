#include "libexec/model/transaction.hpp"

namespace libexec {

SwapTerms terms_of(const SwapPlan& plan) {
    const bool exact_in = plan.mode == SwapMode::exact_in;
    SwapTerms terms;
    terms.order = plan.order;
    terms.attempt = plan.attempt;
    terms.mint_in = plan.token_in.mint;
    terms.mint_out = plan.token_out.mint;
    terms.most_in = exact_in ? plan.quote.amount_in : plan.limit;
    terms.least_out = exact_in ? plan.limit : plan.quote.amount_out;
    terms.wraps_sol = plan.wraps_sol;
    terms.unwraps_sol = plan.unwraps_sol;
    return terms;
}

}  // namespace libexec
