#include "config_check.hpp"

#include <filesystem>
#include <stdexcept>

namespace libexec {
namespace {

void require(bool holds, const std::string& rule) {
    if (!holds) throw std::runtime_error("configuration: " + rule);
}

}  // namespace

std::string sqlite_path(const std::string& database_url) {
    constexpr std::string_view scheme = "sqlite:";
    const bool known = database_url.starts_with(scheme) && database_url.size() > scheme.size();
    require(known, "database_url must be sqlite:PATH");
    std::string path = database_url.substr(scheme.size());
    if (path.starts_with("//")) path.erase(0, 2);  // sqlite:///absolute and sqlite://relative
    require(!path.empty(), "database_url must be sqlite:PATH");
    return path;
}

std::string journal_path(const Config& config) {
    if (!config.mock_journal.empty()) return config.mock_journal;
    return (std::filesystem::path(sqlite_path(config.database_url)).parent_path() / "chain.journal").string();
}

void check(const Config& config) {
    using namespace std::chrono_literals;
    sqlite_path(config.database_url);
    require(config.queue_concurrency >= 1 && config.queue_concurrency <= 100'000,
            "queue_concurrency must be 1..100000, got " + std::to_string(config.queue_concurrency));
    require(config.max_retries >= 1 && config.max_retries <= 100,
            "max_retries counts attempts, the first included, and must be 1..100, got " +
                std::to_string(config.max_retries));
    require(config.retry_base >= 0ms && config.retry_base <= 1h, "retry_base must be 0 ms..1 h");
    require(config.order_deadline >= 1ms && config.order_deadline <= 24h,
            "order_deadline must be 1 ms..24 h");
    require(config.quote_timeout >= 1ms && config.quote_timeout <= 1min, "quote_timeout must be 1 ms..1 min");
    require(config.queue_limit >= 1, "queue_limit must be at least 1");
    require(config.commitment != Commitment::processed,
            "commitment must be confirmed or finalized: a processed block may still be dropped");
    require(config.mock_failure_rate_ppm <= 1'000'000, "mock_failure_rate must be 0..1");
    require(config.mock_time_scale_ppm <= 1'000'000'000, "mock_time_scale must be 0..1000");
}

}  // namespace libexec
