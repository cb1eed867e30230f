#pragma once

#include <string>

#include "call.hpp"
#include "libexec/base/clock.hpp"
#include "libexec/embed/open.hpp"
#include "libexec/model/explorer.hpp"
#include "libexec/telemetry/log.hpp"
#include "submissions.hpp"

namespace libexec::server {

/// The order `call` names, if its caller may look at it, or nothing and a 404 or 503 already on its way.
Task<std::optional<OrderRecord>> find_order(Service& service, Call& call);
/// Every event of an order after `after`, read in pages; errors as in `Service::events`.
Task<Result<std::vector<CommittedEvent>>> all_events(Service& service, OrderId order, std::uint32_t after,
                                                     Viewer viewer);

/// Submitting, reading and cancelling orders.
class OrderRoutes {
public:
    OrderRoutes(Service& service, Submissions& submissions, const TokenList& tokens, const Clock& clock,
                Log& log)
        : service_(service),
          submissions_(submissions),
          tokens_(tokens),
          clock_(clock),
          log_(log),
          explorer_(service.explorer()) {}

    Task<void> submit(Call& call);
    Task<void> retry(Call& call);
    Task<void> read(Call& call);
    Task<void> cancel(Call& call);
    Task<void> list(Call& call);
    Task<void> events(Call& call);
    Task<void> routing(Call& call);
    Task<void> attempts(Call& call);

private:
    /// What goes with a submission beside its body; nothing, and the refusal on its way, when it may not come
    /// in.
    Task<std::optional<SubmitOptions>> admit(Call& call);
    void answer_submission(Call& call, Submission submission, const std::optional<OrderId>& retry_of);
    /// Every answer to a submission says how much more may come.
    void refuse_submission(Call& call, Problem problem);

    Service& service_;
    Submissions& submissions_;
    const TokenList& tokens_;
    const Clock& clock_;
    Log& log_;
    const Explorer explorer_;
};

}  // namespace libexec::server
