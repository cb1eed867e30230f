#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/model/token.hpp"

namespace libexec {

struct QueueMetrics {
    std::uint64_t waiting = 0;
    std::uint64_t delayed = 0;
    std::uint64_t active = 0;
    std::uint64_t completed = 0;
    std::uint64_t failed = 0;
    std::optional<std::chrono::milliseconds> oldest_waiting;
};
/// `{"success":true,"metrics":{...}}`; `total` is the sum of all.
std::string encode_queue_metrics(const QueueMetrics& metrics);

/// `{"status":"ok","timestamp":...,"queue":{"activeConnections":N}}`; `trouble` turns it into "degraded" and
/// says why.
std::string encode_health(Time now, std::uint64_t connections, const std::string& trouble);

/// `{"tokens":[{symbol, mint, decimals}]}`
std::string encode_tokens(const std::vector<Token>& tokens);

/// `{"name":"execd","version":...}`
std::string encode_version(const std::string& version);

}  // namespace libexec
