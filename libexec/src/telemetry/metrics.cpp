#include "libexec/telemetry/metrics.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <type_traits>
#include <unordered_map>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace libexec {
namespace {

template <class Handle>
using SeriesOf =
    std::conditional_t<std::is_same_v<Handle, Counter>, prometheus::Counter, prometheus::Histogram>;

/// Values that are read when somebody asks.
struct Sampled {
    Metrics::Kind kind;
    std::string name;
    std::string help;
    std::vector<std::string> labels;
    std::function<std::vector<MetricSample>()> read;

    prometheus::MetricFamily collect() const {
        const bool counts = kind == Metrics::Kind::counter;
        prometheus::MetricFamily family;
        family.name = name;
        family.help = help;
        family.type = counts ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
        for (const MetricSample& sample : read()) {
            prometheus::ClientMetric& metric = family.metric.emplace_back();
            for (std::size_t i = 0; i < labels.size() && i < sample.labels.size(); ++i) {
                metric.label.push_back({labels[i], sample.labels[i]});
            }
            (counts ? metric.counter.value : metric.gauge.value) = sample.value;
        }
        return family;
    }
};

constexpr std::string_view overflow_value = "other";

/// Looked up by what stands in a buffer, without making a string of it.
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
using SeriesByKey = std::unordered_map<std::string, void*, TextHash, std::equal_to<>>;

/// Label values as one key, each with its length before it. Most fit the buffer, and looking up costs no
/// memory.
class SeriesKey {
public:
    explicit SeriesKey(std::initializer_list<std::string_view> values) {
        for (const std::string_view value : values) {
            const auto size = static_cast<std::uint32_t>(value.size());
            append({reinterpret_cast<const char*>(&size), sizeof size});
            append(value);
        }
    }
    std::string_view view() const { return long_.empty() ? std::string_view(short_.data(), size_) : long_; }

private:
    void append(std::string_view part) {
        if (long_.empty() && size_ + part.size() <= short_.size()) {
            std::copy(part.begin(), part.end(), short_.begin() + static_cast<std::ptrdiff_t>(size_));
            size_ += part.size();
            return;
        }
        if (long_.empty()) long_.assign(short_.data(), size_);
        long_.append(part);
    }

    std::array<char, 128> short_;
    std::size_t size_ = 0;
    std::string long_;
};

}  // namespace

template <class Handle>
struct MetricFamily<Handle>::Impl {
    Impl(prometheus::Family<SeriesOf<Handle>>& made, std::vector<std::string> names, std::size_t most,
         std::vector<double> bounds)
        : family(made), labels(std::move(names)), series_max(most), buckets(std::move(bounds)) {}

    SeriesOf<Handle>& add(const std::vector<std::string_view>& values) {
        prometheus::Labels named;
        for (std::size_t i = 0; i < labels.size(); ++i) named[labels[i]] = std::string(values[i]);
        if constexpr (std::is_same_v<Handle, Counter>) {
            return family.Add(named);
        } else {
            return family.Add(named, buckets);
        }
    }

    prometheus::Family<SeriesOf<Handle>>& family;
    const std::vector<std::string> labels;
    const std::size_t series_max;
    const std::vector<double> buckets;
    std::mutex mutex;
    SeriesByKey series;
};

template <class Handle>
Handle MetricFamily<Handle>::with(std::initializer_list<std::string_view> values) const {
    Impl& impl = *impl_;
    if (values.size() != impl.labels.size()) {
        throw std::invalid_argument("a metric with " + std::to_string(impl.labels.size()) +
                                    " labels was given " + std::to_string(values.size()) + " values");
    }
    const SeriesKey key(values);
    const std::lock_guard lock(impl.mutex);
    if (const auto found = impl.series.find(key.view()); found != impl.series.end())
        return Handle(found->second);
    std::vector<std::string_view> kept(values);
    if (impl.series.size() >= impl.series_max) {
        // Not remembered under its own key: that memory would grow all the same. Family::Add finds it again.
        std::fill(kept.begin(), kept.end(), overflow_value);
        return Handle(&impl.add(kept));
    }
    void* const made = &impl.add(kept);
    impl.series.emplace(std::string(key.view()), made);
    return Handle(made);
}

template class MetricFamily<Counter>;
template class MetricFamily<Histogram>;

void Counter::add(double by) const { static_cast<prometheus::Counter*>(series_)->Increment(by); }
void Histogram::observe(double value) const { static_cast<prometheus::Histogram*>(series_)->Observe(value); }

struct Metrics::Impl {
    prometheus::Registry registry;
    mutable std::mutex mutex;
    std::vector<Sampled> sampled;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

MetricFamily<Counter> Metrics::counters(const std::string& name, const std::string& help,
                                        std::vector<std::string> labels, std::size_t series_max) {
    auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry);
    return MetricFamily<Counter>(std::make_shared<MetricFamily<Counter>::Impl>(
        family, std::move(labels), series_max, std::vector<double>()));
}

MetricFamily<Histogram> Metrics::histograms(const std::string& name, const std::string& help,
                                            std::vector<std::string> labels, std::vector<double> buckets,
                                            std::size_t series_max) {
    auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry);
    return MetricFamily<Histogram>(std::make_shared<MetricFamily<Histogram>::Impl>(
        family, std::move(labels), series_max, std::move(buckets)));
}

void Metrics::sampled(Kind kind, std::string name, std::string help, std::vector<std::string> labels,
                      std::function<std::vector<MetricSample>()> read) {
    const std::lock_guard lock(impl_->mutex);
    impl_->sampled.push_back({kind, std::move(name), std::move(help), std::move(labels), std::move(read)});
}

std::string Metrics::text() const {
    std::vector<prometheus::MetricFamily> families = impl_->registry.Collect();
    {
        const std::lock_guard lock(impl_->mutex);
        for (const Sampled& sampled : impl_->sampled) families.push_back(sampled.collect());
    }
    std::sort(families.begin(), families.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families);
    return out.str();
}

std::vector<double> duration_buckets() {
    return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
}

}  // namespace libexec
