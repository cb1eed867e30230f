#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "bench_arrivals.hpp"
#include "bench_comparison.hpp"
#include "bench_histogram.hpp"
#include "bench_report.hpp"
#include "scripted_wire.hpp"
#include "support/temp_dir.hpp"

using namespace libexec;
using namespace libexec::cli;
using namespace libexec::cli::test;
using namespace std::chrono_literals;

namespace {

BenchReport some_report(std::vector<std::uint64_t> accepted) {
    BenchReport report;
    report.plan.mode = BenchPlan::Mode::accept;
    report.target = "a \"place\"";
    for (const std::uint64_t count : accepted) {
        BenchFigures run;
        run.accepted = count;
        run.sending = 1s;
        run.latencies["accept"].record(1ms);
        run.latencies["accept"].record(3ms);
        report.runs.push_back(std::move(run));
    }
    return report;
}

JsonValue document(std::vector<std::uint64_t> accepted) {
    return JsonValue::parse(report_json(some_report(std::move(accepted)))).value();
}

BenchVerdict verdict_of(const BenchComparison& comparison, std::string_view name) {
    for (const ComparedFigure& figure : comparison.figures) {
        if (figure.a.name == name) return figure.verdict;
    }
    FAIL("no figure ", name);
    return BenchVerdict::same;
}

}  // namespace

TEST_SUITE("cli/bench_figures") {
    TEST_CASE("a percentile of the histogram is within one per cent of the exact one") {
        Random random(11);
        for (const unsigned bits : {6U, 14U, 24U, 40U}) {
            LatencyHistogram histogram;
            std::vector<std::uint64_t> exact;
            for (int i = 0; i < 20'000; ++i) {
                const std::uint64_t value = random.next() >> (64 - 1 - random.below(bits));
                exact.push_back(value);
                histogram.record(std::chrono::nanoseconds(value));
            }
            std::sort(exact.begin(), exact.end());
            CHECK(histogram.count() == exact.size());
            CHECK(static_cast<std::uint64_t>(histogram.max().count()) == exact.back());
            for (const std::uint32_t share : {1U, 5'000U, 9'000U, 9'900U, 9'990U, 10'000U}) {
                const std::size_t rank = std::max<std::size_t>((exact.size() * share + 9'999) / 10'000, 1);
                const std::uint64_t wanted = exact[rank - 1];
                const auto got = static_cast<std::uint64_t>(histogram.percentile(share).count());
                CAPTURE(bits);
                CAPTURE(share);
                CHECK((got > wanted ? got - wanted : wanted - got) * 100 <= wanted);
            }
        }
        CHECK(LatencyHistogram().percentile(5'000) == 0ns);
        LatencyHistogram edges;
        edges.record(-5ns);
        edges.record(std::chrono::nanoseconds::max());
        CHECK(edges.percentile(1) == 0ns);
        CHECK(edges.max() == std::chrono::nanoseconds::max());
    }

    TEST_CASE("arrivals come on schedule") {
        BenchArrivals even(BenchPlan::Arrivals::constant, 3, 1);
        CHECK(even.next() == 0ns);
        CHECK(even.next() == 333'333'333ns);
        CHECK(even.next() == 666'666'666ns);
        CHECK(even.next() == 1s);

        BenchArrivals poisson(BenchPlan::Arrivals::poisson, 1'000, 5);
        BenchArrivals twin(BenchPlan::Arrivals::poisson, 1'000, 5);
        BenchArrivals other(BenchPlan::Arrivals::poisson, 1'000, 6);
        std::chrono::nanoseconds last{0};
        int long_pauses = 0;
        bool differs = false;
        for (int i = 0; i < 10'000; ++i) {
            const auto at = poisson.next();
            CHECK(at == twin.next());
            differs |= at != other.next();
            REQUIRE(at >= last);
            if (at - last > 1ms) ++long_pauses;
            last = at;
        }
        CHECK(differs);
        // 10 s of them, give or take four times the deviation of a sum; 1/e of the pauses are above the mean.
        CHECK(last > 9'600ms);
        CHECK(last < 10'400ms);
        CHECK(long_pauses > 3'480);
        CHECK(long_pauses < 3'880);
    }

    TEST_CASE("a report is one document with every run and the median of them") {
        BenchReport report = some_report({300, 100, 200, 5});
        report.runs.back().interrupted = true;
        report.runs.back().refuse("503", "status 503");
        const JsonValue json = JsonValue::parse(report_json(report)).value();
        CHECK(json["target"].text() == "a \"place\"");
        CHECK(json["interrupted"].is_true());
        CHECK(json["failed"].is_true());
        CHECK(json["parameters"]["loop"].text() == "closed");
        const JsonValue rate = json["figures"]["acceptedPerSecond"];
        CHECK(rate["median"].whole() == 200U);  // the interrupted run is shown, not summed up
        CHECK(rate["min"].whole() == 100U);
        CHECK(rate["max"].whole() == 300U);
        const JsonValue last = json["runs"].items().back();
        CHECK(last["accepted"].whole() == 5U);
        CHECK(last["acceptP50Us"].whole().value() >= 996);
        CHECK(last["acceptP50Us"].whole().value() <= 1'004);
        CHECK(last["acceptMaxUs"].whole() == 3'000U);
        CHECK(last["errors"]["503"].whole() == 1U);
    }

    TEST_CASE("figures are read by their unit") {
        CHECK(figure_text("acceptP50Us", 3'900) == "3.900 ms");
        CHECK(figure_text("acceptP50Us", 7) == "0.007 ms");
        CHECK(figure_text("acceptedPerSecond", 13'902) == "13902/s");
        CHECK(figure_text("accepted", 12) == "12");
    }

    TEST_CASE("B is better or worse only beyond the spread of the runs") {
        const auto compare = [](std::vector<std::uint64_t> a, std::vector<std::uint64_t> b) {
            return compare_reports(document(std::move(a)), document(std::move(b))).value();
        };
        CHECK(verdict_of(compare({100, 120}, {110, 130}), "acceptedPerSecond") == BenchVerdict::same);
        const BenchComparison faster = compare({100, 120}, {121, 130});
        CHECK(verdict_of(faster, "acceptedPerSecond") == BenchVerdict::better);
        CHECK(verdict_of(faster, "accepted") == BenchVerdict::differs);
        CHECK(verdict_of(faster, "acceptP50Us") == BenchVerdict::same);
        CHECK(faster.worse_by(0).empty());
        CHECK_FALSE(faster.one_run);
        const BenchComparison slower = compare({100, 100}, {89, 89});
        CHECK(verdict_of(slower, "acceptedPerSecond") == BenchVerdict::worse);
        CHECK(slower.worse_by(10).size() == 1);
        CHECK(slower.worse_by(11).empty());
        for (const ComparedFigure& figure : slower.figures) {
            if (figure.a.name == "acceptedPerSecond") CHECK(figure.ratio_per_mille == 890U);
        }
        CHECK(compare({1}, {1}).one_run);

        BenchReport other = some_report({100, 120});
        other.plan.connections = 8;
        other.target = "elsewhere";
        const auto differences =
            compare_reports(document({100, 120}), JsonValue::parse(report_json(other)).value())
                .value()
                .differences;
        REQUIRE(differences.size() == 2);
        CHECK(differences[0].name == "target");
        CHECK(differences[1].name == "connections");
        CHECK(differences[1].b == "8");
        CHECK_FALSE(compare_reports(document({1}), JsonValue::parse("{}").value()));
    }

    TEST_CASE("bench compare reads two files and says what became of each figure") {
        const libexec::test::TempDir place;
        const auto write = [&place](const std::string& name, std::vector<std::uint64_t> accepted) {
            const std::string path = place.file(name);
            std::ofstream(path) << report_json(some_report(std::move(accepted)));
            return path;
        };
        const std::string a = write("a.json", {100, 101});
        const std::string b = write("b.json", {80, 81});
        ScriptedWire wire;
        const auto compared = [&](std::vector<const char*> more) {
            std::vector<const char*> words{"bench", "compare", a.c_str(), b.c_str()};
            words.insert(words.end(), more.begin(), more.end());
            return run_line(wire, words);
        };
        const Outcome json = compared({"-o", "json"});
        CHECK(json.exit == ExitCode::done);
        CHECK(JsonValue::parse(json.out).value()["items"].items().size() > 5);
        CHECK(compared({}).out.find("worse") != std::string::npos);
        CHECK(compared({"--fail-above", "10"}).exit == ExitCode::unhealthy);
        CHECK(compared({"--fail-above", "30"}).exit == ExitCode::done);
        CHECK(run_line(wire, {"bench", "compare", a.c_str(), "/no/such/file"}).exit == ExitCode::usage);
    }

    TEST_CASE("what does not go together is refused before anything is sent") {
        const std::vector<std::vector<const char*>> lines = {
            {"bench", "--orders", "5", "--duration", "1s"},
            {"bench", "--mix", "1,2,3,4"},
            {"bench", "--mode", "mixed", "--mix", "0,0,0,0"},
            {"bench", "--mode", "mixed", "--mix", "1,2,3"},
            {"bench", "--mode", "mixed", "--mix", "1,2,3,4,5"},
            {"bench", "--followers", "5"},
            {"bench", "--arrivals", "poisson"},
            {"bench", "--database", "sqlite:x"},
            {"bench", "--workers", "3"},
            {"bench", "--warmup", "soon"},
            {"bench", "--force"},
            {"bench", "--save", "/no/such/folder/x.json"},
            {"bench", "--in-process", "--database", "postgres://localhost/x"},
            {"bench", "compare", "one.json"}};
        for (const auto& line : lines) {
            std::string shown;
            for (const char* const word : line) shown += std::string(word) + " ";
            CAPTURE(shown);
            ScriptedWire wire;
            CHECK(run_line(wire, line).exit == ExitCode::usage);
        }
    }
}
