#include "bench_report.hpp"

#include <algorithm>
#include <ostream>

#include "libexec/json/value.hpp"
#include "sheet.hpp"

namespace libexec::cli {
namespace {

std::string member(std::string_view name, std::string_view json) {
    return "\"" + std::string(name) + "\":" + std::string(json);
}
std::string text_member(std::string_view name, std::string_view text) {
    return member(name, to_json_string(text));
}
std::string word(bool value) { return value ? "true" : "false"; }

std::string errors_json(const BenchFigures& run) {
    std::string json = "{";
    for (const auto& [status, count] : run.errors)
        json += (json.size() > 1 ? "," : "") + to_json_string(status) + ":" + std::to_string(count);
    return json + "}";
}

std::string run_json(const BenchPlan& plan, const BenchFigures& run) {
    std::string json = "{" + member("interrupted", word(run.interrupted));
    for (const BenchFigure& figure : figures_of(plan, run))
        json += "," + member(figure.name, std::to_string(figure.value));
    return json + "," + member("errors", errors_json(run)) + "}";
}

void print_rows(const Context& context, const BenchReport& report) {
    std::vector<Column> columns{{"run", "RUN", true}, {"interrupted", "INTERRUPTED"}};
    for (const BenchFigure& figure : figures_of(report.plan, BenchFigures()))
        columns.push_back({figure.name, figure.name, true});
    columns.push_back({"errors", "ERRORS"});
    Sheet sheet(std::move(columns));
    for (std::size_t i = 0; i < report.runs.size(); ++i) {
        const BenchFigures& run = report.runs[i];
        std::vector<Cell> row{std::to_string(i + 1), word(run.interrupted)};
        for (const BenchFigure& figure : figures_of(report.plan, run))
            row.emplace_back(std::to_string(figure.value));
        row.emplace_back(errors_json(run));
        sheet.add(std::move(row), JsonValue::parse(run_json(report.plan, run)).value());
    }
    sheet.print(context);
}

/// What a table's reader should know before its numbers.
void print_heading(const Context& context, const BenchReport& report) {
    std::ostream& out = context.console.out;
    out << printable(context.console.style, report.target) << ", database "
        << printable(context.console.style, report.database) << ", version "
        << printable(context.console.style, report.version) << ", " << report.cores << " cores, "
        << to_rfc3339(report.started_at) << '\n';
    for (const auto& [name, value] : bench_parameters(report.plan)) {
        const std::string_view word = value;
        out << name << ' ' << (word.starts_with('"') ? word.substr(1, word.size() - 2) : word) << "  ";
    }

    out << "seed " << report.plan.seed << "\n\n";
}

void print_table(const Context& context, const BenchReport& report) {
    print_heading(context, report);
    const bool many = report.runs.size() > 1;
    std::vector<Column> columns{{"figure", "FIGURE"}, {"median", many ? "MEDIAN" : "VALUE", true}};
    if (many) columns.push_back({"least", "LEAST", true});
    if (many) columns.push_back({"most", "MOST", true});
    Sheet sheet(std::move(columns));
    for (const BenchSpread& spread : spreads_of(report)) {
        const auto cell = [&spread](std::uint64_t value) {
            return Cell(figure_text(spread.name, value), std::to_string(value));
        };
        std::vector<Cell> row{spread.name, cell(spread.median)};
        if (many) row.push_back(cell(spread.least));
        if (many) row.push_back(cell(spread.most));
        sheet.add(std::move(row));
    }
    sheet.print(context);
    if (report.interrupted()) context.console.out << "\ninterrupted: the figures so far\n";
}

}  // namespace

bool BenchReport::failed() const {
    return std::any_of(runs.begin(), runs.end(), [](const BenchFigures& run) { return run.failed(); });
}

std::vector<BenchSpread> spreads_of(const BenchReport& report) {
    std::vector<BenchSpread> spreads;
    std::vector<std::vector<std::uint64_t>> values;
    for (const BenchFigures& run : report.runs) {
        if (run.interrupted && report.runs.size() > 1) continue;
        const std::vector<BenchFigure> figures = figures_of(report.plan, run);
        values.resize(figures.size());
        spreads.resize(figures.size());
        for (std::size_t i = 0; i < figures.size(); ++i) {
            spreads[i].name = figures[i].name;
            values[i].push_back(figures[i].value);
        }
    }
    for (std::size_t i = 0; i < spreads.size(); ++i) {
        std::vector<std::uint64_t>& sorted = values[i];
        std::sort(sorted.begin(), sorted.end());
        const std::uint64_t low = sorted[(sorted.size() - 1) / 2];
        const std::uint64_t high = sorted[sorted.size() / 2];
        spreads[i].median = low + (high - low) / 2;
        spreads[i].least = sorted.front();
        spreads[i].most = sorted.back();
    }
    return spreads;
}

std::string report_json(const BenchReport& report) {
    std::string json =
        "{" + member("bench", "1") + "," + text_member("startedAt", to_rfc3339(report.started_at)) + "," +
        text_member("target", report.target) + "," + text_member("database", report.database) + "," +
        text_member("version", report.version) + "," + text_member("execctl", LIBEXEC_VERSION) + "," +
        member("cores", std::to_string(report.cores)) + "," +
        member("seed", std::to_string(report.plan.seed)) + ",\"parameters\":{";
    bool first = true;
    for (const auto& [name, value] : bench_parameters(report.plan)) {
        json += (first ? "" : ",") + member(name, value);
        first = false;
    }
    json += "}," + member("interrupted", word(report.interrupted())) + "," +
            member("failed", word(report.failed())) + ",\"figures\":{";
    first = true;
    for (const BenchSpread& spread : spreads_of(report)) {
        json += (first ? "" : ",") +
                member(spread.name, "{" + member("median", std::to_string(spread.median)) + "," +
                                        member("min", std::to_string(spread.least)) + "," +
                                        member("max", std::to_string(spread.most)) + "}");
        first = false;
    }
    json += "},\"runs\":[";
    for (std::size_t i = 0; i < report.runs.size(); ++i)
        json += (i == 0 ? "" : ",") + run_json(report.plan, report.runs[i]);
    return json + "]}";
}

void print_report(const Context& context, const BenchReport& report) {
    switch (context.options.output) {
        case Output::table:
            print_table(context, report);
            break;
        case Output::json:
            context.console.out << report_json(report) << '\n';
            break;
        case Output::ndjson:
        case Output::csv:
            print_rows(context, report);
            break;
    }
}

}  // namespace libexec::cli
