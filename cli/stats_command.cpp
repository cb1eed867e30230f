#include <algorithm>
#include <map>
#include <ostream>

#include "commands.hpp"
#include "libexec/base/clock.hpp"
#include "libexec/model/money.hpp"
#include "order_pages.hpp"
#include "order_rows.hpp"
#include "sheet.hpp"

namespace libexec::cli {
namespace {

constexpr std::uint64_t orders_most = 2'000'000;  // two samples of eight bytes each are kept of them

/// What some orders had in common: counts, and samples for the percentiles.
struct Group {
    std::uint64_t orders = 0;
    std::uint64_t confirmed = 0;
    std::uint64_t failed = 0;  ///< expired ones as well
    std::uint64_t cancelled = 0;
    std::uint64_t fees_lamports = 0;
    std::vector<std::int64_t> slippage;  ///< tenths of a basis point below the quote
    std::vector<std::int64_t> latency;   ///< milliseconds from acceptance to confirmation

    void take(const JsonValue& order) {
        const std::string& status = order["status"].text();
        orders += 1;
        if (status == "confirmed") confirmed += 1;
        if (status == "failed" || status == "expired") failed += 1;
        if (status == "cancelled") cancelled += 1;
        if (const Result<TokenAmount> fees = parse_token_amount(fees_of(order)); fees)
            fees_lamports += fees.value().amount.base_units();
        if (status != "confirmed") return;
        if (const auto gap = fill_against_quote(order)) slippage.push_back(*gap);
        const auto began = order["createdAt"].time(), ended = order["updatedAt"].time();
        if (began && ended)
            latency.push_back(std::chrono::round<std::chrono::milliseconds>(*ended - *began).count());
    }
};

/// The least sample that at least `percent` of a hundred do not exceed.
std::optional<std::int64_t> percentile(std::vector<std::int64_t>& samples, std::size_t percent) {
    if (samples.empty()) return std::nullopt;
    const std::size_t rank = std::max<std::size_t>((samples.size() * percent + 99) / 100, 1) - 1;
    const auto at = samples.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(samples.begin(), at, samples.end());
    return *at;
}

Cell tenths_cell(const std::optional<std::int64_t>& tenths) {
    if (!tenths) return Cell("");
    const std::int64_t size = *tenths < 0 ? -*tenths : *tenths;
    return Cell((*tenths < 0 ? "-" : "") + std::to_string(size / 10) + "." + std::to_string(size % 10),
                std::to_string(*tenths));
}

Cell seconds_cell(const std::optional<std::int64_t>& milliseconds) {
    if (!milliseconds) return Cell("");
    const std::string hundredths = std::to_string(*milliseconds / 10 % 100);
    return Cell(std::to_string(*milliseconds / 1'000) + (hundredths.size() < 2 ? ".0" : ".") + hundredths,
                std::to_string(*milliseconds));
}

/// Confirmed ones in a thousand of those that ended otherwise than by a cancellation.
Cell fill_rate_cell(const Group& group) {
    const std::uint64_t ended = group.confirmed + group.failed;
    if (ended == 0) return Cell("");
    const std::uint64_t rate = group.confirmed * 1'000 / ended;
    return Cell(std::to_string(rate / 10) + "." + std::to_string(rate % 10) + " %", std::to_string(rate));
}

std::vector<Column> columns_for(const std::string& by) {
    std::string title = by;
    std::transform(title.begin(), title.end(), title.begin(),
                   [](char c) { return static_cast<char>(c - 'a' + 'A'); });
    return {{by, title},
            {"orders", "ORDERS", true},
            {"confirmed", "CONFIRMED", true},
            {"failed", "FAILED", true},
            {"cancelled", "CANCELLED", true, true},
            {"fillRatePermille", "FILL RATE", true},
            {"slippageTenthBpsP50", "BELOW QUOTE BPS P50", true},
            {"slippageTenthBpsP95", "P95", true},
            {"latencyMsP50", "LATENCY S P50", true},
            {"latencyMsP95", "P95", true},
            {"latencyMsP99", "P99", true},
            {"feesSol", "FEES SOL", true}};
}

std::vector<Cell> row_of(const std::string& name, Group& group) {
    const auto number = [](std::uint64_t value) { return Cell(std::to_string(value)); };
    constexpr std::uint8_t sol_decimals = 9;
    return {Cell(name),
            number(group.orders),
            number(group.confirmed),
            number(group.failed),
            number(group.cancelled),
            fill_rate_cell(group),
            tenths_cell(percentile(group.slippage, 50)),
            tenths_cell(percentile(group.slippage, 95)),
            seconds_cell(percentile(group.latency, 50)),
            seconds_cell(percentile(group.latency, 95)),
            seconds_cell(percentile(group.latency, 99)),
            Cell(to_text({Amount(group.fees_lamports), sol_decimals}))};
}

std::string group_of(const JsonValue& order, const std::string& by) {
    if (by == "pair") return order["tokenIn"].text() + "/" + order["tokenOut"].text();
    if (by == "hour") return order["createdAt"].text().substr(0, 13) + ":00Z";
    return order["dexUsed"].text();
}

ExitCode stats_command(const Context& context, const Arguments& arguments) {
    const std::string by = arguments.text("by", "venue");
    const Time now = context.clock.now();
    const Time since = arguments.moment("since", now).value_or(now - std::chrono::hours(24));
    std::string filter;
    for (const std::string_view name : {"pair", "venue"}) {
        if (arguments.has(name)) add_parameter(filter, name, arguments.text(name));
    }
    add_parameter(filter, "since", to_rfc3339(since));

    std::map<std::string, Group> groups;
    Group total;
    each_page(context, filter, [&](const std::vector<JsonValue>& orders) {
        for (const JsonValue& order : orders) {
            groups[group_of(order, by)].take(order);
            total.take(order);
        }
        return total.orders < orders_most;
    });
    if (total.orders >= orders_most)
        context.console.err << "only the newest " << total.orders << " orders are counted" << std::endl;

    Sheet sheet(columns_for(by));
    std::string document =
        "{\"since\":" + to_json_string(to_rfc3339(since)) + ",\"by\":" + to_json_string(by) + ",\"items\":[";
    const auto as_json = [&by](const std::vector<Cell>& row, bool named) {
        const std::vector<Column> columns = columns_for(by);
        std::string text = "{";
        for (std::size_t i = named ? 0 : 1; i < row.size(); ++i) {
            const bool word = i == 0 || i + 1 == row.size();
            text += (text.size() > 1 ? "," : "") + to_json_string(columns[i].key) + ":" +
                    (row[i].raw.empty() ? "null"
                     : word             ? to_json_string(row[i].raw)
                                        : row[i].raw);
        }
        return text + "}";
    };
    for (auto& [name, group] : groups) {
        std::vector<Cell> row = row_of(name, group);
        const std::string json = as_json(row, true);
        document += (document.back() == '[' ? "" : ",") + json;
        sheet.add(std::move(row), JsonValue::parse(json).value());
    }
    std::vector<Cell> all = row_of("all", total);
    document += "],\"total\":" + as_json(all, false) + "}";
    if (groups.size() > 1 && context.options.output == Output::table) sheet.add(std::move(all));
    sheet.print(context, JsonValue::parse(document).value(), "no orders since then");
    return ExitCode::done;
}

}  // namespace

const CommandSpec& stats_spec() {
    static const CommandSpec spec{
        .name = "stats",
        .summary = "Success, cost and speed of the orders, by venue, pair or hour",
        .description =
            "The fill rate is the confirmed ones of those that ended, cancelled ones aside. Below quote is "
            "what a fill brought less than its quote, in basis points (below zero: more). Latency counts "
            "from "
            "acceptance to confirmation. Fees are those of all attempts. In CSV and JSON rates are in "
            "thousandths, basis points in tenths and times in milliseconds, so that all are whole numbers.",
        .words = {},
        .options = {{"--by", "venue|pair|hour", "What the rows are", "venue"},
                    {"--since", "WHEN", "Orders placed since: 30m, 24h, 7d, or 2026-01-02T03:04:05Z", "24h"},
                    {"--pair", "IN/OUT", "Orders of these two tokens, such as SOL/USDC"},
                    {"--venue", "VENUE", "Orders routed to this venue", "", false, Completes::venue}},
        .examples = {{"execctl stats", "the venues of the last 24 hours"},
                     {"execctl stats --by hour --since 7d -o csv", "a week for a spreadsheet"}},
        .run = stats_command,
        .children = {},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
