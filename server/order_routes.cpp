#include "order_routes.hpp"

#include "libexec/json/event_codec.hpp"
#include "libexec/json/order_codec.hpp"
#include "libexec/json/submit_codec.hpp"
#include "list_filter.hpp"

namespace libexec::server {
namespace {

constexpr std::size_t events_per_page = 500;

/// No Content-Type at all is taken for JSON; a wrong one is somebody else's data.
bool is_json(const HttpRequest& request) {
    const auto type = request.header("content-type");
    if (!type) return true;
    std::string_view essence = type->substr(0, type->find(';'));
    while (!essence.empty() && essence.back() == ' ') essence.remove_suffix(1);
    constexpr std::string_view suffix = "+json";
    return equal_ignoring_case(essence, "application/json") ||
           (essence.size() > suffix.size() &&
            equal_ignoring_case(essence.substr(essence.size() - suffix.size()), suffix));
}

}  // namespace

Task<std::optional<OrderRecord>> find_order(Service& service, Call& call) {
    const auto id = Uuid::parse(call.id_text);
    if (!id) {
        call.refuse("not_found",
                    "no order has this id: ids are UUIDs, as the answer to a submission gives them");
        co_return std::nullopt;
    }
    Result<std::optional<OrderRecord>> found = co_await service.load(*id);
    if (!found) {
        call.refuse(found.error());
        co_return std::nullopt;
    }
    if (!found.value()) call.refuse("not_found", "no order has the id " + id->to_string());
    co_return std::move(found).value();
}

Task<Result<std::vector<CommittedEvent>>> all_events(Service& service, OrderId order, std::uint32_t after) {
    std::vector<CommittedEvent> events;
    for (;;) {
        Result<std::vector<CommittedEvent>> page = co_await service.events(order, after, events_per_page);
        if (!page) co_return page.error();
        const std::vector<CommittedEvent>& found = page.value();
        events.insert(events.end(), found.begin(), found.end());
        if (found.size() < events_per_page) co_return events;
        after = found.back()->seq;
    }
}

bool OrderRoutes::admit(Call& call) {
    if (!is_json(call.request())) {
        call.refuse("unsupported_media_type", "the body must be JSON: send Content-Type: application/json");
        return false;
    }
    if (draining_ || service_.draining()) {
        call.refuse("draining", "this node is stopping and takes no new orders");
        return false;
    }
    const RateLimiter::Answer answer = limiter_.take(call.request().peer_address);
    if (answer.allowed) return true;
    const std::string quota = std::to_string(limiter_.per_minute());
    Problem problem =
        make_problem("rate_limited", "more than " + quota + " submissions in a minute from this address");
    problem.retry_after = answer.retry_after;
    HttpResponse head;
    head.with("RateLimit-Policy", "\"submissions\";q=" + quota + ";w=60");
    head.with("RateLimit", "\"submissions\";r=0;t=" + std::to_string(answer.retry_after.count()));
    call.refuse(std::move(problem), std::move(head));
    return false;
}

Task<void> OrderRoutes::submit(Call& call) {
    constexpr std::size_t key_bytes_most = 255;
    if (!admit(call)) co_return;
    SubmitOptions options;
    options.correlation_id = call.request_id();
    if (const auto key = call.request().header("idempotency-key")) {
        if (!is_token_text(*key, key_bytes_most)) {
            call.refuse(bad_parameter("Idempotency-Key", "must have 1 to 255 visible ASCII characters"));
            co_return;
        }
        options.idempotency_key = *key;
    }
    DecodedOrder decoded = decode_order_request(call.request().body, service_.tokens());
    if (auto* const problem = std::get_if<Problem>(&decoded)) {
        call.refuse(std::move(*problem));
        co_return;
    }
    OrderRequest request = std::get<OrderRequest>(std::move(decoded));
    const std::string client_order_id = request.client_order_id;
    Result<Submitted> submitted = co_await service_.submit(std::move(request), std::move(options));
    if (!submitted) {
        call.refuse(submitted.error());
        co_return;
    }
    const Submitted& accepted = submitted.value();
    // The same answer as the first time, whatever became of the order since.
    HttpResponse response(202, encode_submit_answer(accepted.order, OrderStatus::pending, client_order_id));
    response.with("Location", "/api/orders/" + accepted.order.to_string());
    if (accepted.replayed) response.with("Idempotent-Replay", "true");
    call.answer(std::move(response));
}

Task<void> OrderRoutes::read(Call& call) {
    const std::optional<OrderRecord> record = co_await find_order(service_, call);
    if (!record) co_return;
    Result<std::vector<CommittedEvent>> events = co_await all_events(service_, record->order.id, 0);
    if (!events) {
        call.refuse(events.error());
        co_return;
    }
    call.answer(200, encode_order(record->order, record->attempts, decisions_in(events.value())));
}

Task<void> OrderRoutes::cancel(Call& call) {
    const auto id = Uuid::parse(call.id_text);
    if (!id) {
        call.refuse("not_found", "no order has this id");
        co_return;
    }
    Result<CancelAnswer> answer = co_await service_.cancel(*id);
    if (!answer) {
        call.refuse(answer.error());
        co_return;
    }
    log_.info("order.cancel", "cancellation requested",
              {{"orderId", id->to_string()}, {"requestId", call.request_id()}});
    if (answer.value().kind == CancelAnswer::Kind::cancel_requested) {
        call.answer(202, encode_cancel_requested(*id));
        co_return;
    }
    co_await read(call);
}

Task<void> OrderRoutes::list(Call& call) {
    std::variant<OrderFilter, Problem> read = read_list_filter(call.request(), service_.tokens());
    if (auto* const problem = std::get_if<Problem>(&read)) {
        call.refuse(std::move(*problem));
        co_return;
    }
    OrderFilter filter = std::get<OrderFilter>(std::move(read));
    const std::size_t limit = filter.limit;
    // One more than asked for tells whether there is a next page.
    filter.limit = limit + 1;
    Result<std::vector<OrderRecord>> found = co_await service_.list(std::move(filter));
    if (!found) {
        call.refuse(found.error());
        co_return;
    }
    const std::vector<OrderRecord>& records = found.value();
    std::vector<OrderItem> items;
    for (std::size_t i = 0; i < records.size() && i < limit; ++i) {
        OrderItem item;
        item.order = &records[i].order;
        item.attempts = &records[i].attempts;
        items.push_back(item);
    }
    std::optional<OrderId> next;
    if (records.size() > limit) next = items.back().order->id;
    call.answer(200, encode_orders(items, next));
}

Task<void> OrderRoutes::events(Call& call) {
    std::uint32_t after = 0;
    if (const auto text = call.request().query_parameter("after")) {
        const auto given = parse_sequence(*text);
        if (!given) {
            call.refuse(bad_parameter("after", "must be a sequence number such as 4"));
            co_return;
        }
        after = *given;
    }
    const std::optional<OrderRecord> record = co_await find_order(service_, call);
    if (!record) co_return;
    Result<std::vector<CommittedEvent>> events = co_await all_events(service_, record->order.id, after);
    if (!events) {
        call.refuse(events.error());
        co_return;
    }
    const std::vector<CommittedEvent>& found = events.value();
    const std::uint32_t last_seq = found.empty() ? record->order.last_seq : found.back()->seq;
    call.answer(200, encode_events(found, last_seq));
}

Task<void> OrderRoutes::routing(Call& call) {
    const std::optional<OrderRecord> record = co_await find_order(service_, call);
    if (!record) co_return;
    Result<std::vector<CommittedEvent>> events = co_await all_events(service_, record->order.id, 0);
    if (!events) {
        call.refuse(events.error());
        co_return;
    }
    call.answer(200, encode_routing(record->order.id, decisions_in(events.value())));
}

Task<void> OrderRoutes::attempts(Call& call) {
    const std::optional<OrderRecord> record = co_await find_order(service_, call);
    if (record) call.answer(200, encode_attempts(record->order, record->attempts));
}

}  // namespace libexec::server
