#include "libexec/json/event_codec.hpp"

#include "decision_codec.hpp"
#include "json_value.hpp"
#include "json_writer.hpp"

namespace libexec {
namespace {

using json::Fields;
using json::Writer;

constexpr std::uint8_t sol_decimals = 9;

void write_failure_members(Writer& out, const Failure& failure) {
    out.text("code", to_string(failure.code));
    out.text("title", title_of(failure.code));
    out.text("detail", failure.detail);
    out.flag("retryable", failure.retryable);
    out.flag("fundsMoved", failure.funds_moved);
    out.text("hint", failure.hint);
    out.text_or_null("txHash", failure.tx_hash);
}

Failure read_failure(Fields& fields) {
    Failure failure;
    const auto code = parse_reason(fields.text("code"));
    if (!code) fields.complain("code", "is no reason we know");
    failure.code = code.value_or(Reason::internal);
    failure.detail = fields.text("detail");
    failure.hint = fields.text("hint");
    failure.retryable = fields.flag("retryable");
    failure.funds_moved = fields.flag("fundsMoved");
    failure.tx_hash = fields.text_or_empty("txHash");
    return failure;
}

/// Nothing without an explorer or a signature.
void write_link(Writer& out, const Explorer& explorer, const std::string& tx_hash) {
    if (const std::string link = explorer.link_to(tx_hash); !link.empty()) out.text("explorerUrl", link);
}

/// One sentence for the clients that show nothing else.
std::string_view error_line(const Failure& failure) {
    return failure.detail.empty() ? title_of(failure.code) : std::string_view(failure.detail);
}

/// An order that ran out of time says "timeout", whatever stopped its last attempt.
std::string_view failure_reason(const OrderEvent& event, const Failure& failure) {
    return to_string(event.status == OrderStatus::expired ? Reason::timeout : failure.code);
}

struct DataWriter {
    Writer& out;
    const OrderEvent& event;
    const Explorer& explorer;

    void operator()(const NoData&) const {}
    void operator()(const QuotesData& data) const {
        json::write_quotes(out, *data.decision);
        out.object("decision");
        json::write_decision_members(out, *data.decision);
        out.end_object();
    }
    void operator()(const BuildingData& data) const {
        out.text("dexUsed", data.venue);
        if (data.decision != nullptr) json::write_quotes_in_brief(out, *data.decision);
        out.money(data.mode == SwapMode::exact_in ? "minAmountOut" : "maxAmountIn", data.limit);
    }
    void operator()(const SubmittedData& data) const {
        out.text("txHash", data.tx_hash);
        write_link(out, explorer, data.tx_hash);
        out.number("lastValidBlockHeight", data.last_valid_height);
    }
    void operator()(const ConfirmedData& data) const {
        out.text("txHash", data.tx_hash);
        write_link(out, explorer, data.tx_hash);
        out.text("executedPrice", price_text(data.amount_in, data.amount_out));
        out.money("amountIn", data.amount_in);
        out.money("amountOut", data.amount_out);
        out.text("dexUsed", data.venue);
        out.text("chosenDex", data.venue);
        out.number("slot", data.slot);
        out.money("fee", {Amount(data.fee_lamports), sol_decimals});
        if (!data.rent) return;
        out.money("rent", {Amount(data.rent->paid_lamports), sol_decimals});
        out.money("rentReturned", {Amount(data.rent->returned_lamports), sol_decimals});
    }
    void operator()(const FailedData& data) const {
        out.text("failureReason", failure_reason(event, data.failure));
        out.text("error", error_line(data.failure));
        out.number("attempts", event.attempt);
        out.number("maxAttempts", event.attempts_max);
        write_failure_members(out, data.failure);
        write_link(out, explorer, data.failure.tx_hash);
    }
    void operator()(const RetryData& data) const {
        out.text("reason", to_string(data.reason));
        out.text("detail", data.detail);
        out.time("nextRetryAt", event.next_retry_at);
    }
    void operator()(const NoteData& data) const {
        out.text("note", data.note);
        if (event.kind == EventKind::parked) out.time("until", event.next_retry_at);
    }
};

/// The words repeated at the top level of the envelope.
struct WordsWriter {
    Writer& out;
    const OrderEvent& event;
    const Explorer& explorer;

    template <class Data>
    void operator()(const Data&) const {}
    void operator()(const QuotesData& data) const {
        if (const Quote* const chosen = data.decision->chosen()) out.text("chosenDex", chosen->venue);
    }
    void operator()(const BuildingData& data) const {
        out.text("dexUsed", data.venue);
        out.text("chosenDex", data.venue);
    }
    void operator()(const SubmittedData& data) const {
        out.text("txHash", data.tx_hash);
        write_link(out, explorer, data.tx_hash);
    }
    void operator()(const ConfirmedData& data) const {
        out.text("dexUsed", data.venue);
        out.text("chosenDex", data.venue);
        out.text("executedPrice", price_text(data.amount_in, data.amount_out));
        out.text("txHash", data.tx_hash);
        write_link(out, explorer, data.tx_hash);
    }
    void operator()(const FailedData& data) const {
        out.text("error", error_line(data.failure));
        out.text("failureReason", failure_reason(event, data.failure));
        if (!data.failure.tx_hash.empty()) out.text("txHash", data.failure.tx_hash);
        write_link(out, explorer, data.failure.tx_hash);
    }
};

void write_event(Writer& out, const OrderEvent& event, const Explorer& explorer) {
    out.begin_object();
    out.number("v", 1);
    out.number("seq", event.seq);
    out.text("kind", to_string(event.kind));
    out.text("orderId", event.order.to_string());
    out.text("status", to_string(event.status));
    out.time("timestamp", event.at);
    out.number("attempt", event.attempt);
    out.number("maxAttempts", event.attempts_max);
    out.time("nextRetryAt", event.next_retry_at);
    out.flag("inDoubt", event.in_doubt);
    out.object("data");
    std::visit(DataWriter{out, event, explorer}, event.data);
    out.end_object();
    std::visit(WordsWriter{out, event, explorer}, event.data);
    out.text_or_null("correlationId", event.correlation_id);
    out.text_or_null("traceId", event.trace_id);
    out.end_object();
}

void write_event_list(Writer& out, std::string_view name, const std::vector<CommittedEvent>& events,
                      const Explorer& explorer) {
    out.list(name);
    for (const CommittedEvent& event : events) write_event(out, *event, explorer);
    out.end_list();
}

BuildingData read_building(Fields& fields, std::string& trouble) {
    BuildingData data;
    data.venue = fields.text("dexUsed");
    data.mode = fields.has("maxAmountIn") ? SwapMode::exact_out : SwapMode::exact_in;
    data.limit = fields.money(data.mode == SwapMode::exact_in ? "minAmountOut" : "maxAmountIn");
    if (fields.has("quotes")) {
        data.decision = std::make_shared<const RoutingDecision>(
            json::read_quotes_in_brief(fields.list("quotes"), trouble));
    }
    return data;
}

SubmittedData read_submitted(Fields& fields) {
    SubmittedData data;
    data.tx_hash = fields.text("txHash");
    data.last_valid_height = fields.number("lastValidBlockHeight");
    return data;
}

ConfirmedData read_confirmed(Fields& fields) {
    ConfirmedData data;
    data.tx_hash = fields.text("txHash");
    data.venue = fields.text("dexUsed");
    data.amount_in = fields.money("amountIn");
    data.amount_out = fields.money("amountOut");
    data.slot = fields.number("slot");
    data.fee_lamports = fields.money("fee", sol_decimals).base_units();
    if (!fields.has("rent")) return data;
    data.rent.emplace();
    data.rent->paid_lamports = fields.money("rent", sol_decimals).base_units();
    data.rent->returned_lamports = fields.money("rentReturned", sol_decimals).base_units();
    return data;
}

RetryData read_retry(Fields& fields) {
    RetryData data;
    const auto reason = parse_reason(fields.text("reason"));
    if (!reason) fields.complain("reason", "is no reason we know");
    data.reason = reason.value_or(Reason::internal);
    data.detail = fields.text("detail");
    return data;
}

QuotesData read_quotes(const json::Value& object, Fields& fields, std::string& trouble) {
    QuotesData data;
    const json::Value* const members = fields.object_or_null("decision");
    if (members == nullptr) fields.complain("decision", "is missing");
    const json::Value& read_from = members != nullptr ? *members : object;
    data.decision = std::make_shared<const RoutingDecision>(
        json::read_decision(read_from, fields.list("quotes"), trouble));
    return data;
}

EventData read_data(EventKind kind, OrderStatus status, std::uint32_t seq, const json::Value& object,
                    std::string& trouble) {
    Fields fields(object, trouble);
    if (kind == EventKind::quotes) return read_quotes(object, fields, trouble);
    if (kind != EventKind::moved) return NoteData{std::string(fields.text_or_empty("note"))};
    switch (status) {
        case OrderStatus::routing:
            return NoData{};
        case OrderStatus::pending:
            if (seq <= 1) return NoData{};
            return read_retry(fields);
        case OrderStatus::building:
            return read_building(fields, trouble);
        case OrderStatus::submitted:
            return read_submitted(fields);
        case OrderStatus::confirmed:
            return read_confirmed(fields);
        case OrderStatus::failed:
        case OrderStatus::expired:
            return FailedData{read_failure(fields)};
        case OrderStatus::cancelled:
            return NoteData{std::string(fields.text_or_empty("note"))};
    }
    return NoData{};
}

}  // namespace

std::string encode_event_data(const OrderEvent& event) {
    std::string text;
    Writer out(text);
    out.begin_object();
    const Explorer none;  // where links lead may change, what is stored does not
    std::visit(DataWriter{out, event, none}, event.data);
    out.end_object();
    return text;
}

Result<EventData> decode_event_data(EventKind kind, OrderStatus status, std::uint32_t seq,
                                    std::string_view text) {
    const Result<json::Value> parsed = json::parse(text);
    if (!parsed) return reject(Reason::internal, "stored event data is " + parsed.error().detail);
    std::string trouble;
    EventData data = read_data(kind, status, seq, parsed.value(), trouble);
    if (!trouble.empty()) return reject(Reason::internal, "stored event data cannot be read: " + trouble);
    return data;
}

std::string encode_event(const OrderEvent& event, const Explorer& explorer) {
    std::string text;
    Writer out(text);
    write_event(out, event, explorer);
    return text;
}

std::string encode_events(const std::vector<CommittedEvent>& events, std::uint32_t last_seq,
                          const Explorer& explorer) {
    std::string text;
    Writer out(text);
    out.begin_object();
    write_event_list(out, "events", events, explorer);
    out.number("lastSeq", last_seq);
    out.end_object();
    return text;
}

std::string encode_snapshot(const std::vector<CommittedEvent>& events, const Explorer& explorer) {
    const OrderEvent& last = *events.back();
    std::string text;
    Writer out(text);
    out.begin_object();
    out.text("orderId", last.order.to_string());
    out.text("status", to_string(last.status));
    out.number("seq", last.seq);
    out.time("timestamp", last.at);
    out.text("message", "Connected: the events so far are in logs, live ones follow");
    std::visit(WordsWriter{out, last, explorer}, last.data);
    write_event_list(out, "logs", events, explorer);
    out.end_object();
    return text;
}

std::string encode_failure(const Failure& failure) {
    std::string text;
    Writer out(text);
    out.begin_object();
    write_failure_members(out, failure);
    out.end_object();
    return text;
}

Result<Failure> decode_failure(std::string_view text) {
    const Result<json::Value> parsed = json::parse(text);
    if (!parsed) return reject(Reason::internal, "a stored failure is " + parsed.error().detail);
    std::string trouble;
    Fields fields(parsed.value(), trouble);
    Failure failure = read_failure(fields);
    if (!trouble.empty()) return reject(Reason::internal, "a stored failure cannot be read: " + trouble);
    return failure;
}

}  // namespace libexec
