#include "libexec/telemetry/metrics.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <thread>

using namespace libexec;

namespace {

bool has(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
}

}  // namespace

TEST_SUITE("telemetry/metrics") {
    TEST_CASE("counters and histograms are served in the text format, by name") {
        Metrics metrics;
        const auto fills = metrics.counters("fills_total", "Fills.", {"venue", "outcome"});
        fills.with({"orca", "ok"}).add();
        fills.with({"orca", "ok"}).add(2);
        fills.with({"raydium", "late"}).add();
        const Histogram wait = metrics.histograms("a_wait_seconds", "Waiting.", {}, {0.1, 1}).with();
        wait.observe(std::chrono::milliseconds(50));
        wait.observe(0.5);
        wait.observe(7.0);
        const std::string text = metrics.text();
        CAPTURE(text);
        CHECK(has(text, "# HELP fills_total Fills."));
        CHECK(has(text, "# TYPE fills_total counter"));
        CHECK(has(text, R"(fills_total{outcome="ok",venue="orca"} 3)"));
        CHECK(has(text, R"(fills_total{outcome="late",venue="raydium"} 1)"));
        CHECK(has(text, "# TYPE a_wait_seconds histogram"));
        CHECK(has(text, R"(a_wait_seconds_bucket{le="0.1"} 1)"));
        CHECK(has(text, R"(a_wait_seconds_bucket{le="1"} 2)"));
        CHECK(has(text, R"(a_wait_seconds_bucket{le="+Inf"} 3)"));
        CHECK(has(text, "a_wait_seconds_count 3"));
        CHECK(has(text, "a_wait_seconds_sum 7.55"));
        CHECK(text.find("a_wait_seconds") < text.find("fills_total"));
    }

    TEST_CASE("a stranger's text is escaped, and past the bound it is called other") {
        Metrics metrics;
        const auto seen = metrics.counters("seen_total", "Seen.", {"who"}, 3);
        seen.with({"a\"b\\c\nd"}).add();
        for (int i = 0; i < 1'000; ++i) seen.with({"stranger-" + std::to_string(i)}).add();
        const std::string text = metrics.text();
        CAPTURE(text);
        CHECK(has(text, R"(seen_total{who="a\"b\\c\nd"} 1)"));
        CHECK(has(text, R"(seen_total{who="stranger-1"} 1)"));
        CHECK(has(text, R"(seen_total{who="other"} 998)"));
        CHECK(count_of(text, "seen_total{") == 4);
    }

    TEST_CASE("values read at the scrape are those of the moment") {
        Metrics metrics;
        double depth = 4;
        metrics.sampled(Metrics::Kind::gauge, "depth", "How deep.", {"side"}, [&depth] {
            return std::vector<MetricSample>{{{"in"}, depth}, {{"out"}, -depth}};
        });
        CHECK(has(metrics.text(), R"(depth{side="in"} 4)"));
        depth = 5;
        CHECK(has(metrics.text(), R"(depth{side="in"} 5)"));
        CHECK(has(metrics.text(), R"(depth{side="out"} -5)"));
        CHECK(has(metrics.text(), "# TYPE depth gauge"));
    }

    TEST_CASE("values of any length are told apart") {
        Metrics metrics;
        const auto seen = metrics.counters("seen_total", "Seen.", {"a", "b"});
        const std::string tail(300, 'x');
        seen.with({"", ""}).add(1);
        seen.with({"ab", "c"}).add(2);
        seen.with({"a", "bc"}).add(3);
        seen.with({tail, "1"}).add(4);
        seen.with({tail, "2"}).add(5);
        seen.with({"1", tail}).add(6);
        seen.with({tail, "2"}).add(5);
        const std::string text = metrics.text();
        CHECK(has(text, R"(seen_total{a="",b=""} 1)"));
        CHECK(has(text, R"(seen_total{a="ab",b="c"} 2)"));
        CHECK(has(text, R"(seen_total{a="a",b="bc"} 3)"));
        CHECK(has(text, "seen_total{a=\"" + tail + "\",b=\"1\"} 4"));
        CHECK(has(text, "seen_total{a=\"" + tail + "\",b=\"2\"} 10"));
        CHECK(has(text, "seen_total{a=\"1\",b=\"" + tail + "\"} 6"));
    }

    TEST_CASE("two registries know nothing of each other") {
        Metrics first;
        Metrics second;
        first.counters("n_total", "N.").with().add();
        second.counters("n_total", "N.").with().add(5);
        CHECK(has(first.text(), "n_total 1"));
        CHECK(has(second.text(), "n_total 5"));
    }

    TEST_CASE("a name or a number of labels that cannot be is refused") {
        Metrics metrics;
        CHECK_THROWS_AS(metrics.counters("not a name", "N."), std::invalid_argument);
        const auto family = metrics.counters("n_total", "N.", {"venue"});
        CHECK_THROWS_AS(family.with({"a", "b"}), std::invalid_argument);
        CHECK_THROWS_AS(family.with(), std::invalid_argument);
    }

    TEST_CASE("many threads count, and nothing is lost") {
        Metrics metrics;
        const auto family = metrics.counters("n_total", "N.", {"thread"});
        const Histogram wait = metrics.histograms("wait_seconds", "W.", {}, duration_buckets()).with();
        constexpr int threads = 4, rounds = 2'000;
        std::vector<std::thread> crew;
        for (int i = 0; i < threads; ++i) {
            crew.emplace_back([&, i] {
                for (int round = 0; round < rounds; ++round) {
                    family.with({i % 2 == 0 ? "even" : "odd"}).add();
                    wait.observe(std::chrono::microseconds(round));
                }
            });
        }
        for (int i = 0; i < 20; ++i) CHECK(metrics.text().find("wait_seconds") != std::string::npos);
        for (std::thread& thread : crew) thread.join();
        const std::string text = metrics.text();
        CHECK(has(text, R"(n_total{thread="even"} 4000)"));
        CHECK(has(text, R"(n_total{thread="odd"} 4000)"));
        CHECK(has(text, "wait_seconds_count 8000"));
    }

    TEST_CASE("the process is described as it is") {
        Metrics metrics;
        add_process_metrics(metrics);
        const std::string text = metrics.text();
        const auto value = [&text](const std::string& name) {
            const std::size_t at = ("\n" + text).find("\n" + name + " ");
            REQUIRE_MESSAGE(at != std::string::npos, name);
            return std::stod(text.substr(at + name.size()));
        };
        CHECK(value("process_resident_memory_bytes") > 1e5);
        CHECK(value("process_virtual_memory_bytes") >= value("process_resident_memory_bytes"));
        CHECK(value("process_open_fds") >= 3);
        CHECK(value("process_max_fds") >= value("process_open_fds"));
        CHECK(value("process_cpu_seconds_total") >= 0);
        const double now =
            std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
        CHECK(value("process_start_time_seconds") > now - 3'600);
        CHECK(value("process_start_time_seconds") < now + 5);
    }
}
