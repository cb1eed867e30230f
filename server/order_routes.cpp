#include "order_routes.hpp"

#include "libexec/json/event_codec.hpp"
#include "libexec/json/order_codec.hpp"
#include "list_filter.hpp"

namespace libexec::server {
namespace {

constexpr std::size_t events_per_page = 500;

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

Task<void> OrderRoutes::submit(Call& call) {
    if (auto problem = check_json_body(call.request())) {
        refuse_submission(call, std::move(*problem));
        co_return;
    }
    if (auto problem = submissions_.admit(call.request().peer_address)) {
        refuse_submission(call, std::move(*problem));
        co_return;
    }
    constexpr std::size_t key_bytes_most = 255;
    SubmitOptions options;
    options.correlation_id = call.request_id();
    options.trace_id = call.trace_id();
    if (const auto key = call.request().header("idempotency-key")) {
        if (!is_token_text(*key, key_bytes_most)) {
            refuse_submission(
                call, bad_parameter("Idempotency-Key", "must have 1 to 255 visible ASCII characters"));
            co_return;
        }
        options.idempotency_key = *key;
    }
    Submission submission = co_await submissions_.place(call.request().body, std::move(options));
    if (submission.refusal) {
        refuse_submission(call, std::move(*submission.refusal));
        co_return;
    }
    // The same answer as the first time, whatever became of the order since.
    HttpResponse response(
        202, encode_submit_answer(submission.order, OrderStatus::pending, submission.client_order_id));
    response.with("Location", "/api/orders/" + submission.order.to_string());
    if (submission.replayed) response.with("Idempotent-Replay", "true");
    submissions_.describe_limits(response, call.request().peer_address, nullptr);
    call.answer(std::move(response));
}

void OrderRoutes::refuse_submission(Call& call, Problem problem) {
    HttpResponse head;
    submissions_.describe_limits(head, call.request().peer_address, &problem);
    call.refuse(std::move(problem), std::move(head));
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
    log_.info(
        "order.cancel", "cancellation requested",
        {{"orderId", id->to_string()}, {"correlation_id", call.request_id()}, {"trace_id", call.trace_id()}});
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
