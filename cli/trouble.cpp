#include "trouble.hpp"

#include "libexec/json/value.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

/// The problem document of an answer, or null when it carries none.
JsonValue problem_in(const HttpAnswer& answer) {
    const Result<JsonValue> parsed = JsonValue::parse(answer.body);
    return parsed && parsed.value().is_object() ? parsed.value() : JsonValue();
}

std::string what_happened(const HttpAnswer& answer, const JsonValue& problem) {
    std::string what = problem["title"].text();
    if (what.empty()) what = problem["error"].text();
    if (what.empty()) return "the server answered " + std::to_string(answer.status);
    const std::string& detail = problem["detail"].text();
    if (!detail.empty() && detail != what) what += ": " + detail;
    // The detail of a single bad field says it all already.
    const std::vector<JsonValue> errors = problem["errors"].items();
    if (errors.size() > 1) {
        for (const JsonValue& error : errors) what += "\n  - " + error["message"].text();
    }
    return what;
}

std::string next_step(const HttpAnswer& answer, const std::string& code) {
    const std::string wait =
        answer.retry_after ? "wait " + std::to_string(answer.retry_after->count()) + " s" : "wait a little";
    if (code == "unauthorized")
        return "give a key with --api-key, EXEC_API_KEY or --sign-key; execctl keys create makes one";
    if (code == "unknown_token") return "give a symbol the server knows, or the mint's address";
    if (code == "rate_limited" || code == "queue_full" || code == "too_many_connections") {
        return wait + " and repeat, or add --retry to let execctl do both";
    }
    if (code == "idempotency_conflict") return "use another --idempotency-key for another order";
    if (code == "not_failed")
        return "wait for its end, or cancel it first; to trade once more after a confirmation, submit a new "
               "order";
    if (code == "in_flight") return wait + " and repeat with the same --idempotency-key";
    if (code == "draining")
        return "the server is stopping: repeat when it is back, or name another with --server";
    if (code == "service_unavailable") return "see the server's /readyz?verbose for the cause, then repeat";
    if (answer.status == 404) return "check the order id and the --server it was placed on";
    if (answer.status >= 500)
        return "look into the server's log" + (code.empty() ? "" : " for '" + code + "'");
    return "correct the input and repeat";
}

}  // namespace

Complaint usage_complaint(std::string what, std::string next) {
    Complaint complaint;
    complaint.exit = ExitCode::usage;
    complaint.code = "usage";
    complaint.what = std::move(what);
    complaint.funds = "nothing was sent, no funds moved";
    complaint.repeat = "safe, once corrected";
    complaint.next = std::move(next);
    return complaint;
}

void refuse(std::string what, std::string next) {
    throw Trouble(usage_complaint(std::move(what), std::move(next)));
}

Complaint unreachable_complaint(const std::string& server, const std::string& why) {
    Complaint complaint;
    complaint.exit = ExitCode::unreachable;
    complaint.code = "server_unreachable";
    complaint.what = "cannot reach the server at " + server + " (" + why + ")";
    complaint.funds = "nothing was sent, no funds moved";
    complaint.repeat = "safe";
    complaint.next = "start one with `execd`, or name it with --server URL or EXEC_SERVER";
    if (why.starts_with(not_believed)) {
        complaint.next =
            "name the certificate that vouches for it, or its own, with --ca-cert FILE or EXEC_CA_CERT, and "
            "call it by a name that stands in it";
    } else if (why.find("wrong version number") != std::string::npos) {
        complaint.next = "the server speaks plain HTTP there: write http:// instead of https://";
    }
    return complaint;
}

Complaint refusal_complaint(const HttpAnswer& answer, bool placing, const std::string& key) {
    const JsonValue problem = problem_in(answer);
    Complaint complaint;
    complaint.exit = exit_code_for_status(answer.status);
    complaint.code = problem["code"].text();
    complaint.what = what_happened(answer, problem);
    complaint.order = problem["orderId"].text();
    complaint.next = next_step(answer, complaint.code);
    if (complaint.what.find("This port speaks HTTPS") != std::string::npos)
        complaint.next = "name the server's https:// address with --server URL or EXEC_SERVER";
    if (!problem.is_null()) complaint.problem = one_line(answer.body);
    if (complaint.code == "idempotency_conflict") {
        complaint.funds = "this order was not accepted; the one placed with that key is unaffected";
        complaint.repeat = "with the same key: refused again; with another key: a new order";
    } else if (!placing) {
        complaint.funds = "this command only reads, it moves no funds";
        complaint.repeat = "safe";
    } else if (answer.status < 500 || complaint.code == "service_unavailable" ||
               complaint.code == "draining") {
        complaint.funds = "this submission was not accepted and moved no funds";
        complaint.repeat = "safe";
    } else {
        complaint.funds = "unknown: the order may have been accepted";
        complaint.repeat = key.empty() ? "safe only with the same --idempotency-key"
                                       : "safe only with --idempotency-key " + key +
                                             ": that gives the same order, never a second one";
    }
    return complaint;
}

Complaint output_complaint() {
    Complaint complaint;
    complaint.code = "output";
    complaint.what = "could not write to standard output";
    complaint.funds = "what the command did is done all the same, only its words are lost";
    complaint.repeat = "safe if it only reads; see `execctl list` before anything is placed again";
    complaint.next = "see whether the disk is full";
    return complaint;
}

Complaint unexpected_complaint(const std::string& what) {
    Complaint complaint;
    complaint.code = "unexpected";
    complaint.what = what;
    complaint.funds =
        "unknown, if the command was to place orders: execctl list shows those that were accepted";
    complaint.repeat = "safe if it only reads; see `execctl list` before anything is placed again";
    complaint.next = "this is not expected: please report it";
    return complaint;
}

Complaint after_acceptance(Complaint complaint, const std::string& order, const std::string& server) {
    // One that is about this order knows better what became of it.
    if (complaint.order == order) return complaint;
    complaint.order = order;
    complaint.problem.clear();  // it is not about the order, and names none
    complaint.funds = "the order was accepted: it may have traded or may still trade";
    complaint.repeat = "looking at it is safe; submitting again without its key would be a second order";
    complaint.next = "execctl explain " + order + " --server " + server;
    return complaint;
}

std::string complaint_text(const Complaint& complaint) {
    std::string text = "error: " + complaint.what + "\n";
    const auto line = [&text](std::string_view name, const std::string& value) {
        if (!value.empty()) text += "  " + std::string(name) + value + "\n";
    };
    line("order   ", complaint.order);
    line("funds   ", complaint.funds);
    line("repeat  ", complaint.repeat);
    line("next    ", complaint.next);
    return text;
}

std::string complaint_json(const Complaint& complaint) {
    if (!complaint.problem.empty()) return complaint.problem;
    std::string json =
        "{\"success\":false,\"code\":" + to_json_string(complaint.code) +
        ",\"title\":" + to_json_string(complaint.what) + ",\"funds\":" + to_json_string(complaint.funds) +
        ",\"repeat\":" + to_json_string(complaint.repeat) + ",\"hint\":" + to_json_string(complaint.next);
    if (!complaint.order.empty()) json += ",\"orderId\":" + to_json_string(complaint.order);
    return json + "}";
}

}  // namespace libexec::cli
