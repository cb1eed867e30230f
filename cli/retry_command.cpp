#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <set>

#include "api.hpp"
#include "batch.hpp"
#include "commands.hpp"
#include "order_pages.hpp"
#include "libexec/json/time_text.hpp"
#include "order_ref.hpp"
#include "submit_command.hpp"

namespace libexec::cli {
namespace {

constexpr std::size_t bulk_most = 10'000;

Placement retry_of(const std::string& order, const Arguments& arguments) {
    Placement placement;
    placement.path = "/api/orders/" + order + "/retry";
    if (const auto bps = arguments.whole("slippage-bps", 0, 10'000))
        placement.body = "{\"slippageBps\":" + std::to_string(*bps) + "}";
    placement.retry = arguments.has("retry");
    return placement;
}

/// The orders since then that ended without a fill and were not asked to: failed or expired, and not placed
/// again already.
std::vector<std::string> all_failed(const Context& context, const Arguments& arguments) {
    if (!arguments.has("since"))
        throw Trouble(
            usage_complaint("--all-failed needs --since", "say how far back to go, such as --since 1h"));
    std::vector<std::string> failed;
    std::set<std::string> repeated;
    std::string filter;
    add_parameter(filter, "since", to_rfc3339(*arguments.moment("since", context.clock.now())));
    each_page(context, filter, [&](const std::vector<JsonValue>& orders) {
        for (const JsonValue& order : orders) {
            const std::string& status = order["status"].text();
            if (!order["retryOf"].is_null()) repeated.insert(order["retryOf"].text());
            if (status == "failed" || status == "expired") failed.push_back(order["id"].text());
        }
        if (failed.size() > bulk_most)
            throw Trouble(usage_complaint("more than 10000 orders failed since then",
                                          "nothing was retried: choose a later --since"));
        return true;
    });
    std::erase_if(failed, [&](const std::string& order) { return repeated.contains(order); });
    std::reverse(failed.begin(), failed.end());  // in the order they were first placed
    return failed;
}

/// Many orders are many trades: somebody has to want that.
void confirm(const Context& context, std::size_t count, const Arguments& arguments) {
    if (arguments.has("yes")) return;
    const std::string many = std::to_string(count) + (count == 1 ? " order" : " orders");
    if (::isatty(STDIN_FILENO) == 0 || !context.console.style.in_place) {
        throw Trouble(usage_complaint("--all-failed would place " + many + " again",
                                      "add --yes if that is what you want"));
    }
    context.console.err << "place " << many << " again? [y/N] " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    if (answer != "y" && answer != "Y" && answer != "yes")
        throw Trouble(usage_complaint("not confirmed", "nothing, or answer y"));
}

ExitCode retry_command(const Context& context, const Arguments& arguments) {
    const bool bulk = arguments.has("all-failed");
    std::vector<std::string> orders;
    for (const std::string& word : arguments.texts("ID")) {
        if (bulk) throw Trouble(usage_complaint("ids and --all-failed", "give one or the other"));
        const std::string order = resolve_order(context, word);
        if (std::find(orders.begin(), orders.end(), order) == orders.end()) orders.push_back(order);
    }
    if (!bulk && arguments.has("since"))
        throw Trouble(usage_complaint("--since goes with --all-failed", "add it, or leave --since away"));
    if (!bulk && orders.empty())
        throw Trouble(usage_complaint("no order was named", "give ids, or --all-failed --since 1h"));
    if (bulk) {
        orders = all_failed(context, arguments);
        if (!orders.empty()) confirm(context, orders.size(), arguments);
        if (orders.empty())
            context.console.err << "nothing failed since then that was not retried" << std::endl;
    }

    const std::string key = arguments.text("idempotency-key");
    const bool wait = !arguments.has("no-wait");
    if (!bulk && orders.size() == 1) {
        const std::string own = key.empty() ? "retry-" + orders.front() : key;
        return place_and_follow(context, retry_of(orders.front(), arguments), own, wait);
    }

    std::vector<BatchItem> items;
    for (const std::string& order : orders) {
        // One retry an order, also when two people or two runs have the same thought.
        const std::string own = key.empty() ? "retry-" + order : key + "." + order;
        items.push_back({order, retry_of(order, arguments), own});
    }
    BatchPlan plan{.label_key = "retryOf", .label_title = "RETRY OF", .label_width = 36};
    plan.wait = wait;
    return run_batch(context, std::move(items), plan);
}

}  // namespace

const CommandSpec& retry_spec() {
    static const CommandSpec spec{
        .name = "retry",
        .summary = "Place failed orders again, each linked to the one it repeats",
        .description =
            "Only an order that failed, expired or was cancelled can be retried: one that is alive may still "
            "trade (exit code 8). An order is retried once: doing it again follows the order that the first "
            "time placed; "
            "retry that one, or name another --idempotency-key. The new order is followed to its end like "
            "that of "
            "submit. --all-failed takes those that failed or expired and were not retried since; a second "
            "run places none of them "
            "twice.",
        .words = {{"ID", "Ids of orders, their beginnings, or @last", WordSpec::Count::any,
                   Completes::order}},
        .options = {{"--all-failed", "", "Every order that failed or expired, with --since"},
                    {"--since", "WHEN", "How far back --all-failed goes: 1h, 2026-01-02T03:04:05Z"},
                    {"--slippage-bps", "N", "Another worst price, in basis points from the quote",
                     "that of the failed order"},
                    {"--idempotency-key", "TEXT", "Makes a repetition the same order", "one retry an order"},
                    {"--no-wait", "", "Return once the order is accepted"},
                    {"--retry", "", "When refused for now, wait and repeat"},
                    {"--yes", "", "Do not ask before --all-failed"}},
        .examples = {{"execctl retry @last --slippage-bps 200", "once more, with more room"},
                     {"execctl retry --all-failed --since 1h --yes", "all of the last hour, a row each"}},
        .run = retry_command,
        .children = {},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
