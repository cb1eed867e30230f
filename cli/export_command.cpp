#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <system_error>

#include "commands.hpp"
#include "order_pages.hpp"
#include "order_rows.hpp"
#include "sheet.hpp"

namespace libexec::cli {
namespace {

std::vector<Column> export_columns() {
    std::vector<Column> columns;
    for (const char* const key :
         {"createdAt",        "endedAt",     "id",           "status",         "pair",        "mode",
          "amountIn",         "amountOut",   "quotedIn",     "quotedOut",      "quotedPrice", "executedPrice",
          "slippageTenthBps", "slippageBps", "minAmountOut", "maxAmountIn",    "venue",       "feesSol",
          "attempts",         "txHash",      "reason",       "detail",         "latencyMs",   "clientId",
          "clientOrderId",    "retryOf",     "rentSol",      "rentReturnedSol"})
        columns.push_back({key, key});
    return columns;
}

/// The attempt that was filled, else the last one there was.
JsonValue telling_attempt(const JsonValue& order) {
    const std::vector<JsonValue> attempts = order["attempts"].items();
    for (const JsonValue& attempt : attempts) {
        if (attempt["resolution"].text() == "landed_ok") return attempt;
    }
    return attempts.empty() ? JsonValue() : attempts.back();
}

std::vector<Cell> export_row(const JsonValue& order) {
    const auto text = [&order](std::string_view name) { return Cell(order[name].text()); };
    const JsonValue attempt = telling_attempt(order);
    const std::string& status = order["status"].text();
    const bool ended =
        status == "confirmed" || status == "failed" || status == "cancelled" || status == "expired";
    const auto began = order["createdAt"].time(), last = order["updatedAt"].time();
    const auto gap = fill_against_quote(order);
    std::string latency;
    if (ended && began && last)
        latency = std::to_string(std::chrono::round<std::chrono::milliseconds>(*last - *began).count());
    return {text("createdAt"),
            ended ? text("updatedAt") : Cell(""),
            text("id"),
            text("status"),
            Cell(order["tokenIn"].text() + "/" + order["tokenOut"].text()),
            text("mode"),
            text("amountIn"),
            text("amountOut"),
            Cell(attempt["quotedIn"].text()),
            Cell(attempt["quotedOut"].text()),
            text("quotedPrice"),
            text("executedPrice"),
            Cell(gap ? std::to_string(*gap) : std::string()),
            text("slippageBps"),
            text("minAmountOut"),
            text("maxAmountIn"),
            text("dexUsed"),
            Cell(fees_of(order)),
            text("attempt"),
            text("txHash"),
            Cell(order["failure"]["code"].text()),
            Cell(order["failure"]["detail"].text()),
            Cell(latency),
            text("clientId"),
            text("clientOrderId"),
            text("retryOf"),
            Cell(sum_of_attempts(order, "rent")),
            Cell(sum_of_attempts(order, "rentReturned"))};
}

/// Writes page after page, so that no more than one is held.
std::uint64_t write_orders(const Context& context, Output format, const std::string& filter) {
    Options options = context.options;
    options.output = format;
    const Context writing{context.wire, options, context.console, context.clock};
    std::uint64_t count = 0;
    const auto write = [&](const std::vector<JsonValue>& orders) {
        Sheet sheet(export_columns());
        for (const JsonValue& order : orders) sheet.add(export_row(order), order);
        sheet.print(writing);
        options.header = false;
        count += orders.size();
        return context.console.out.good();
    };
    each_page(context, filter, write);
    return count;
}

/// All orders in one document. It is whole or not begun, so that a page that cannot be had leaves no half of
/// it; therefore it is held in memory, unlike the other formats.
void write_document(const Context& context, const std::string& filter) {
    std::string items;
    each_page(context, filter, [&](const std::vector<JsonValue>& orders) {
        for (const JsonValue& order : orders) items += (items.empty() ? "" : ",") + order.json();
        return true;
    });
    context.console.out << "{\"items\":[" << items << "]}\n";
}

Complaint file_complaint(const std::string& name, const std::string& what) {
    Complaint complaint;
    complaint.exit = ExitCode::unexpected;
    complaint.code = "output";
    complaint.what = what + " '" + name + "'";
    complaint.funds = "this command only reads, it moves no funds; what was at that place is as it was";
    complaint.repeat = "safe";
    complaint.next = "see whether the folder exists, may be written to, and the disk has room";
    return complaint;
}

/// A file that takes its name only once it is whole.
class NewFile {
public:
    explicit NewFile(const std::string& name)
        : name_(name), partial_(name + ".partial-" + std::to_string(::getpid())) {
        out_.open(partial_, std::ios::binary | std::ios::trunc);
        if (!out_)
            throw Trouble(file_complaint(
                name_, std::string("cannot write: ") + std::generic_category().message(errno)));
    }
    ~NewFile() {
        std::error_code ignored;  // there is nobody left to tell, and the name was never taken
        if (!kept_) std::filesystem::remove(partial_, ignored);
    }
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;

    std::ostream& out() { return out_; }
    void keep() {
        out_.close();
        if (!out_) throw Trouble(file_complaint(name_, "could not write all of"));
        std::error_code error;
        std::filesystem::rename(partial_, name_, error);
        if (error) throw Trouble(file_complaint(name_, "cannot write: " + error.message() + ":"));
        kept_ = true;
    }

private:
    std::string name_;
    std::string partial_;
    std::ofstream out_;
    bool kept_ = false;
};

Output format_of(const Context& context, const Arguments& arguments, bool to_file) {
    const Output asked = context.options.output;
    if (arguments.has("format")) {
        return arguments.text("format") == "ndjson" ? Output::ndjson : Output::csv;
    }
    return asked == Output::ndjson && !to_file ? Output::ndjson : Output::csv;
}

ExitCode export_command(const Context& context, const Arguments& arguments) {
    const std::string file = arguments.text("file", "-");
    const bool to_file = file != "-";
    const Output format = format_of(context, arguments, to_file);
    const std::string filter = order_filter_query(arguments, context.clock.now());
    if (!to_file && context.options.output == Output::json && !arguments.has("format")) {
        write_document(context, filter);
        return ExitCode::done;
    }
    if (!to_file) {
        write_orders(context, format, filter);
        return ExitCode::done;
    }
    std::error_code unknown;  // then opening it says what is wrong
    if (std::filesystem::exists(file, unknown) && !arguments.has("force"))
        throw Trouble(usage_complaint("'" + file + "' is there already",
                                      "name another file, or add --force to replace it"));
    NewFile output(file);
    Console console{output.out(), context.console.err, Style{}};
    const std::uint64_t count =
        write_orders({context.wire, context.options, console, context.clock}, format, filter);
    output.keep();
    const std::string word = format == Output::csv ? "csv" : "ndjson";
    if (context.options.output == Output::json || context.options.output == Output::ndjson) {
        context.console.out << "{\"file\":" << to_json_string(file) << ",\"format\":\"" << word
                            << "\",\"orders\":" << count << "}\n";
    } else {
        context.console.err << count << (count == 1 ? " order" : " orders") << " written to " << file
                            << std::endl;
    }
    return ExitCode::done;
}

}  // namespace

const CommandSpec& export_spec() {
    static const CommandSpec spec = [] {
        CommandSpec command;
        command.name = "export";
        command.summary = "Write the history of orders with their costs, for a spreadsheet or a program";
        command.description =
            "CSV has a row for each order: amounts quoted and executed, how much worse than quoted it was "
            "filled (in tenths of a basis point), network fees of all attempts, times and reasons, and rent "
            "paid into new token accounts and got back from closed ones. NDJSON "
            "has the server's documents, -o json all of them in one. A file takes its name only once it is "
            "whole.";
        command.options = order_filter_specs();
        command.options.push_back({"--format", "csv|ndjson", "What to write", "csv"});
        command.options.push_back(
            {"--file", "FILE", "Write to a file", "standard output", false, Completes::file});
        command.options.push_back({"--force", "", "Replace a file that is there already"});
        command.examples = {
            {"execctl export --since 30d --file orders.csv", "a month for a spreadsheet"},
            {"execctl export --format ndjson --status failed | jq .failure.code", "why orders failed"}};
        command.run = export_command;
        return command;
    }();
    return spec;
}

}  // namespace libexec::cli
