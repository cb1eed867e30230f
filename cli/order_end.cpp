#include "order_end.hpp"

#include <ostream>

#include "order_follower.hpp"
#include "order_view.hpp"
#include "text.hpp"

namespace libexec::cli {

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
        console.out << one_line(fetch(wire, options, "/api/orders/" + order)) << std::endl;
    } else if (exit == ExitCode::order_failed && options.output == Output::table) {
        console.out.flush();
        console.err << failure_text(try_fetch_order(wire, options, order), ended, options.server,
                                    console.style)
                    << std::flush;
    }
    return exit;
}

}  // namespace libexec::cli
