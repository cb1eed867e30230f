#include "libexec/json/service_codec.hpp"

#include <array>
#include <utility>

#include "decision_codec.hpp"
#include "field_errors.hpp"
#include "json_value.hpp"
#include "json_writer.hpp"
#include "libexec/json/nearest_word.hpp"

namespace libexec {

using json::Writer;

namespace {

void write_metrics(Writer& out, const QueueMetrics& metrics) {
    out.object("metrics");
    out.number("waiting", metrics.waiting);
    out.number("active", metrics.active);
    out.number("completed", metrics.completed);
    out.number("failed", metrics.failed);
    out.number("delayed", metrics.delayed);
    out.number("total",
               metrics.waiting + metrics.active + metrics.completed + metrics.failed + metrics.delayed);
    if (metrics.oldest_waiting) {
        out.number("oldestWaitingMs", static_cast<std::uint64_t>(metrics.oldest_waiting->count()));
    } else {
        out.null("oldestWaitingMs");
    }
    out.end_object();
}

void write_venue(Writer& out, const VenueStatus& venue) {
    out.begin_object();
    out.text("name", venue.name);
    out.text("kind", venue.kind);
    out.text("state", to_string(venue.state));
    out.time("since", venue.since);
    out.text_or_null("reason", venue.reason);
    out.time("nextProbeAt", venue.next_probe);
    if (venue.last_quote) {
        const VenueLastQuote& last = *venue.last_quote;
        out.object("lastQuote");
        out.text("outcome", last.failure ? to_string(*last.failure) : "ok");
        out.milliseconds("latencyMs", last.latency);
        out.time("at", last.at);
        out.end_object();
    } else {
        out.null("lastQuote");
    }
    out.end_object();
}

void write_venues(Writer& out, const std::vector<VenueStatus>& venues) {
    out.list("venues");
    for (const VenueStatus& venue : venues) write_venue(out, venue);
    out.end_list();
}

void begin_message(Writer& out, std::string_view topic, Time now) {
    out.begin_object();
    out.number("v", 1);
    out.text("topic", topic);
    out.time("timestamp", now);
}

}  // namespace

std::string encode_queue_metrics(const QueueMetrics& metrics, const std::vector<StoreNode>& nodes) {
    std::string text;
    Writer out(text);
    out.begin_object();
    out.flag("success", true);
    write_metrics(out, metrics);
    if (!nodes.empty()) {
        out.list("nodes");
        for (const StoreNode& node : nodes) {
            out.begin_object();
            out.text("id", node.id);
            out.text("name", node.name);
            out.number("active", node.holding);
            out.end_object();
        }
        out.end_list();
    }
    out.end_object();
    return text;
}

std::string encode_queue_message(Time now, const QueueMetrics& metrics) {
    std::string text;
    Writer out(text);
    begin_message(out, "queue", now);
    write_metrics(out, metrics);
    out.end_object();
    return text;
}

std::string encode_nodes(const std::vector<StoreNode>& nodes) {
    std::string text;
    Writer out(text);
    out.begin_object();
    out.list("nodes");
    for (const StoreNode& node : nodes) {
        out.begin_object();
        out.text("id", node.id);
        out.text("name", node.name);
        out.flag("self", node.self);
        out.flag("alive", node.alive);
        out.time("startedAt", node.started_at);
        out.time("seenAt", node.seen_at);
        out.number("holding", node.holding);
        out.number("accepted", node.accepted);
        out.number("confirmed", node.confirmed);
        out.number("failed", node.failed);
        out.end_object();
    }
    out.end_list();
    out.end_object();
    return text;
}

std::string encode_venues(const std::vector<VenueStatus>& venues) {
    std::string text;
    Writer out(text);
    out.begin_object();
    write_venues(out, venues);
    out.end_object();
    return text;
}

std::string encode_venue(const VenueStatus& venue) {
    std::string text;
    Writer out(text);
    write_venue(out, venue);
    return text;
}

DecodedHold decode_hold_request(std::string_view body) {
    if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return std::string();
    const std::variant<json::Value, Problem> read =
        json::read_object(body, R"(send nothing, or an object such as {"reason":"maintenance until 15:00"})");
    if (const Problem* const problem = std::get_if<Problem>(&read)) return *problem;
    constexpr std::array<std::string_view, 1> known{"reason"};
    constexpr std::size_t bytes_most = 200;
    json::FieldErrors errors;
    std::string reason;
    bool seen = false;
    for (const auto& [name, member] : std::get<json::Value>(read).members) {
        if (name != known[0]) {
            errors.add(name, nearest_word(name, known).empty()
                                 ? "is not a field of a hold, which may carry a reason only: leave it out"
                                 : "is not a field of a hold: did you mean reason?");
        } else if (std::exchange(seen, true)) {
            errors.add(name, "is given twice: send it once");
        } else if (member.kind == json::Value::Kind::text && member.chars.size() <= bytes_most) {
            reason = member.chars;
        } else if (member.kind != json::Value::Kind::null) {
            errors.add(name, "must be a text of at most 200 bytes, such as \"maintenance until 15:00\"");
        }
    }
    if (errors.empty()) return reason;
    return std::move(errors).problem();
}

std::string encode_venues_message(Time now, const std::vector<VenueStatus>& venues) {
    std::string text;
    Writer out(text);
    begin_message(out, "venues", now);
    write_venues(out, venues);
    out.end_object();
    return text;
}

std::string encode_quote_answer(const OrderRequest& request, const RoutingDecision& decision) {
    const Quote* const best = decision.chosen();
    std::optional<Amount> limit;
    const bool exact_in = request.mode == SwapMode::exact_in;
    if (best != nullptr) {
        limit = exact_in ? least_output(best->amount_out, request.slippage)
                         : most_input(best->amount_in, request.slippage);
    }
    std::string text;
    Writer out(text);
    out.begin_object();
    out.flag("success", true);
    json::write_decision_members(out, decision);
    out.number("slippageBps", request.slippage.points());
    out.money(exact_in ? "minAmountOut" : "maxAmountIn", limit,
              exact_in ? request.token_out.decimals : request.token_in.decimals);
    json::write_quotes(out, decision);
    out.end_object();
    return text;
}

std::string encode_health(Time now, std::uint64_t connections, const std::string& trouble) {
    std::string text;
    Writer out(text);
    out.begin_object();
    out.text("status", trouble.empty() ? "ok" : "degraded");
    if (!trouble.empty()) out.text("detail", trouble);
    out.time("timestamp", now);
    out.object("queue");
    out.number("activeConnections", connections);
    out.end_object();
    out.end_object();
    return text;
}

std::string encode_tokens(const std::vector<Token>& tokens) {
    std::string text;
    Writer out(text);
    out.begin_object();
    out.list("tokens");
    for (const Token& token : tokens) {
        out.begin_object();
        out.text("symbol", token.symbol);
        out.text("mint", token.mint.to_string());
        out.number("decimals", token.decimals);
        out.end_object();
    }
    out.end_list();
    out.end_object();
    return text;
}

std::string encode_version(const std::string& version) {
    std::string text;
    Writer out(text);
    out.begin_object();
    out.text("name", "execd");
    out.text("version", version);
    out.end_object();
    return text;
}

}  // namespace libexec
