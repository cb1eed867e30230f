#include "bench_comparison.hpp"

#include <algorithm>
#include <set>

namespace libexec::cli {
namespace {

__extension__ using Wide = unsigned __int128;

bool more_is_better(std::string_view name) {
    return name.ends_with("PerSecond") && name != "offeredPerSecond";
}

bool less_is_better(std::string_view name) {
    // How long a run of a given time lasts says nothing; of given orders, its rate says the same.
    if (name == "sendingUs" || name == "executingUs") return false;
    return name.ends_with("Us") || name == "refused" || name == "followerGaps" || name.starts_with("lateBy");
}

BenchVerdict judge(const BenchSpread& a, const BenchSpread& b) {
    if (a.least <= b.most && b.least <= a.most) return BenchVerdict::same;
    const bool more = b.least > a.most;
    if (more_is_better(a.name)) return more ? BenchVerdict::better : BenchVerdict::worse;
    if (less_is_better(a.name)) return more ? BenchVerdict::worse : BenchVerdict::better;
    return BenchVerdict::differs;
}

bool is_report(const JsonValue& document) {
    return document["bench"].whole() == 1U && document["figures"].is_object() &&
           document["parameters"].is_object();
}

std::optional<BenchSpread> spread_of(const std::string& name, const JsonValue& figure) {
    const auto median = figure["median"].whole();
    const auto least = figure["min"].whole();
    const auto most = figure["max"].whole();
    if (!median || !least || !most || *least > *median || *median > *most) return std::nullopt;
    return BenchSpread{name, *median, *least, *most};
}

void add_difference(BenchComparison& comparison, const std::string& name, const JsonValue& a,
                    const JsonValue& b) {
    if (a.json() != b.json()) comparison.differences.push_back({name, a.json(), b.json()});
}

}  // namespace

std::string_view to_string(BenchVerdict verdict) {
    switch (verdict) {
        case BenchVerdict::same:
            return "same";
        case BenchVerdict::better:
            return "better";
        case BenchVerdict::worse:
            return "worse";
        case BenchVerdict::differs:
            return "differs";
    }
    return "";
}

std::vector<const ComparedFigure*> BenchComparison::worse_by(std::uint32_t percent) const {
    std::vector<const ComparedFigure*> worse;
    for (const ComparedFigure& figure : figures) {
        if (figure.verdict != BenchVerdict::worse) continue;
        const Wide a = Wide(figure.a.median) * 100;
        const Wide b = Wide(figure.b.median) * 100;
        const Wide room = Wide(figure.a.median) * percent;
        if (b > a + room || b + room < a) worse.push_back(&figure);
    }
    return worse;
}

Result<BenchComparison> compare_reports(const JsonValue& a, const JsonValue& b) {
    if (!is_report(a)) return reject(Reason::invalid_body, "A is not what execctl bench --save writes");
    if (!is_report(b)) return reject(Reason::invalid_body, "B is not what execctl bench --save writes");
    BenchComparison comparison;
    comparison.one_run = a["runs"].items().size() < 2 || b["runs"].items().size() < 2;
    for (const char* const name : {"target", "database", "version", "cores", "seed", "interrupted"})
        add_difference(comparison, name, a[name], b[name]);
    std::set<std::string> parameters;
    for (const JsonValue& side : {a["parameters"], b["parameters"]}) {
        for (const std::string& name : side.names()) parameters.insert(name);
    }
    for (const std::string& name : parameters)
        add_difference(comparison, name, a["parameters"][name], b["parameters"][name]);
    for (const std::string& name : a["figures"].names()) {
        const JsonValue other = b["figures"][name];
        if (other.is_null()) continue;
        const auto spread_a = spread_of(name, a["figures"][name]);
        const auto spread_b = spread_of(name, other);
        if (!spread_a) return reject(Reason::invalid_body, "A: " + name + " has no median, min and max");
        if (!spread_b) return reject(Reason::invalid_body, "B: " + name + " has no median, min and max");
        ComparedFigure figure{*spread_a, *spread_b, {}, judge(*spread_a, *spread_b)};
        if (spread_a->median > 0)
            figure.ratio_per_mille =
                static_cast<std::uint64_t>(Wide(spread_b->median) * 1'000 / spread_a->median);
        comparison.figures.push_back(std::move(figure));
    }
    return comparison;
}

}  // namespace libexec::cli
