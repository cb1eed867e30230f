#include "order_verdict.hpp"

#include <algorithm>

#include "amount_ratio.hpp"
#include "decision_view.hpp"
#include "libexec/model/money.hpp"
#include "order_poll.hpp"
#include "order_rows.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

/// Reads one order's documents and says what they mean.
class Judge {
public:
    Judge(const JsonValue& order, const std::vector<JsonValue>& decisions,
          const std::vector<JsonValue>& events, const JsonValue& queue, Time now, const Style& style)
        : order_(order),
          decisions_(decisions),
          events_(events),
          queue_(queue),
          now_(now),
          style_(style),
          id_(clean(order["id"])) {}

    Verdict judge() const {
        const std::string& status = order_["status"].text();
        if (status == "confirmed") return confirmed();
        if (status == "cancelled") return cancelled();
        if (has_ended_with(status)) return failed();
        if (!order_["parked"].is_null()) return parked();
        if (status == "submitted") return submitted();
        if (status == "pending") return pending();
        return working(status);
    }

private:
    std::string clean(const JsonValue& value) const { return printable(style_, value.text()); }
    std::string short_amount(std::string_view name) const {
        return without_trailing_zeros(clean(order_[name]));
    }

    Verdict confirmed() const {
        Verdict verdict;
        verdict.what = short_amount("amountIn") + " " + clean(order_["tokenIn"]) + " became " +
                       short_amount("amountOut") + " " + clean(order_["tokenOut"]) + " on " +
                       clean(order_["dexUsed"]);
        if (const auto tenths = fill_against_quote(order_)) {
            const std::string size = tenth_bps_text(static_cast<std::uint64_t>(std::abs(*tenths)));
            verdict.what += *tenths == 0
                                ? ", exactly as quoted"
                                : ", " + size + (*tenths > 0 ? " worse" : " better") + " than quoted (" +
                                      clean(order_["slippageBps"]) + " bps were allowed)";
        }
        if (!decisions_.empty()) verdict.what += "; the venue was " + choice_text(decisions_.back(), style_);
        const std::string fees = fees_of(order_);
        verdict.funds = "moved once, in transaction " + clean(order_["txHash"]);
        if (!fees.empty()) verdict.funds += "; " + fees + " SOL of network fees in all";
        verdict.funds += rent();
        verdict.repeat = "submitting it again would be a second trade";
        verdict.next = "nothing: the order is done";
        return verdict;
    }

    Verdict cancelled() const {
        Verdict verdict;
        verdict.what = "cancelled on request";
        const std::string note = events_.empty() ? std::string() : clean(events_.back()["data"]["note"]);
        if (!note.empty()) verdict.what += ": " + note;
        verdict.funds = order_["attempts"].items().empty() ? "none moved: nothing was signed"
                                                           : "none moved: no transaction of it can land";
        verdict.repeat = "safe";
        verdict.next = "execctl retry " + id_ + " places it again, if you still want it";
        return verdict;
    }

    Verdict failed() const {
        const JsonValue failure = order_["failure"];
        Verdict verdict;
        verdict.what = clean(failure["title"]);
        if (verdict.what.empty()) verdict.what = "it ended " + clean(order_["status"]);
        if (const std::string detail = clean(failure["detail"]); !detail.empty()) {
            const bool same = lower_case(detail).starts_with(lower_case(verdict.what));
            verdict.what = same ? detail : verdict.what + ": " + detail;
        }
        verdict.what += pattern_of_tries();
        const bool moved = failure["fundsMoved"].is_true();
        const bool retryable = failure["retryable"].is_true();
        verdict.funds = moved ? "may have moved: see transaction " + clean(failure["txHash"])
                              : "none moved, nothing was swapped" + fees_lost();
        verdict.repeat = moved       ? "not safe before that transaction is looked up"
                         : retryable ? "safe"
                                     : "safe, but it will end the same way unless something changes";
        verdict.next = clean(failure["hint"]);
        if (!moved) {
            if (!verdict.next.empty()) verdict.next += "; ";
            verdict.next += "execctl retry " + id_ + " places it again, linked to this one";
        }
        return verdict;
    }

    /// What token accounts hold is the wallet's still, but not at hand.
    std::string rent() const {
        std::string words;
        const auto say = [&](std::string_view member, std::string_view what) {
            const std::string sum = sum_of_attempts(order_, member);
            if (sum.find_first_of("123456789") != std::string::npos)
                words += "; " + without_trailing_zeros(sum) + std::string(what);
        };
        say("rent", " SOL of rent now lies in new token accounts of the wallet");
        say("rentReturned", " SOL of rent came back from closed token accounts");
        return words;
    }

    /// Transactions that landed with an error cost their fee all the same.
    std::string fees_lost() const {
        const std::string fees = fees_of(order_);
        return fees.empty() || fees.find_first_of("123456789") == std::string::npos
                   ? ""
                   : "; its attempts cost " + fees + " SOL of network fees";
    }

    std::string pattern_of_tries() const {
        const std::vector<Try> tries = tries_of(events_);
        if (tries.size() < 2) return {};
        const bool same = std::all_of(tries.begin(), tries.end(),
                                      [&](const Try& one) { return one.result == tries.front().result; });
        const std::string count = std::to_string(tries.size());
        return same && !tries.front().result.empty()
                   ? "; all " + count + " attempts ended with " + printable(style_, tries.front().result)
                   : "; " + count + " attempts were made";
    }

    Verdict pending() const {
        Verdict verdict = alive();
        const auto next = order_["nextRetryAt"].time();
        const JsonValue last = events_.empty() ? JsonValue() : events_.back();
        const std::string reason = clean(last["data"]["reason"]);
        if (next && *next > now_) {
            verdict.what = "waiting to try again at " + time_of_day_text(*next) + ", in " +
                           elapsed_text(std::chrono::duration_cast<std::chrono::microseconds>(*next - now_)) +
                           " (attempt " + clean(order_["attempt"]) + " of " + clean(order_["maxAttempts"]) +
                           ")";
        } else {
            verdict.what = "in the queue, waiting for a free worker";
            const auto waiting = queue_["waiting"].whole();
            const auto active = queue_["active"].whole();
            if (waiting && active) {
                const std::uint64_t others = *waiting > 0 ? *waiting - 1 : 0;
                verdict.what += ": " + std::to_string(others) +
                                (others == 1 ? " other order waits, " : " others wait, ") +
                                std::to_string(*active) +
                                (*active == 1 ? " is being executed" : " are being executed");
            }
        }
        if (reason == "breaker_open" || reason == "venue_busy") {
            verdict.what += "; its venues are left out for now, which uses up no attempt (" +
                            clean(last["data"]["detail"]) + ")";
        } else if (!reason.empty()) {
            verdict.what += "; the last attempt ended with " + reason;
        }
        verdict.funds = "none moved: nothing of it is on its way";
        return verdict;
    }

    Verdict parked() const {
        const JsonValue parking = order_["parked"];
        Verdict verdict = alive();
        verdict.what = "put aside: " + clean(parking["reason"]);
        if (const auto until = parking["until"].time())
            verdict.what += "; it is taken up again at " + time_of_day_text(*until);
        const bool sent = order_["status"].text() == "submitted";
        verdict.funds = sent ? "may move at any moment: transaction " + clean(order_["txHash"]) + " was sent"
                             : "none moved: nothing of it is on its way";
        verdict.next = "tell whoever runs the server: its log says more under order.parked; " + verdict.next;
        return verdict;
    }

    Verdict working(const std::string& status) const {
        Verdict verdict = alive();
        verdict.what =
            status == "routing" ? "asking the venues for quotes" : "a transaction is being built and signed";
        verdict.what += for_how_long();
        verdict.funds = "none moved: nothing was sent in this attempt";
        return verdict;
    }

    Verdict submitted() const {
        Verdict verdict = alive();
        const std::string tx = clean(order_["txHash"]);
        verdict.what = "transaction " + tx + " was sent to " + clean(order_["dexUsed"]) +
                       "; the chain has not decided yet" + for_how_long();
        if (order_["inDoubt"].is_true()) {
            verdict.what = "in doubt" + for_how_long() + ": transaction " + tx +
                           " was sent, and is neither seen to land nor proven dead. The same bytes are sent "
                           "again; nothing new is signed before that is known";
        }
        verdict.funds = "may move at any moment";
        return verdict;
    }

    Verdict alive() const {
        Verdict verdict;
        verdict.repeat = "not safe: this order may still trade, another one would be a second trade";
        verdict.next = "wait: execctl watch " + id_;
        if (order_["cancelRequested"].is_true()) {
            verdict.next += "; a cancellation was asked for, so nothing new will be signed";
        } else {
            verdict.next += ", or execctl cancel " + id_;
        }
        return verdict;
    }

    /// Since its status is what it is, or since it is in doubt.
    std::string for_how_long() const {
        const std::string kind = order_["inDoubt"].is_true() ? "in_doubt" : "moved";
        for (auto event = events_.rbegin(); event != events_.rend(); ++event) {
            if ((*event)["kind"].text() != kind) continue;
            const auto since = (*event)["timestamp"].time();
            if (!since) return {};
            return ", since " + time_of_day_text(*since) + " (" +
                   elapsed_text(std::chrono::duration_cast<std::chrono::microseconds>(now_ - *since)) + ")";
        }
        return {};
    }

    const JsonValue& order_;
    const std::vector<JsonValue>& decisions_;
    const std::vector<JsonValue>& events_;
    const JsonValue& queue_;
    Time now_;
    const Style& style_;
    std::string id_;
};

}  // namespace

Verdict verdict_on(const JsonValue& order, const std::vector<JsonValue>& decisions,
                   const std::vector<JsonValue>& events, const JsonValue& queue, Time now,
                   const Style& style) {
    return Judge(order, decisions, events, queue, now, style).judge();
}

std::vector<Try> tries_of(const std::vector<JsonValue>& events) {
    std::vector<Try> tries;
    for (const JsonValue& event : events) {
        const JsonValue data = event["data"];
        const std::string& status = event["status"].text();
        const bool moved = event["kind"].text() == "moved";
        if (moved && status == "routing") {
            Try next;
            next.number = event["attempt"].text();
            next.began = event["timestamp"].time();
            tries.push_back(std::move(next));
            continue;
        }
        if (tries.empty()) continue;
        Try& open = tries.back();
        if (!moved) {
            open.in_doubt = open.in_doubt || event["kind"].text() == "in_doubt";
            continue;
        }
        if (!data["dexUsed"].is_null()) open.venue = data["dexUsed"].text();
        // An order that ended names its last transaction, which may be that of an earlier attempt.
        const bool own = status == "submitted" || status == "confirmed";
        if (own && !data["txHash"].is_null()) open.tx = data["txHash"].text();
        if (status == "pending") {
            open.result = data["reason"].text();
            open.detail = data["detail"].text();
            const auto now = event["timestamp"].time();
            const auto next = event["nextRetryAt"].time();
            if (now && next) open.pause = std::chrono::duration_cast<std::chrono::microseconds>(*next - *now);
        } else if (has_ended_with(status)) {
            open.result = status == "confirmed" || status == "cancelled" ? status : data["code"].text();
            if (open.result.empty()) open.result = data["failureReason"].text();
            open.detail = status == "confirmed" ? std::string() : data["detail"].text();
            if (open.detail.empty()) open.detail = data["note"].text();
        }
    }
    return tries;
}

}  // namespace libexec::cli
