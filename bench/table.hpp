#pragma once

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace libexec::bench {

/// The middle of several runs: machines are shared, and a mean would carry every neighbour's burst.
inline double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

inline void print_row(const std::string& what, const std::vector<double>& values, const char* unit) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    std::printf("%-44s %10.2f %-8s (%.2f .. %.2f, %zu runs)\n", what.c_str(), median(values), unit, *least,
                *most, values.size());
}

}  // namespace libexec::bench
