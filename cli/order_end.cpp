#include "order_end.hpp"

#include <ostream>

#include "order_follower.hpp"
#include "order_view.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

/// The end was seen, only the document about it was not had.
Complaint no_document(Complaint complaint, const std::string& order, const std::string& status,
                      const Options& options) {
    const bool traded = status == "confirmed";
    complaint.what = "the order ended " + status + ", but its document cannot be had: " + complaint.what;
    complaint.order = order;
    complaint.problem.clear();  // it names neither the order nor its end
    complaint.funds = traded ? "the order has traded" : "the order ended without a fill";
    complaint.repeat = traded ? "submitting it again would be a second trade" : "safe";
    complaint.next = "execctl get " + order + " -o json --server " + options.server;
    return complaint;
}

}  // namespace

ExitCode follow_to_end(Wire& wire, const Options& options, const std::string& order, bool known,
                       const Deadline& deadline, Console& console) {
    const auto printer = make_order_printer(options, console);
    // Only a terminal shows the head; nobody else pays for the request.
    const bool wants_head = options.output == Output::table && !options.quiet && console.style.in_place;
    if (wants_head) printer->begin(try_fetch_order(wire, options, order));

    OrderFollower follower(wire, options, console, *printer);
    const JsonValue ended = follower.follow(order, known, deadline);
    const ExitCode exit = exit_code_for_order(ended["status"].text());
    if (options.output == Output::json) {
        try {
            console.out << one_line(fetch(wire, options, "/api/orders/" + order)) << std::endl;
        } catch (const Trouble& trouble) {
            throw Trouble(no_document(trouble.complaint(), order, ended["status"].text(), options));
        }
    } else if (exit == ExitCode::order_failed && options.output == Output::table) {
        console.out.flush();
        console.err << failure_text(try_fetch_order(wire, options, order), ended, options.server,
                                    console.style)
                    << std::flush;
    }
    return exit;
}

}  // namespace libexec::cli
