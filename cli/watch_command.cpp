#include "api.hpp"
#include "commands.hpp"
#include "order_end.hpp"
#include "order_ref.hpp"

namespace libexec::cli {
namespace {

ExitCode watch_command(const Context& context, const Arguments& arguments) {
    const Deadline deadline(context.wire, context.options.timeout);
    const std::string order = resolve_order(context, arguments.text("ID"));
    return follow_to_end(context.wire, context.options, order, false, deadline, context.console);
}

}  // namespace

const CommandSpec& watch_spec() {
    static const CommandSpec spec{
        .name = "watch",
        .summary = "Follow an order to its end",
        .description = {},
        .words = {{"ID", "The order's id, its beginning, or @last", WordSpec::Count::one, Completes::order}},
        .options = {},
        .examples = {{"execctl watch @last", "the newest order"}},
        .run = watch_command,
        .children = {},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
