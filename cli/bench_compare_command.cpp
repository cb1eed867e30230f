#include <fstream>
#include <ostream>
#include <sstream>

#include "bench_command.hpp"
#include "bench_comparison.hpp"
#include "sheet.hpp"
#include "trouble.hpp"

namespace libexec::cli {
namespace {

JsonValue read_report(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) {
        throw Trouble(usage_complaint("the file '" + path + "' cannot be read",
                                      "name a file that execctl bench --save wrote"));
    }
    const Result<JsonValue> parsed = JsonValue::parse(text.str());
    if (!parsed) {
        throw Trouble(usage_complaint("the file '" + path + "' is not JSON: " + parsed.error().detail,
                                      "name a file that execctl bench --save wrote"));
    }
    return parsed.value();
}

std::string spread_json(const BenchSpread& spread) {
    return "{\"median\":" + std::to_string(spread.median) + ",\"min\":" + std::to_string(spread.least) +
           ",\"max\":" + std::to_string(spread.most) + "}";
}

std::string figure_json(const ComparedFigure& figure) {
    return "{\"figure\":" + to_json_string(figure.a.name) + ",\"a\":" + spread_json(figure.a) +
           ",\"b\":" + spread_json(figure.b) + ",\"ratioPerMille\":" +
           (figure.ratio_per_mille ? std::to_string(*figure.ratio_per_mille) : "null") + ",\"verdict\":\"" +
           std::string(to_string(figure.verdict)) + "\"}";
}

JsonValue document_of(const BenchComparison& comparison) {
    std::string json = "{\"items\":[";
    for (const ComparedFigure& figure : comparison.figures)
        json += (&figure == comparison.figures.data() ? "" : ",") + figure_json(figure);
    json += "],\"differences\":[";
    for (const BenchDifference& difference : comparison.differences) {
        json += (&difference == comparison.differences.data() ? "" : ",") +
                ("{\"name\":" + to_json_string(difference.name)) + ",\"a\":" + difference.a +
                ",\"b\":" + difference.b + "}";
    }
    return JsonValue::parse(json + "]}").value();
}

/// The median, and the range behind it where there is one.
Cell spread_cell(const BenchSpread& spread) {
    std::string shown = figure_text(spread.name, spread.median);
    if (spread.least != spread.most)
        shown += " (" + figure_text(spread.name, spread.least) + " .. " +
                 figure_text(spread.name, spread.most) + ")";
    return Cell(std::move(shown), std::to_string(spread.median));
}

Colour colour_of(BenchVerdict verdict) {
    if (verdict == BenchVerdict::better) return Colour::green;
    return verdict == BenchVerdict::worse ? Colour::red : Colour::none;
}

void warn(const Context& context, const BenchComparison& comparison) {
    Console& console = context.console;
    for (const BenchDifference& difference : comparison.differences) {
        console.err << printable(console.style, "warning: " + difference.name + " differs: A " +
                                                    difference.a + ", B " + difference.b)
                    << '\n';
    }
    if (comparison.one_run)
        console.err << "warning: a single run has no spread, so every change is called one: measure with "
                       "--runs 5\n";
}

ExitCode run_compare(const Context& context, const Arguments& arguments) {
    const auto fail_above = arguments.whole("fail-above", 0, 1'000'000);
    const JsonValue a = read_report(arguments.text("A"));
    const JsonValue b = read_report(arguments.text("B"));
    const Result<BenchComparison> compared = compare_reports(a, b);
    if (!compared) {
        throw Trouble(
            usage_complaint(compared.error().detail, "name two files that execctl bench --save wrote"));
    }
    const BenchComparison& comparison = compared.value();
    warn(context, comparison);
    Sheet sheet({{"figure", "FIGURE"},
                 {"a", "A", true},
                 {"b", "B", true},
                 {"ratioPerMille", "B/A", true},
                 {"verdict", "VERDICT"}});
    for (const ComparedFigure& figure : comparison.figures) {
        const std::string ratio =
            figure.ratio_per_mille ? std::to_string(*figure.ratio_per_mille) : std::string();
        const std::string verdict(to_string(figure.verdict));
        sheet.add({figure.a.name, spread_cell(figure.a), spread_cell(figure.b),
                   Cell(ratio.empty() ? "-" : ratio + " per mille", ratio),
                   Cell(verdict, verdict, colour_of(figure.verdict))},
                  JsonValue::parse(figure_json(figure)).value());
    }
    sheet.print(context, document_of(comparison), "the two reports have no figure in common");
    if (!fail_above) return ExitCode::done;
    const auto worse = comparison.worse_by(static_cast<std::uint32_t>(*fail_above));
    for (const ComparedFigure* const figure : worse) {
        context.console.err << figure->a.name << " is worse by more than " << *fail_above << " %\n";
    }
    return worse.empty() ? ExitCode::done : ExitCode::unhealthy;
}

}  // namespace

const CommandSpec& bench_compare_spec() {
    static const CommandSpec spec{
        .name = "compare",
        .summary = "Compare two saved measurements figure by figure",
        .description =
            "A change is called better or worse only when the ranges of the runs do not overlap. "
            "What was measured differently is named on standard error.",
        .words = {{"A", "The measurement before", WordSpec::Count::one, Completes::file},
                  {"B", "The measurement after", WordSpec::Count::one, Completes::file}},
        .options = {{"--fail-above", "PERCENT", "Exit with 9 when a figure of B is worse by more than this"}},
        .examples = {{"execctl bench compare before.json after.json --fail-above 10",
                      "for a script: 9 when anything became worse by more than a tenth"}},
        .run = run_compare,
        .children = {},
        .hidden = false};
    return spec;
}

}  // namespace libexec::cli
