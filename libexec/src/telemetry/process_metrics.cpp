#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include <sys/resource.h>
#include <unistd.h>

#include "libexec/telemetry/metrics.hpp"

namespace libexec {
namespace {

/// The fields of /proc/self/stat from the third on: the second, a name in brackets, may hold blanks.
std::vector<std::string> process_fields() {
    std::ifstream file("/proc/self/stat");
    std::ostringstream whole;
    whole << file.rdbuf();
    const std::string text = whole.str();
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string::npos) return {};
    std::istringstream rest(text.substr(name_end + 1));
    std::vector<std::string> fields;
    for (std::string field; rest >> field;) fields.push_back(field);
    return fields;
}

/// Field `number` as proc(5) counts them, from 1.
std::optional<double> process_field(std::size_t number) {
    constexpr std::size_t first = 3;
    const std::vector<std::string> fields = process_fields();
    if (number < first || number - first >= fields.size()) return std::nullopt;
    const std::string& text = fields[number - first];
    long long value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
    return static_cast<double>(value);
}

constexpr std::size_t user_ticks = 14, system_ticks = 15, start_ticks = 22, virtual_bytes = 23,
                      resident_pages = 24;

double ticks_per_second() { return static_cast<double>(sysconf(_SC_CLK_TCK)); }

std::optional<double> cpu_seconds() {
    const auto user = process_field(user_ticks);
    const auto system = process_field(system_ticks);
    if (!user || !system) return std::nullopt;
    return (*user + *system) / ticks_per_second();
}

std::optional<double> resident_bytes() {
    const auto pages = process_field(resident_pages);
    if (!pages) return std::nullopt;
    return *pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// Seconds since 1970 at which the system booted.
std::optional<double> boot_time() {
    std::ifstream file("/proc/stat");
    for (std::string word; file >> word;) {
        double value = 0;
        if (word == "btime" && file >> value) return value;
    }
    return std::nullopt;
}

std::optional<double> start_time() {
    const auto booted = boot_time();
    const auto ticks = process_field(start_ticks);
    if (!booted || !ticks) return std::nullopt;
    return *booted + *ticks / ticks_per_second();
}

std::optional<double> open_descriptors() {
    std::error_code error;
    std::filesystem::directory_iterator entry("/proc/self/fd", error);
    if (error) return std::nullopt;
    double count = 0;
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) ++count;
    return count - 1;  // the one that reads the folder
}

std::optional<double> most_descriptors() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
    return static_cast<double>(limit.rlim_cur);
}

std::function<std::vector<MetricSample>()> one(std::optional<double> (*read)()) {
    return [read] {
        std::vector<MetricSample> samples;
        if (const auto value = read()) samples.push_back({{}, *value});
        return samples;
    };
}

}  // namespace

void add_process_metrics(Metrics& metrics) {
    using Kind = Metrics::Kind;
    metrics.sampled(Kind::counter, "process_cpu_seconds_total", "User and system CPU time spent in seconds.",
                    {}, one(&cpu_seconds));
    metrics.sampled(Kind::gauge, "process_resident_memory_bytes", "Resident memory size in bytes.", {},
                    one(&resident_bytes));
    metrics.sampled(Kind::gauge, "process_virtual_memory_bytes", "Virtual memory size in bytes.", {},
                    one([] { return process_field(virtual_bytes); }));
    metrics.sampled(Kind::gauge, "process_start_time_seconds",
                    "Start of the process, in seconds since 1970 (UTC).", {}, one(&start_time));
    metrics.sampled(Kind::gauge, "process_open_fds", "Open file descriptors.", {}, one(&open_descriptors));
    metrics.sampled(Kind::gauge, "process_max_fds", "Most file descriptors the system allows.", {},
                    one(&most_descriptors));
}

}  // namespace libexec
