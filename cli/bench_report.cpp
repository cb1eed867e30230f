#include "bench_report.hpp"

#include <algorithm>
#include <cstdio>

#include "libexec/json/value.hpp"

namespace libexec::cli {
namespace {

using Latencies = std::vector<std::chrono::nanoseconds>;

std::string decimals(double number, int places) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", places, number);
    return text;
}

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }
std::string milliseconds_text(std::chrono::nanoseconds time) { return decimals(seconds(time) * 1e3, 3); }

std::string rate_text(std::uint64_t count, std::chrono::nanoseconds time) {
    return time.count() > 0 ? decimals(static_cast<double>(count) / seconds(time), 1) : "0.0";
}

std::string_view mode_word(BenchOptions::Mode mode) {
    return mode == BenchOptions::Mode::accept ? "accept" : "execute";
}

}  // namespace

std::chrono::nanoseconds percentile(const Latencies& sorted, std::uint32_t permille) {
    if (sorted.empty()) return {};
    const std::size_t rank = (sorted.size() * permille + 999) / 1'000;
    return sorted[std::max<std::size_t>(rank, 1) - 1];
}

std::string report_json(BenchReport report) {
    Latencies& latencies = report.latencies;
    std::sort(latencies.begin(), latencies.end());
    const auto at = [&latencies](std::uint32_t permille) {
        return milliseconds_text(percentile(latencies, permille));
    };
    std::string json = "{\"target\":" + to_json_string(report.target) + ",\"mode\":\"" +
                       std::string(mode_word(report.mode)) + "\",\"seed\":" + std::to_string(report.seed) +
                       ",\"connections\":" + std::to_string(report.connections) +
                       ",\"offeredPerSecond\":" + std::to_string(report.rate) +
                       ",\"accepted\":" + std::to_string(report.accepted) +
                       ",\"queueFullAnswers\":" + std::to_string(report.busy) +
                       ",\"acceptSeconds\":" + decimals(seconds(report.accepting), 6) +
                       ",\"acceptedPerSecond\":" + rate_text(report.accepted, report.accepting) +
                       ",\"acceptMs\":{\"p50\":" + at(500) + ",\"p95\":" + at(950) + ",\"p99\":" + at(990) +
                       ",\"max\":" + at(1'000) + "}";
    if (report.mode == BenchOptions::Mode::execute) {
        const std::uint64_t ended = report.confirmed + report.failed;
        json += ",\"confirmed\":" + std::to_string(report.confirmed) +
                ",\"failed\":" + std::to_string(report.failed) +
                ",\"executeSeconds\":" + decimals(seconds(report.executing), 6) +
                ",\"executedPerSecond\":" + rate_text(ended, report.executing);
    }
    return json + "}";
}

std::string report_table(BenchReport report) {
    Latencies& latencies = report.latencies;
    std::sort(latencies.begin(), latencies.end());
    const auto at = [&latencies](std::uint32_t permille) {
        return milliseconds_text(percentile(latencies, permille)) + " ms";
    };
    std::string text = std::string(mode_word(report.mode)) + "  " + report.target + "   connections " +
                       std::to_string(report.connections) + "   seed " + std::to_string(report.seed) + "\n";
    text += "accepted " + std::to_string(report.accepted) + "   " + decimals(seconds(report.accepting), 2) +
            " s   " + rate_text(report.accepted, report.accepting) + " orders/s\n";
    text += "submit to 202   p50 " + at(500) + "   p95 " + at(950) + "   p99 " + at(990) + "   max " +
            at(1'000) + "\n";
    if (report.mode == BenchOptions::Mode::execute) {
        text += "confirmed " + std::to_string(report.confirmed) + "   failed " +
                std::to_string(report.failed) + "   " + decimals(seconds(report.executing), 2) + " s   " +
                rate_text(report.confirmed + report.failed, report.executing) + " orders/s to the end\n";
    }
    if (report.busy > 0)
        text += "the queue was full " + std::to_string(report.busy) +
                " times; raise QUEUE_LIMIT to measure past it\n";
    return text;
}

}  // namespace libexec::cli
