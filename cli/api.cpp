#include "api.hpp"

#include <algorithm>
#include <ostream>

#include "libexec/base/uuid.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

constexpr std::string_view orders_path = "/api/orders";

Complaint unknown_outcome_complaint(const std::string& why, const std::string& key) {
    Complaint complaint;
    complaint.exit = ExitCode::unreachable;
    complaint.code = "outcome_unknown";
    complaint.what = "the server did not say whether it took the order (" + why + ")";
    complaint.funds = "unknown: if the order was accepted, it is being executed";
    complaint.repeat =
        "safe with --idempotency-key " + key + ": that gives the same order, never a second one";
    complaint.next = "repeat the command with that key once the server is back";
    return complaint;
}

Complaint interrupted_before_answer(bool sent, const std::string& key) {
    Complaint complaint = sent ? unknown_outcome_complaint("interrupted", key)
                               : usage_complaint("interrupted", "repeat when you like");
    complaint.exit = ExitCode::interrupted;
    complaint.code = "interrupted";
    complaint.repeat = sent ? complaint.repeat : "safe";
    return complaint;
}

/// Ctrl-C during a request that places nothing.
Complaint interrupted_request(bool sent) {
    Complaint complaint = usage_complaint("interrupted", "repeat when you like");
    complaint.exit = ExitCode::interrupted;
    complaint.code = "interrupted";
    complaint.repeat = "safe";
    if (sent) complaint.funds = "nothing was placed by this request";
    return complaint;
}

Complaint lost_answer_complaint(const Options& options, const std::string& why) {
    Complaint complaint = unreachable_complaint(options.server, why);
    complaint.what = "the server at " + options.server + " did not answer (" + why + ")";
    complaint.funds = "nothing was placed by this request";
    return complaint;
}

std::chrono::milliseconds wait_asked_for(const HttpAnswer& answer, unsigned count) {
    const auto usual = pause_before_repeat(count);
    return answer.retry_after ? std::max<std::chrono::milliseconds>(*answer.retry_after, usual) : usual;
}

std::string code_of(const HttpAnswer& answer) {
    const Result<JsonValue> parsed = JsonValue::parse(answer.body);
    return parsed ? parsed.value()["code"].text() : std::string();
}

Accepted read_acceptance(const HttpAnswer& answer, const std::string& key) {
    const Result<JsonValue> parsed = JsonValue::parse(answer.body);
    const std::string order = parsed ? parsed.value()["orderId"].text() : std::string();
    // It becomes part of addresses.
    if (!Uuid::parse(order)) throw Trouble(unknown_outcome_complaint("its answer holds no order id", key));
    return Accepted{order, one_line(answer.body), answer.replayed};
}

}  // namespace

std::chrono::milliseconds Deadline::left() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - wire_.now());
    return std::max(left, std::chrono::milliseconds(0));
}

bool Deadline::pause(Wire& wire, std::chrono::milliseconds time) const {
    return wire.pause(std::min(time, left()));
}

std::chrono::milliseconds pause_before_repeat(unsigned count) {
    return std::chrono::milliseconds(std::min(200u << std::min(count - 1, 4u), 2'000u));
}

std::string submit_body(const Trade& submit) {
    std::string body = "{\"type\":\"market\",\"tokenIn\":" + to_json_string(submit.token_in) +
                       ",\"tokenOut\":" + to_json_string(submit.token_out) + ",\"" +
                       (submit.exact_out ? "amountOut" : "amountIn") + "\":" + to_json_string(submit.amount);
    if (submit.slippage_bps) body += ",\"slippageBps\":" + std::to_string(*submit.slippage_bps);
    if (!submit.client_order_id.empty())
        body += ",\"clientOrderId\":" + to_json_string(submit.client_order_id);
    return body + "}";
}

Placement placement_of(const SubmitOptions& submit) {
    Placement placement;
    placement.path = std::string(orders_path) + "/execute";
    placement.body = submit_body(submit.trade);
    placement.retry = submit.retry;
    return placement;
}

Accepted place_order(Wire& wire, const Options& options, const Placement& placement, const std::string& key,
                     const Deadline& deadline, Console& console) {
    HttpCall call;
    call.method = "POST";
    call.url = options.server + placement.path;
    call.body = placement.body;
    call.headers = {"Content-Type: application/json", "Accept: application/json", "Idempotency-Key: " + key};
    bool maybe_placed = false;  // an earlier try may have reached the server without our knowing
    for (unsigned count = 1;; ++count) {
        call.timeout =
            std::clamp(deadline.left(), std::chrono::milliseconds(1), std::chrono::milliseconds(15'000));
        HttpOutcome outcome = wire.exchange(call);
        std::string why = outcome.trouble;
        auto wait = pause_before_repeat(count);
        if (outcome.kind == HttpOutcome::Kind::interrupted) {
            throw Trouble(interrupted_before_answer(maybe_placed || outcome.sent, key));
        }
        const bool not_sent = outcome.kind == HttpOutcome::Kind::not_sent;
        if (not_sent && !maybe_placed && !placement.patient) {
            throw Trouble(unreachable_complaint(options.server, why));
        }
        if (outcome.kind == HttpOutcome::Kind::lost) maybe_placed = true;
        if (outcome.kind == HttpOutcome::Kind::answered) {
            const HttpAnswer& answer = outcome.answer;
            if (answer.status >= 200 && answer.status < 300) return read_acceptance(answer, key);
            const std::string code = code_of(answer);
            maybe_placed = maybe_placed || code == "in_flight" || code == "outcome_unknown";
            // A passing refusal now says nothing about what became of an earlier try.
            const bool passing = answer.status >= 500 || answer.status == 429 || code == "in_flight";
            const bool may_wait =
                (answer.status == 429 && placement.retry) || (code == "draining" && placement.patient);
            if (!(maybe_placed && passing) && !may_wait) {
                const Complaint refusal = refusal_complaint(answer, true, key);
                // What was refused is the repetition; the lost try is as open as before.
                const bool open = maybe_placed && code != "idempotency_conflict";
                throw Trouble(open ? unknown_outcome_complaint(refusal.what, key) : refusal);
            }
            why = code.empty() ? "status " + std::to_string(answer.status) : code;
            wait = wait_asked_for(answer, count);
        }
        const Complaint in_the_end = maybe_placed ? unknown_outcome_complaint(why, key)
                                     : not_sent   ? unreachable_complaint(options.server, why)
                                                  : refusal_complaint(outcome.answer, true, key);
        console.err << printable(console.style, why) << "; asking again with the same key (" << count + 1
                    << ")..." << std::endl;
        if (!deadline.pause(wire, wait)) throw Trouble(interrupted_before_answer(maybe_placed, key));
        if (deadline.passed()) throw Trouble(in_the_end);
    }
}

std::string fetch(Wire& wire, const Options& options, const std::string& path) {
    HttpCall call;
    call.url = options.server + path;
    call.headers = {"Accept: application/json"};
    call.timeout = std::min(options.timeout, std::chrono::milliseconds(15'000));
    HttpOutcome outcome = wire.exchange(call);
    switch (outcome.kind) {
        case HttpOutcome::Kind::answered:
            break;
        case HttpOutcome::Kind::interrupted:
            throw Trouble(interrupted_request(false));
        default: {
            Complaint complaint = unreachable_complaint(options.server, outcome.trouble);
            complaint.funds = "nothing was changed, no funds moved";
            throw Trouble(complaint);
        }
    }
    if (outcome.answer.status != 200) throw Trouble(refusal_complaint(outcome.answer, false));
    return std::move(outcome.answer.body);
}

Complaint bad_answer_complaint(const std::string& what) {
    Complaint complaint;
    complaint.code = "bad_answer";
    complaint.what = "the server's answer " + what;
    complaint.funds = "nothing was changed, no funds moved";
    complaint.repeat = "safe";
    complaint.next = "check that --server names an execd";
    return complaint;
}

JsonValue read_document(const std::string& body) {
    Result<JsonValue> parsed = JsonValue::parse(body);
    if (!parsed) throw Trouble(bad_answer_complaint("is " + parsed.error().detail));
    return std::move(parsed).value();
}

HttpAnswer post(const Context& context, const std::string& path, const std::string& body) {
    HttpCall call;
    call.method = "POST";
    call.url = context.options.server + path;
    call.body = body;
    call.headers = {"Accept: application/json"};
    if (!body.empty()) call.headers.emplace_back("Content-Type: application/json");
    call.timeout = std::min(context.options.timeout, std::chrono::milliseconds(15'000));
    for (unsigned count = 1;; ++count) {
        HttpOutcome outcome = context.wire.exchange(call);
        if (outcome.kind == HttpOutcome::Kind::answered) return std::move(outcome.answer);
        if (outcome.kind == HttpOutcome::Kind::interrupted) throw Trouble(interrupted_request(outcome.sent));
        if (outcome.kind == HttpOutcome::Kind::not_sent && count == 1)
            throw Trouble(unreachable_complaint(context.options.server, outcome.trouble));
        if (count == 3) throw Trouble(lost_answer_complaint(context.options, outcome.trouble));
        context.console.err << printable(context.console.style, outcome.trouble) << "; asking again ("
                            << count + 1 << ")..." << std::endl;
        if (!context.wire.pause(pause_before_repeat(count))) throw Trouble(interrupted_request(true));
    }
}

JsonValue fetch_document(const Context& context, const std::string& path, std::string_view member) {
    JsonValue document = read_document(fetch(context.wire, context.options, path));
    if (!member.empty() && !document.has(member))
        throw Trouble(bad_answer_complaint("has no '" + std::string(member) + "'"));
    return document;
}

JsonValue try_fetch_order(Wire& wire, const Options& options, const std::string& order) {
    try {
        const Result<JsonValue> parsed =
            JsonValue::parse(fetch(wire, options, std::string(orders_path) + "/" + order));
        return parsed ? parsed.value()["order"] : JsonValue();
    } catch (const Trouble& trouble) {
        if (trouble.complaint().exit == ExitCode::interrupted) throw;
        return {};
    }
}

Complaint interrupted_complaint(const std::string& order, const Options& options) {
    Complaint complaint;
    complaint.exit = ExitCode::interrupted;
    complaint.code = "interrupted";
    complaint.what = "stopped watching; the order is not cancelled and lives on";
    complaint.order = order;
    complaint.funds = "the order may still trade";
    complaint.repeat = "watching again is safe; submitting again without its key would be a second order";
    complaint.next = "execctl watch " + order + " --server " + options.server;
    return complaint;
}

}  // namespace libexec::cli
