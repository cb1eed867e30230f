#include "libexec/telemetry/log.hpp"
#include <doctest/doctest.h>

#include <sstream>
#include <thread>
#include <vector>

using namespace libexec;

namespace {

class StillClock final : public Clock {
public:
    Time now() const override { return Time(std::chrono::microseconds(1'767'323'045'000'006)); }
};

/// A log on a string, at a time that stands still.
struct Page {
    explicit Page(LogFormat format, LogLevel level = LogLevel::info)
        : log(make_stream_log(out, level, format, clock)) {}

    std::string text() const { return out.str(); }

    StillClock clock;
    std::ostringstream out;
    std::unique_ptr<Log> log;
};

/// The JSON line for one field of value `value`.
std::string json_of(std::string value) {
    Page page(LogFormat::json);
    page.log->info("e", "m", {{"k", std::move(value)}});
    const std::string before =
        R"({"ts":"2026-01-02T03:04:05.000006Z","level":"info","event":"e","msg":"m","k":")";
    const std::string after = "\"}\n";
    const std::string line = page.text();
    REQUIRE(line.starts_with(before));
    REQUIRE(line.ends_with(after));
    return line.substr(before.size(), line.size() - before.size() - after.size());
}

/// The text line for one field of value `value`.
std::string text_of(std::string value) {
    Page page(LogFormat::text);
    page.log->info("e", "m", {{"k", std::move(value)}});
    const std::string before = "2026-01-02T03:04:05.000006Z info  e  m k=";
    const std::string line = page.text();
    REQUIRE(line.starts_with(before));
    REQUIRE(line.ends_with("\n"));
    return line.substr(before.size(), line.size() - before.size() - 1);
}

}  // namespace

TEST_SUITE("telemetry/log") {
    TEST_CASE("every level is spelled as it is configured") {
        for (const LogLevel level : {LogLevel::trace, LogLevel::debug, LogLevel::info, LogLevel::warn,
                                     LogLevel::error, LogLevel::off}) {
            CHECK(parse_log_level(to_string(level)) == level);
        }
        for (const char* word : {"", "INFO", "warning", "verbose", " info"}) {
            CAPTURE(word);
            CHECK_FALSE(parse_log_level(word));
        }
    }

    TEST_CASE("a JSON line carries time, level, event and message, then the fields in their order") {
        Page page(LogFormat::json);
        page.log->warn("order.in_doubt", "still waiting", {{"order", "42"}, {"attempt", "1"}});
        CHECK(
            page.text() ==
            R"({"ts":"2026-01-02T03:04:05.000006Z","level":"warn","event":"order.in_doubt","msg":"still waiting",)"
            R"("order":"42","attempt":"1"})"
            "\n");
    }

    TEST_CASE("a text line reads well and quotes what holds more than one word") {
        Page page(LogFormat::text);
        page.log->error("store.failed", "disk is full", {{"path", "exec.db"}, {"why", "no space left"}});
        CHECK(page.text() ==
              "2026-01-02T03:04:05.000006Z error store.failed  disk is full path=exec.db why=\"no space "
              "left\"\n");
    }

    TEST_CASE("nothing below the level is written, and the level may change while running") {
        Page page(LogFormat::text, LogLevel::warn);
        CHECK_FALSE(page.log->enabled(LogLevel::info));
        page.log->info("e", "unheard");
        page.log->write(LogLevel::debug, "e", "unheard");
        CHECK(page.text().empty());

        page.log->set_level(LogLevel::debug);
        CHECK(page.log->enabled(LogLevel::debug));
        page.log->debug("e", "heard");
        CHECK(page.text().find("heard") != std::string::npos);
    }

    TEST_CASE("a log that is off says nothing, not even at level off") {
        Page page(LogFormat::text, LogLevel::off);
        page.log->error("e", "m");
        page.log->write(LogLevel::off, "e", "m");
        page.log->set_level(LogLevel::trace);
        page.log->write(LogLevel::off, "e", "m");
        CHECK(page.text().empty());

        const auto silent = make_silent_log();
        silent->set_level(LogLevel::trace);
        CHECK_FALSE(silent->enabled(LogLevel::error));
    }

    TEST_CASE("a number stands without quotes, in both formats the same digits") {
        Page json(LogFormat::json);
        json.log->info("e", "m", {LogField::number("n", -12), {"s", "7"}});
        CHECK(json.text().ends_with(R"("msg":"m","n":-12,"s":"7"})"
                                    "\n"));
        Page text(LogFormat::text);
        text.log->info("e", "m", {LogField::number("n", -12)});
        CHECK(text.text().ends_with(" n=-12\n"));
    }

    TEST_CASE("a stranger's value cannot start a line or a field of its own") {
        CHECK(json_of("a\nb\r\tc") == R"(a\nb\r\tc)");
        CHECK(json_of(R"(x","level":"error)") == R"(x\",\"level\":\"error)");
        CHECK(json_of(R"(back\slash)") == R"(back\\slash)");
        CHECK(text_of("x level=error") == R"("x level=error")");
        CHECK(text_of("x\nfake") == R"("x\nfake")");
        CHECK(text_of(R"(a"b)") == R"("a\"b")");
        CHECK(text_of("") == R"("")");

        Page page(LogFormat::text);
        page.log->info("e", "one\n2026 error forged");
        CHECK(page.text() == "2026-01-02T03:04:05.000006Z info  e  one\\n2026 error forged\n");
    }

    TEST_CASE("control characters and characters that reorder text are made visible") {
        CHECK(json_of(std::string("\0\x01\x1b[31m\x7f", 8)) == R"(\u0000\u0001\u001b[31m\u007f)");
        CHECK(json_of("\xc2\x9b") == R"(\u009b)");      // the one-character CSI of terminals
        CHECK(json_of("\xe2\x80\xae") == R"(\u202e)");  // right-to-left override
        CHECK(json_of("\xe2\x81\xa6") == R"(\u2066)");
        CHECK(json_of("\xe2\x80\x8f\xd8\x9c") == R"(\u200f\u061c)");  // marks that steer direction
        CHECK(text_of("\x1b[31m") == R"("\u001b[31m")");
    }

    TEST_CASE("bytes that are not UTF-8 are made visible, everything else passes unchanged") {
        CHECK(json_of("\xff") == R"(\\xff)");
        CHECK(json_of("\xc0\xaf") == R"(\\xc0\\xaf)");           // overlong
        CHECK(json_of("\xed\xa0\x80") == R"(\\xed\\xa0\\x80)");  // surrogate
        CHECK(json_of("\xf4\x90\x80\x80") == R"(\\xf4\\x90\\x80\\x80)");
        CHECK(json_of("cut \xe2\x82") == R"(cut \\xe2\\x82)");
        for (const char* good :
             {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xee\x80\x80"}) {
            CHECK(json_of(good) == good);
        }
    }

    TEST_CASE("a value takes at most one KiB and says how much is missing") {
        CHECK(json_of(std::string(1024, 'a')) == std::string(1024, 'a'));
        CHECK(json_of(std::string(1025, 'a')) == std::string(1024, 'a') + "...(1 bytes more)");
        // Escapes count as written, and none is cut in half.
        CHECK(json_of(std::string(1000, '\x01')).starts_with(R"(\u0001\u0001)"));
        CHECK(json_of(std::string(1000, '\x01')).ends_with(R"(\u0001...(830 bytes more))"));
        std::string euros;
        for (int i = 0; i < 400; ++i) euros += "\xe2\x82\xac";
        CHECK(json_of(euros) == euros.substr(0, 1023) + "...(177 bytes more)");

        Page page(LogFormat::text);
        page.log->info("e", std::string(5'000, 'm'));
        CHECK(page.text().size() < 1'200);
    }

    TEST_CASE("lines of many threads never mix") {
        Page page(LogFormat::json);
        std::vector<std::thread> writers;
        for (int w = 0; w < 4; ++w) {
            writers.emplace_back([&page, w] {
                for (int i = 0; i < 200; ++i) {
                    page.log->info("e", "m", {{"w", std::to_string(w)}, {"i", std::to_string(i)}});
                    page.log->set_level(i % 2 == 0 ? LogLevel::info : LogLevel::debug);
                }
            });
        }
        for (std::thread& writer : writers) writer.join();

        std::istringstream lines(page.text());
        std::vector<int> next(4, 0);  // what each writer said comes in its order, nothing missing
        std::string line;
        while (std::getline(lines, line)) {
            const std::string before =
                R"({"ts":"2026-01-02T03:04:05.000006Z","level":"info","event":"e","msg":"m","w":")";
            REQUIRE(line.starts_with(before));
            const auto writer = static_cast<std::size_t>(line[before.size()] - '0');
            REQUIRE(writer < next.size());
            CHECK(line.substr(before.size() + 1) == "\",\"i\":\"" + std::to_string(next[writer]) + "\"}");
            ++next[writer];
        }
        CHECK(next == std::vector(4, 200));
    }
}
