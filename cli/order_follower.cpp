#include "order_follower.hpp"

#include <algorithm>
#include <ostream>

#include "text.hpp"

namespace libexec::cli {

/// One connection's bytes, on their way to the follower.
class OrderFollower::Stream final : public HttpSink {
public:
    explicit Stream(OrderFollower& follower) : follower_(follower) {}

    bool take(std::string_view piece) override {
        for (const SseMessage& message : parser_.feed(piece)) {
            if (!follower_.take(message)) return false;
        }
        return !parser_.broken();
    }
    void tick() override { follower_.printer_.tick(); }

private:
    OrderFollower& follower_;
    SseParser parser_;
};

OrderFollower::OrderFollower(Wire& wire, const Options& options, Console& console, OrderPrinter& printer)
    : wire_(wire), options_(options), console_(console), printer_(printer) {}

JsonValue OrderFollower::follow(const std::string& order, bool known, const Deadline& deadline) {
    unsigned lost_in_a_row = 0;
    for (;;) {
        Stream stream(*this);
        HttpCall call;
        call.url = options_.server + "/api/orders/" + order + "/events?after=" + std::to_string(last_seq_);
        call.headers = {"Accept: text/event-stream", "Cache-Control: no-cache"};
        call.timeout = std::max(deadline.left(), std::chrono::milliseconds(1));
        heard_ = false;
        const HttpOutcome outcome = wire_.exchange(call, &stream);
        if (!ended_.is_null()) return ended_;

        std::string why = outcome.trouble;
        auto wait = std::chrono::milliseconds(0);
        if (outcome.kind == HttpOutcome::Kind::interrupted) {
            printer_.rest();
            throw Trouble(interrupted_complaint(order, options_));
        }
        if (outcome.kind == HttpOutcome::Kind::timed_out) give_up(order, true, why);
        if (outcome.kind == HttpOutcome::Kind::not_sent && !known)
            throw Trouble(unreachable_complaint(options_.server, why));
        if (outcome.kind == HttpOutcome::Kind::answered) {
            const HttpAnswer& answer = outcome.answer;
            const bool passing = answer.status == 200 || answer.status == 429 || answer.status >= 500;
            if (!passing) throw Trouble(refusal_complaint(answer, false));
            why = "status " + std::to_string(answer.status);
            if (answer.retry_after) wait = *answer.retry_after;
        }
        known = known || outcome.sent;
        lost_in_a_row = heard_ ? 1 : lost_in_a_row + 1;
        if (deadline.passed()) give_up(order, heard_, why);
        printer_.rest();
        console_.err << "connection lost (" << printable(console_.style, why) << "); reconnecting ("
                     << lost_in_a_row << ")..." << std::endl;
        if (!deadline.pause(wire_, std::max(wait, pause_before_repeat(lost_in_a_row)))) {
            throw Trouble(interrupted_complaint(order, options_));
        }
    }
}

bool OrderFollower::take(const SseMessage& message) {
    const Result<JsonValue> parsed = JsonValue::parse(message.data);
    if (!parsed) return true;  // not ours: a later version may send more than events
    const JsonValue& document = parsed.value();
    heard_ = true;
    if (document.has("gap")) {
        printer_.rest();
        console_.err << "the server no longer keeps events "
                     << printable(console_.style, document["gap"]["from"].text()) << " to "
                     << printable(console_.style, document["gap"]["to"].text()) << std::endl;
        last_seq_ = std::max(last_seq_, document["gap"]["to"].whole().value_or(0));
        return true;
    }
    return take_event(message.data, document);
}

bool OrderFollower::take_event(std::string_view raw, const JsonValue& event) {
    const auto seq = event["seq"].whole();
    if (!seq || event["status"].text().empty() || event["kind"].text().empty()) return true;
    if (*seq <= last_seq_) return true;
    // A hole would be the server's mistake; asking again from the last event seen mends it.
    if (*seq != last_seq_ + 1) return false;
    last_seq_ = *seq;
    printer_.event(raw, event);
    const std::string& status = event["status"].text();
    const bool ended = event["kind"].text() == "moved" && (status == "confirmed" || status == "failed" ||
                                                           status == "cancelled" || status == "expired");
    if (ended) ended_ = event;
    return !ended;
}

void OrderFollower::give_up(const std::string& order, bool connected, const std::string& why) const {
    printer_.rest();
    Complaint complaint = interrupted_complaint(order, options_);
    complaint.exit = connected ? ExitCode::still_running : ExitCode::unreachable;
    complaint.code = connected ? "wait_timed_out" : "stream_lost";
    complaint.what = connected ? "the order has not ended within the --timeout; it lives on"
                               : "the connection was lost and did not come back within the --timeout (" +
                                     why + "); the order lives on";
    throw Trouble(complaint);
}

}  // namespace libexec::cli
