#include "bench_figures.hpp"

namespace libexec::cli {
namespace {

__extension__ using Wide = unsigned __int128;

std::uint64_t per_second(std::uint64_t count, std::chrono::nanoseconds time) {
    if (time.count() <= 0) return 0;
    const auto elapsed = static_cast<std::uint64_t>(time.count());
    return static_cast<std::uint64_t>((Wide(count) * 1'000'000'000 + elapsed / 2) / elapsed);
}

std::uint64_t microseconds(std::chrono::nanoseconds time) {
    return static_cast<std::uint64_t>((time.count() + 500) / 1'000);
}

void add_latency(std::vector<BenchFigure>& list, const BenchFigures& run, const std::string& name) {
    const auto found = run.latencies.find(name);
    const LatencyHistogram times = found == run.latencies.end() ? LatencyHistogram() : found->second;
    list.push_back({name + "P50Us", microseconds(times.percentile(5'000))});
    list.push_back({name + "P90Us", microseconds(times.percentile(9'000))});
    list.push_back({name + "P99Us", microseconds(times.percentile(9'900))});
    list.push_back({name + "P999Us", microseconds(times.percentile(9'990))});
    list.push_back({name + "MaxUs", microseconds(times.max())});
}

}  // namespace

void BenchFigures::refuse(const std::string& word, const std::string& trouble) {
    errors[word] += 1;
    if (first_trouble.empty()) first_trouble = trouble;
}

std::uint64_t BenchFigures::error_count() const {
    std::uint64_t count = 0;
    for (const auto& [word, times] : errors) count += times;
    return count;
}

std::vector<BenchFigure> figures_of(const BenchPlan& plan, const BenchFigures& run) {
    using Mode = BenchPlan::Mode;
    std::vector<BenchFigure> list;
    if (plan.mode == Mode::mixed) list.push_back({"requests", run.turns});
    list.push_back({"accepted", run.accepted});
    list.push_back({"refused", run.error_count()});
    list.push_back({"queueFullAnswers", run.busy});
    list.push_back({"sendingUs", microseconds(run.sending)});
    if (plan.rate > 0) {
        list.push_back({"offeredPerSecond", plan.rate});
        list.push_back({"achievedPerSecond", per_second(run.turns, run.sending)});
        list.push_back({"lateBy1Ms", run.late_1ms});
        list.push_back({"lateBy10Ms", run.late_10ms});
    }
    if (plan.mode == Mode::mixed) {
        list.push_back({"requestsPerSecond", per_second(run.turns, run.sending)});
    } else {
        list.push_back({"acceptedPerSecond", per_second(run.accepted, run.sending)});
    }
    add_latency(list, run, "accept");
    if (plan.mode == Mode::execute) {
        list.push_back({"confirmed", run.confirmed});
        list.push_back({"unfilled", run.unfilled});
        list.push_back({"executingUs", microseconds(run.ending)});
        list.push_back({"executedPerSecond", per_second(run.confirmed + run.unfilled, run.ending)});
        add_latency(list, run, "execute");
        list.push_back({"feedLosses", run.feed_losses});
    }
    if (plan.mode == Mode::mixed) {
        for (const char* const kind : {"get", "list", "quote"}) {
            const auto found = run.answered.find(kind);
            list.push_back({std::string(kind) + "Answers", found == run.answered.end() ? 0 : found->second});
            add_latency(list, run, kind);
        }
    }
    if (plan.mode == Mode::fan_out) {
        list.push_back({"confirmed", run.confirmed});
        list.push_back({"unfilled", run.unfilled});
        list.push_back({"followers", run.accepted * plan.followers});
        list.push_back({"followerEvents", run.follower_events});
        list.push_back({"followerGaps", run.follower_gaps});
        list.push_back({"lateFollowers", run.late_followers});
        for (const char* const name : {"firstFollower", "lastFollower", "follower"})
            add_latency(list, run, name);
    }
    return list;
}

std::string figure_text(std::string_view name, std::uint64_t value) {
    std::string digits = std::to_string(value);
    if (name.ends_with("PerSecond")) return digits + "/s";
    if (!name.ends_with("Us")) return digits;
    std::string thousandths = std::to_string(value % 1'000);
    thousandths.insert(0, 3 - thousandths.size(), '0');
    return std::to_string(value / 1'000) + "." + thousandths + " ms";
}

}  // namespace libexec::cli
