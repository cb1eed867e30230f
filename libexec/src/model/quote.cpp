#include "libexec/model/quote.hpp"

namespace libexec {

Amount net_of_costs(const Quote& quote, SwapMode mode) {
    if (mode == SwapMode::exact_in) return subtract_floor(quote.amount_out, quote.network_cost);
    const Result<Amount> spent = add(quote.amount_in, quote.network_cost);
    return spent ? spent.value() : Amount(Amount::most);
}

}  // namespace libexec
