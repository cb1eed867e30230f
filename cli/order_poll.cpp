#include "order_poll.hpp"

#include <algorithm>
#include <ostream>

namespace libexec::cli {
namespace {

constexpr std::chrono::milliseconds pause_least{50};
constexpr std::chrono::milliseconds pause_most{400};

}  // namespace

void OrderPoll::remove(const std::string& order) {
    orders_.erase(std::remove(orders_.begin(), orders_.end(), order), orders_.end());
}

std::vector<JsonValue> OrderPoll::round(const Deadline& deadline) {
    std::vector<JsonValue> ended;
    const std::vector<std::string> asked = orders_;
    for (const std::string& order : asked) {
        HttpCall call;
        call.url = context_.options.server + "/api/orders/" + order;
        call.headers = {"Accept: application/json"};
        call.timeout =
            std::clamp(deadline.left(), std::chrono::milliseconds(1), std::chrono::milliseconds(15'000));
        const HttpOutcome outcome = context_.wire.exchange(call);
        const bool interrupted = outcome.kind == HttpOutcome::Kind::interrupted;
        // What is known already is told first; the next call meets the same again.
        if (interrupted && !ended.empty()) break;
        if (interrupted) throw Trouble(interrupted_complaint(orders_, context_.options));
        const bool answered = outcome.kind == HttpOutcome::Kind::answered;
        const int status = outcome.answer.status;
        if (!answered || status == 429 || status >= 500) {
            lost_ += 1;
            context_.console.err << "connection lost ("
                                 << printable(context_.console.style,
                                              answered ? "status " + std::to_string(status) : outcome.trouble)
                                 << "); reconnecting (" << lost_ << ")..." << std::endl;
            break;  // the others would meet the same
        }
        if (status != 200 && !ended.empty()) break;
        if (status != 200) throw Trouble(refusal_complaint(outcome.answer, false));
        lost_ = 0;
        const JsonValue document = read_document(outcome.answer.body)["order"];
        if (!has_ended_with(document["status"].text())) continue;
        ended.push_back(document);
        remove(order);
    }
    quiet_ = ended.empty() ? quiet_ + 1 : 0;
    return ended;
}

void OrderPoll::pause(const Deadline& deadline) {
    const auto usual = std::min(pause_least * (1u << std::min(quiet_, 3u)), pause_most);
    const auto wait = lost_ > 0 ? pause_before_repeat(lost_) : std::chrono::milliseconds(usual);
    if (!deadline.pause(context_.wire, wait)) throw Trouble(interrupted_complaint(orders_, context_.options));
}

bool has_ended_with(std::string_view status) {
    return status == "confirmed" || status == "failed" || status == "cancelled" || status == "expired";
}

Complaint interrupted_complaint(const std::vector<std::string>& orders, const Options& options) {
    if (orders.size() == 1) return interrupted_complaint(orders.front(), options);
    std::string ids;
    for (const std::string& order : orders) ids += (ids.empty() ? "" : " ") + order;
    Complaint complaint = interrupted_complaint(ids, options);
    complaint.what = orders.empty() ? std::string("stopped; no order is alive")
                                    : "stopped watching; " + std::to_string(orders.size()) +
                                          " orders are not cancelled and live on";
    if (orders.empty()) {
        complaint.funds = "as the orders ended";
        complaint.next = "execctl list --server " + options.server;
        complaint.order.clear();
    } else {
        complaint.funds = "these orders may still trade";
    }
    return complaint;
}

Complaint stopped_watching(const std::vector<std::string>& orders, const Options& options) {
    Complaint complaint = interrupted_complaint(orders, options);
    if (!orders.empty()) return complaint;
    complaint.what = "stopped watching; no order is cancelled by that";
    complaint.funds = "orders that are alive may still trade";
    complaint.repeat = "watching again is safe";
    return complaint;
}

Complaint not_ended_complaint(const std::vector<std::string>& orders, bool lost, const Options& options) {
    Complaint complaint = interrupted_complaint(orders, options);
    complaint.exit = lost ? ExitCode::unreachable : ExitCode::still_running;
    complaint.code = lost ? "stream_lost" : "wait_timed_out";
    complaint.what = "not all have ended within the --timeout; " + std::to_string(orders.size()) + " live on";
    return complaint;
}

ExitCode worst_of(const std::vector<ExitCode>& exits) {
    constexpr ExitCode worst_first[] = {
        ExitCode::interrupted,  ExitCode::unexpected,    ExitCode::unreachable,
        ExitCode::order_failed, ExitCode::still_running, ExitCode::refused,
        ExitCode::conflict,     ExitCode::not_found,     ExitCode::usage};
    for (const ExitCode exit : worst_first) {
        if (std::find(exits.begin(), exits.end(), exit) != exits.end()) return exit;
    }
    return ExitCode::done;
}

}  // namespace libexec::cli
