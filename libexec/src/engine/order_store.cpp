#include "libexec/engine/order_store.hpp"

#include <cassert>

namespace libexec {

Task<Result<std::optional<CommittedIntent>>> OrderStore::commit_intent(Step step, StepAnswer& answer) {
    assert(step.opens);
    Attempt attempt = *step.opens;
    Result<StepAnswer> written = co_await commit(std::move(step));
    if (!written) co_return written.error();
    answer = written.value();
    std::optional<CommittedIntent> intent;
    if (answer == StepAnswer::committed) intent.emplace(committed(std::move(attempt)));
    co_return intent;
}

}  // namespace libexec
