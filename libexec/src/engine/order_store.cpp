#include "libexec/engine/order_store.hpp"

#include <cassert>

#include "libexec/base/safeguard.hpp"

namespace libexec {

Task<Result<std::optional<CommittedIntent>>> OrderStore::commit_intent(Step step, StepAnswer& answer) {
    assert(step.opens);
    Attempt attempt = *step.opens;
    if (!LIBEXEC_SAFEGUARD(intent_before_send)) {
        commit_later(std::move(step));
        answer = StepAnswer::committed;
        co_return std::optional(committed(std::move(attempt)));
    }
    Result<StepAnswer> written = co_await commit(std::move(step));
    if (!written) co_return written.error();
    answer = written.value();
    std::optional<CommittedIntent> intent;
    if (answer == StepAnswer::committed) intent.emplace(committed(std::move(attempt)));
    co_return intent;
}

Task<Result<std::vector<StoreNode>>> OrderStore::nodes() { co_return std::vector<StoreNode>(); }

}  // namespace libexec
