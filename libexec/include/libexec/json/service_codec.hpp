#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/json/problem.hpp"
#include "libexec/model/store_node.hpp"
#include "libexec/model/order.hpp"
#include "libexec/model/routing_decision.hpp"
#include "libexec/model/token.hpp"
#include "libexec/model/venue_status.hpp"

namespace libexec {

/// How many orders stand where, as shown to clients; `oldest_waiting` is an age.
struct QueueMetrics {
    std::uint64_t waiting = 0;
    std::uint64_t delayed = 0;
    std::uint64_t active = 0;
    std::uint64_t completed = 0;
    std::uint64_t failed = 0;
    std::optional<std::chrono::milliseconds> oldest_waiting;
};
/// `{"success":true,"metrics":{...}}`; `total` is the sum of all. Several nodes: also
/// `"nodes":[{id, name, active}]`, who works on how many.
std::string encode_queue_metrics(const QueueMetrics& metrics, const std::vector<StoreNode>& nodes = {});

/// The same as a message of the stream of everything:
/// `{"v":1,"topic":"queue","timestamp":...,"metrics":{...}}`.
std::string encode_queue_message(Time now, const QueueMetrics& metrics);

/// `{"nodes":[{id, name, self, alive, startedAt, seenAt, holding, accepted, confirmed, failed}]}`
std::string encode_nodes(const std::vector<StoreNode>& nodes);

/// `{"venues":[{name, kind, state, since, reason, nextProbeAt, lastQuote:{outcome, latencyMs, at}}]}`;
/// `lastQuote` is null for a venue that was never asked, its `outcome` "ok" or the reason why there was no
/// quote; `reason` is null for a venue that takes part, `nextProbeAt` for one that is not open.
std::string encode_venues(const std::vector<VenueStatus>& venues);
/// One of them.
std::string encode_venue(const VenueStatus& venue);

/// The words to hold a venue with, which may be none, or what is wrong with the body.
using DecodedHold = std::variant<std::string, Problem>;
/// Reads `{"reason":"maintenance until 15:00"}`, or nothing at all.
/// Errors: `invalid_body` with every bad field.
DecodedHold decode_hold_request(std::string_view body);
/// The same as a message of the stream of everything, with `topic` "venues".
std::string encode_venues_message(Time now, const std::vector<VenueStatus>& venues);

/// What every venue would offer for an order, best first:
/// `{"success":true,"chosenDex":...,"minAmountOut":..., "quotes":[...]}` with the members of a routing
/// decision. An order that fixes its output carries `maxAmountIn` instead; without any quote both are null,
/// and so is `chosenDex`.
std::string encode_quote_answer(const OrderRequest& request, const RoutingDecision& decision);

/// `{"status":"ok","timestamp":...,"queue":{"activeConnections":N}}`; `trouble` turns it into "degraded" and
/// says why.
std::string encode_health(Time now, std::uint64_t connections, const std::string& trouble);

/// `{"tokens":[{symbol, mint, decimals}]}`
std::string encode_tokens(const std::vector<Token>& tokens);

/// `{"name":"execd","version":...}`
std::string encode_version(const std::string& version);

}  // namespace libexec
