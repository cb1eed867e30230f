#pragma once

#include <utility>

#include "libexec/chain/sim/sim_signer.hpp"
#include "libexec/engine/order_store.hpp"
#include "libexec/model/sim_message.hpp"
#include "support/sim_time.hpp"
#include "support/swaps.hpp"

namespace libexec::test {

/// Plays the store that has committed an intent. Never made: it lends the one function that may.
class CommittingStore : public OrderStore {
public:
    static CommittedIntent of(Attempt attempt) { return committed(std::move(attempt)); }
};

/// The attempt an engine would open for this plan on this anchor, signed by SimSigner.
inline Attempt signed_attempt(SimTime& time, const SwapPlan& plan, const Anchor& anchor) {
    UnsignedTransaction transaction;
    transaction.message = encode_sim_message(plan, anchor).value();
    SimSigner signer;
    const SignedTransaction ready = time.run(signer.sign(std::move(transaction), SwapTerms())).value();
    Attempt attempt;
    attempt.order = plan.order;
    attempt.number = plan.attempt;
    attempt.venue = plan.quote.venue;
    attempt.signature = ready.signature;
    attempt.signed_bytes = ready.bytes;
    attempt.last_valid_height = anchor.last_valid_height;
    attempt.anchor_slot = anchor.slot;
    attempt.quoted_in = plan.quote.amount_in;
    attempt.quoted_out = plan.quote.amount_out;
    return attempt;
}

}  // namespace libexec::test
