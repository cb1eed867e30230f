#include "trace_context.hpp"

#include <algorithm>

namespace libexec::server {
namespace {

constexpr std::string_view traceparent_name = "traceparent";
constexpr std::size_t trace_digits = 32, span_digits = 16;
/// "00-", the trace id, "-", the span id, "-", two digits of flags.
constexpr std::size_t traceparent_size = 3 + trace_digits + 1 + span_digits + 1 + 2;

bool is_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) {
    return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

/// The 32 digits of an id without its dashes.
std::string digits_of(const Uuid& id) {
    std::string text = id.to_string();
    text.erase(std::remove(text.begin(), text.end(), '-'), text.end());
    return text;
}

/// The random half of a new id.
std::string new_span(UuidGenerator& ids) { return digits_of(ids.next()).substr(span_digits); }

bool has(const HttpResponse& response, std::string_view name) {
    return std::any_of(response.headers.begin(), response.headers.end(),
                       [name](const HttpHeader& header) { return equal_ignoring_case(header.name, name); });
}

}  // namespace

std::optional<TraceContext> TraceContext::parse(std::string_view text) {
    if (text.size() < traceparent_size) return std::nullopt;
    const std::string_view version = text.substr(0, 2);
    const std::string_view trace = text.substr(3, trace_digits);
    const std::string_view span = text.substr(4 + trace_digits, span_digits);
    const std::string_view flags = text.substr(5 + trace_digits + span_digits, 2);
    const bool dashes =
        text[2] == '-' && text[3 + trace_digits] == '-' && text[4 + trace_digits + span_digits] == '-';
    if (!dashes || !is_hex(version) || version == "ff" || !is_id(trace) || !is_id(span) || !is_hex(flags)) {
        return std::nullopt;
    }
    // A later version may say more, after another dash; of its flags only the one we know counts.
    if (text.size() > traceparent_size && (version == "00" || text[traceparent_size] != '-')) {
        return std::nullopt;
    }
    TraceContext context;
    context.trace_id = trace;
    context.span_id = span;
    constexpr std::string_view odd = "13579bdf";
    context.sampled = odd.find(flags[1]) != std::string_view::npos;
    return context;
}

std::string TraceContext::to_string() const {
    return "00-" + trace_id + "-" + span_id + (sampled ? "-01" : "-00");
}

TraceContext new_trace(UuidGenerator& ids) {
    TraceContext context;
    context.trace_id = digits_of(ids.next());
    context.span_id = new_span(ids);
    return context;
}

TraceContext trace_of(const HttpRequest& request, UuidGenerator& ids) {
    const auto fields = std::count_if(
        request.fields.begin(), request.fields.end(),
        [](const HttpField& field) { return equal_ignoring_case(field.name, traceparent_name); });
    if (fields != 1) return new_trace(ids);
    auto context = TraceContext::parse(*request.header(traceparent_name));
    if (!context) return new_trace(ids);
    context->span_id = new_span(ids);
    return *std::move(context);
}

void TracedExchange::respond(HttpResponse response) {
    status_ = response.status;
    if (!has(response, "X-Request-Id")) response.with("X-Request-Id", request_id_);
    response.with(std::string(traceparent_name), traceparent_);
    inner_.respond(std::move(response));
}

void TracedExchange::start_stream(HttpResponse head) {
    status_ = head.status;
    if (!has(head, "X-Request-Id")) head.with("X-Request-Id", request_id_);
    head.with(std::string(traceparent_name), traceparent_);
    inner_.start_stream(std::move(head));
}

Task<std::shared_ptr<WebSocket>> TracedExchange::accept_websocket(std::string subprotocol,
                                                                  std::vector<HttpHeader> headers) {
    headers.push_back(HttpHeader{"X-Request-Id", request_id_});
    headers.push_back(HttpHeader{std::string(traceparent_name), traceparent_});
    std::shared_ptr<WebSocket> socket =
        co_await inner_.accept_websocket(std::move(subprotocol), std::move(headers));
    status_ = socket != nullptr ? 101 : 400;
    co_return socket;
}

}  // namespace libexec::server
