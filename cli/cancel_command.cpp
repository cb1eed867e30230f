#include <algorithm>
#include <ostream>

#include "api.hpp"
#include "commands.hpp"
#include "order_poll.hpp"
#include "order_ref.hpp"
#include "order_rows.hpp"
#include "sheet.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

/// What the server made of one cancellation.
struct Cancelled {
    std::string order;
    std::string result;  ///< "cancelled", "cancel_requested", or the refusal's code
    std::string status;  ///< of the order, as far as known
    std::string words;
    ExitCode exit = ExitCode::done;
    JsonValue document;   ///< the server's answer
    Complaint complaint;  ///< when refused
};

Complaint refusal_to_cancel(const HttpAnswer& answer, const std::string& order) {
    Complaint complaint = refusal_complaint(answer, false);
    if (complaint.order.empty()) complaint.order = order;
    complaint.funds = "this command moves none; the order itself goes on as it would have";
    complaint.repeat = "safe: cancelling twice is cancelling once";
    if (complaint.code == "too_late_to_cancel") {
        complaint.funds = "as the order ended: a confirmed one has traded, a failed or expired one has not";
        complaint.next = "execctl explain " + order + " says how it ended";
    }
    return complaint;
}

Cancelled cancel_one(const Context& context, const std::string& order) {
    Cancelled cancelled;
    cancelled.order = order;
    const HttpAnswer answer = post(context, "/api/orders/" + order + "/cancel", "");
    const Result<JsonValue> parsed = JsonValue::parse(answer.body);
    if (parsed) cancelled.document = parsed.value();
    if (answer.status == 200) {
        cancelled.result = "cancelled";
        cancelled.status = "cancelled";
        cancelled.words = "cancelled";
    } else if (answer.status == 202) {
        cancelled.result = "cancel_requested";
        cancelled.status = "submitted";
        cancelled.words = "cancel requested: an attempt is open, nothing new will be signed";
    } else {
        cancelled.complaint = refusal_to_cancel(answer, order);
        cancelled.result = cancelled.complaint.code.empty() ? "refused" : cancelled.complaint.code;
        cancelled.words = cancelled.complaint.what;
        cancelled.exit = cancelled.complaint.exit;
    }
    return cancelled;
}

/// How the order ended, for those that were not cancelled at once.
void learn_end(Cancelled& cancelled, const JsonValue& order) {
    if (order.is_null()) return;
    cancelled.status = order["status"].text();
    cancelled.document = order;
    if (cancelled.status == "cancelled") {
        cancelled.result = "cancelled";
        cancelled.words = "cancelled";
        return;
    }
    cancelled.result = "too_late_to_cancel";
    cancelled.words = "the open attempt decided it: " + cancelled.status;
    if (cancelled.status == "confirmed")
        cancelled.words += ", " + without_trailing_zeros(order["amountOut"].text()) + " " +
                           order["tokenOut"].text() + " received";
    cancelled.exit = ExitCode::conflict;
}

void wait_for_ends(const Context& context, std::vector<Cancelled>& all) {
    const Deadline deadline(context.wire, context.options.timeout);
    OrderPoll poll(context);
    for (const Cancelled& one : all) {
        if (one.result == "cancel_requested") poll.add(one.order);
    }
    while (!poll.orders().empty()) {
        for (const JsonValue& order : poll.round(deadline)) {
            for (Cancelled& one : all) {
                if (one.order == order["id"].text()) learn_end(one, order);
            }
        }
        if (poll.orders().empty()) return;
        if (deadline.passed()) {
            for (Cancelled& one : all) {
                if (one.result != "cancel_requested") continue;
                one.words += "; not ended within the --timeout";
                one.exit = ExitCode::still_running;
            }
            return;
        }
        poll.pause(deadline);
    }
}

void print_all(const Context& context, const std::vector<Cancelled>& all) {
    Sheet sheet({{"orderId", "ORDER"}, {"result", "RESULT"}, {"status", "STATUS"}, {"note", "NOTE"}});
    for (const Cancelled& one : all) {
        const bool refused = one.exit != ExitCode::done;
        sheet.add({Cell(one.order), Cell(one.result, one.result, refused ? Colour::red : Colour::green),
                   Cell(one.status), Cell(one.words)},
                  {});
    }
    sheet.print(context);
}

ExitCode cancel_command(const Context& context, const Arguments& arguments) {
    const Options& options = context.options;
    std::vector<std::string> orders;
    // All are looked up before any is cancelled: a mistyped id must not leave half a job done.
    for (const std::string& word : arguments.texts("ID")) {
        const std::string order = resolve_order(context, word);
        if (std::find(orders.begin(), orders.end(), order) == orders.end()) orders.push_back(order);
    }
    std::vector<Cancelled> all;
    for (const std::string& order : orders) {
        try {
            all.push_back(cancel_one(context, order));
        } catch (const Trouble& trouble) {
            if (orders.size() == 1 || trouble.complaint().exit == ExitCode::interrupted) throw;
            Cancelled unknown;
            unknown.order = order;
            unknown.result = trouble.complaint().code;
            unknown.words = trouble.complaint().what;
            unknown.exit = trouble.complaint().exit;
            all.push_back(std::move(unknown));
        }
    }
    if (orders.size() == 1 && all.front().exit != ExitCode::done) throw Trouble(all.front().complaint);
    if (arguments.has("wait")) wait_for_ends(context, all);

    std::vector<ExitCode> exits;
    for (const Cancelled& one : all) exits.push_back(one.exit);
    if (options.quiet) {
        for (const Cancelled& one : all)
            context.console.out << printable(context.console.style, one.result) << '\n';
    } else if (orders.size() > 1 || options.output == Output::csv) {
        print_all(context, all);
    } else if (options.output != Output::table) {
        context.console.out << all.front().document.json() << '\n';
    } else {
        context.console.out << "order " << orders.front() << "  "
                            << printable(context.console.style, all.front().words) << '\n';
    }
    return worst_of(exits);
}

}  // namespace

const CommandSpec& cancel_spec() {
    static const CommandSpec spec{
        .name = "cancel",
        .summary = "Cancel orders that have not traded yet",
        .description =
            "An order without an open attempt is cancelled at once. One whose transaction is on its way "
            "cannot be called back: nothing new will be signed, and that transaction decides. An order that "
            "had ended already is a conflict (exit code 8).",
        .words = {{"ID", "Ids of orders, their beginnings, or @last", WordSpec::Count::many,
                   Completes::order}},
        .options = {{"--wait", "", "Until each has ended: 0 only if all were cancelled"}},
        .examples = {{"execctl cancel @last", "the newest order"},
                     {"execctl cancel 01a1fd89 01a1fd8a --wait", "two orders, and see how they end"}},
        .run = cancel_command,
        .children = {},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
