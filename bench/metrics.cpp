// What counting costs: one counter, one histogram, a series looked up by its labels, and everything an order
// and a request cause together.
#include <chrono>
#include <functional>

#include "libexec/telemetry/metrics.hpp"
#include "table.hpp"

using namespace libexec;

namespace {

void measure(const char* what, const std::function<void()>& once) {
    constexpr int rounds = 200'000;
    std::vector<double> ns;
    for (int run = 0; run < 7; ++run) {
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < rounds; ++i) once();
        const auto end = std::chrono::steady_clock::now();
        ns.push_back(std::chrono::duration<double, std::nano>(end - start).count() / rounds);
    }
    bench::print_row(what, ns, "ns");
}

}  // namespace

int main() {
    using std::chrono::microseconds;
    Metrics metrics;
    const Counter counter = metrics.counters("counter_total", "C.").with();
    const Histogram histogram = metrics.histograms("wait_seconds", "H.", {}, duration_buckets()).with();
    const auto quotes = metrics.counters("quotes_total", "Q.", {"venue", "outcome"});
    const auto durations = metrics.histograms("quote_seconds", "D.", {"venue"}, duration_buckets());
    const auto requests =
        metrics.histograms("request_seconds", "R.", {"method", "route", "status"}, duration_buckets());

    measure("nothing (control)", [] {});
    measure("Counter::add", [&] { counter.add(); });
    measure("Histogram::observe", [&] { histogram.observe(microseconds(1'234)); });
    measure("series by two labels, then add", [&] { quotes.with({"raydium", "ok"}).add(); });
    measure("series by one label, then observe",
            [&] { durations.with({"raydium"}).observe(microseconds(1'234)); });
    const auto request = [&] {
        requests.with({"POST", "/api/orders/execute", "202"}).observe(microseconds(1'234));
    };
    measure("all of a submission", [&] {
        request();
        counter.add();
    });
    measure("all of an order with three quotes, one attempt", [&] {
        for (const char* venue : {"raydium", "meteora", "orca"}) {
            quotes.with({venue, "ok"}).add();
            durations.with({venue}).observe(microseconds(1'234));
        }
        histogram.observe(microseconds(1'234));             // queue wait
        quotes.with({"raydium", "selected"}).add();         // route
        durations.with({"orca"}).observe(microseconds(5));  // execution
        durations.with({"meteora"}).observe(0.001);         // slippage
        quotes.with({"order", "confirmed"}).add();          // status
        histogram.observe(microseconds(2'000'000));         // whole order
    });
    std::size_t size = 0;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 100; ++i) size += metrics.text().size();
    const auto end = std::chrono::steady_clock::now();
    bench::print_row("one scrape of these",
                     {std::chrono::duration<double, std::micro>(end - start).count() / 100}, "us");
    return size == 0 ? 1 : 0;
}
