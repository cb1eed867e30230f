#include <ostream>

#include "api.hpp"
#include "commands.hpp"
#include "libexec/base/clock.hpp"
#include "libexec/base/uuid.hpp"
#include "order_end.hpp"
#include "order_follower.hpp"

namespace libexec::cli {
namespace {

std::string fresh_key() {
    const SystemClock clock;
    return UuidGenerator(clock, system_entropy()).next().to_string();
}

void print_acceptance(const Options& options, const Accepted& accepted, Console& console) {
    if (options.quiet) {
        console.out << accepted.order << '\n';
    } else if (options.output != Output::table) {
        console.out << accepted.answer << '\n';
    } else {
        console.out << "order " << accepted.order << (accepted.replayed ? "  accepted before" : "  accepted")
                    << '\n';
        console.err << "follow it: execctl watch " << accepted.order << '\n';
    }
    console.out.flush();
}

}  // namespace

ExitCode submit_command(Wire& wire, const Options& options, const SubmitOptions& submit, Console& console) {
    // The key makes a repetition after a lost answer the same order, here and in the hands of the trader.
    const std::string key = submit.idempotency_key.empty() ? fresh_key() : submit.idempotency_key;
    const Deadline deadline(wire, options.timeout);
    const Accepted accepted = place_order(wire, options, submit, key, deadline, console);
    if (!submit.wait) {
        print_acceptance(options, accepted, console);
        return ExitCode::done;
    }
    if (options.quiet) console.out << accepted.order << std::endl;
    if (accepted.replayed)
        console.err << "this key was used before: following the order it placed" << std::endl;
    return follow_to_end(wire, options, accepted.order, true, deadline, console);
}

}  // namespace libexec::cli
