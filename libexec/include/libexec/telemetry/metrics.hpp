#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace libexec {

/// A number that only grows. A handle: cheap to copy, valid as long as its registry; safe from any thread.
class Counter {
public:
    void add(double by = 1) const;  ///< below zero is ignored

private:
    template <class Handle>
    friend class MetricFamily;
    explicit Counter(void* series) : series_(series) {}
    void* series_;
};

/// A distribution over fixed buckets. A handle like Counter.
class Histogram {
public:
    /// Counts `value` into its bucket.
    void observe(double value) const;
    /// In seconds, as all our durations are.
    void observe(std::chrono::microseconds duration) const {
        observe(static_cast<double>(duration.count()) / 1e6);
    }

private:
    template <class Handle>
    friend class MetricFamily;
    explicit Histogram(void* series) : series_(series) {}
    void* series_;
};

/// All series of one name. A copy is the same family; valid as long as its registry.
template <class Handle>
class MetricFamily {
public:
    /// The series with these label values, in the order of the family's label names; made when new. Looking
    /// it up costs a lock and a hash: keep the handle where it matters. Past `series_max` newcomers all
    /// become one series whose values are "other", so that no stranger's text can fill the memory.
    Handle with(std::initializer_list<std::string_view> values = {}) const;

private:
    friend class Metrics;
    struct Impl;
    explicit MetricFamily(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
    std::shared_ptr<Impl> impl_;
};

/// One value read at the moment of a scrape.
struct MetricSample {
    std::vector<std::string> labels;  ///< values, in the order of the label names
    double value = 0;
};

/// Upper bounds of buckets in seconds, from half a millisecond to a minute.
std::vector<double> duration_buckets();

/// A registry of metrics: an object handed down, never a global. Safe from any thread.
/// Errors: std::invalid_argument for a name or label that Prometheus would not take.
class Metrics {
public:
    /// A counter only grows; a gauge goes up and down.
    enum class Kind : unsigned char { counter, gauge };

    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    /// The family of counters of that name, made when new.
    MetricFamily<Counter> counters(const std::string& name, const std::string& help,
                                   std::vector<std::string> labels = {}, std::size_t series_max = 256);
    /// The family of histograms of that name, made when new. `buckets` are upper bounds, rising.
    MetricFamily<Histogram> histograms(const std::string& name, const std::string& help,
                                       std::vector<std::string> labels, std::vector<double> buckets,
                                       std::size_t series_max = 256);
    /// Values read anew at each scrape. `read` is called from any thread, must not block for long, and what
    /// it refers to outlives the registry's last `text`.
    void sampled(Kind kind, std::string name, std::string help, std::vector<std::string> labels,
                 std::function<std::vector<MetricSample>()> read);

    /// Everything, by name, in Prometheus' text format 0.0.4.
    std::string text() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The Content-Type of `Metrics::text`.
inline constexpr const char* metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

/// process_*: memory, CPU time, descriptors and start of this process, from /proc. What cannot be read is
/// left out.
void add_process_metrics(Metrics& metrics);

}  // namespace libexec
