#include "libexec/telemetry/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include "log_line.hpp"

namespace libexec {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
    switch (level) {
        case LogLevel::trace:
            return spdlog::level::trace;
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warn:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
        case LogLevel::off:
            break;
    }
    return spdlog::level::off;
}

/// A logger and sink of its own: spdlog's registry, its default logger and its global pattern stay untouched,
/// so that a program that uses spdlog itself notices nothing.
class SpdLog final : public Log {
public:
    SpdLog(spdlog::sink_ptr sink, LogLevel level, LogFormat format, const Clock& clock)
        : logger_("libexec", std::move(sink)), format_(format), clock_(clock) {
        logger_.set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
        logger_.set_level(to_spdlog(level));
    }

    bool enabled(LogLevel level) const override {
        return level != LogLevel::off && logger_.should_log(to_spdlog(level));
    }

    void write(LogLevel level, std::string_view event, std::string_view message,
               std::initializer_list<LogField> fields) override {
        if (!enabled(level)) return;
        const Time time = clock_.now();
        const std::string line = format_log_line(format_, time, level, event, message, fields);
        logger_.log(time, spdlog::source_loc{}, to_spdlog(level), spdlog::string_view_t(line));
    }

    void set_level(LogLevel level) override { logger_.set_level(to_spdlog(level)); }

private:
    spdlog::logger logger_;
    LogFormat format_;
    const Clock& clock_;
};

class StderrLog final : public Log {
public:
    StderrLog(LogLevel level, LogFormat format)
        : log_(std::make_shared<spdlog::sinks::stderr_sink_mt>(), level, format, clock_) {}

    bool enabled(LogLevel level) const override { return log_.enabled(level); }
    void write(LogLevel level, std::string_view event, std::string_view message,
               std::initializer_list<LogField> fields) override {
        log_.write(level, event, message, fields);
    }
    void set_level(LogLevel level) override { log_.set_level(level); }

private:
    SystemClock clock_;
    SpdLog log_;
};

class SilentLog final : public Log {
public:
    bool enabled(LogLevel) const override { return false; }
    void write(LogLevel, std::string_view, std::string_view, std::initializer_list<LogField>) override {}
    void set_level(LogLevel) override {}
};

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view word) {
    for (const LogLevel level :
         {LogLevel::trace, LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error, LogLevel::off}) {
        if (word == to_string(level)) return level;
    }
    return std::nullopt;
}

LogFormat stderr_log_format() { return isatty(STDERR_FILENO) == 1 ? LogFormat::text : LogFormat::json; }

std::unique_ptr<Log> make_stderr_log(LogLevel level, LogFormat format) {
    return std::make_unique<StderrLog>(level, format);
}

std::unique_ptr<Log> make_stream_log(std::ostream& out, LogLevel level, LogFormat format,
                                     const Clock& clock) {
    const bool flush_each_line = true;
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(out, flush_each_line);
    return std::make_unique<SpdLog>(std::move(sink), level, format, clock);
}

std::unique_ptr<Log> make_silent_log() { return std::make_unique<SilentLog>(); }

}  // namespace libexec
