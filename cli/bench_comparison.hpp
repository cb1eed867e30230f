#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench_report.hpp"
#include "libexec/json/value.hpp"

namespace libexec::cli {

/// What to think of a figure in B beside the same one in A.
enum class BenchVerdict : std::uint8_t {
    same,  ///< the ranges of the runs overlap
    better,
    worse,
    differs,  ///< a count, of which neither more nor less is better
};

std::string_view to_string(BenchVerdict verdict);

struct ComparedFigure {
    BenchSpread a;
    BenchSpread b;
    std::optional<std::uint64_t> ratio_per_mille;  ///< median of B of 1000 of A; none when A is zero
    BenchVerdict verdict = BenchVerdict::same;
};

/// A parameter, or what was measured, which is not the same in both: values as JSON.
struct BenchDifference {
    std::string name;
    std::string a;
    std::string b;
};

/// Two saved reports side by side.
struct BenchComparison {
    std::vector<ComparedFigure> figures;  ///< those in both
    std::vector<BenchDifference> differences;
    bool one_run = false;  ///< one of them has a single run, and so no spread

    /// The figures in which B is worse than A by more than that, and by more than the runs' spread.
    std::vector<const ComparedFigure*> worse_by(std::uint32_t percent) const;
};

/// Compares two documents as `report_json` writes them.
/// Errors: invalid_body naming which one is no report of a bench.
Result<BenchComparison> compare_reports(const JsonValue& a, const JsonValue& b);

}  // namespace libexec::cli
