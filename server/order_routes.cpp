#include "order_routes.hpp"

#include "libexec/json/event_codec.hpp"
#include "libexec/json/order_codec.hpp"
#include "libexec/json/submit_codec.hpp"
#include "list_filter.hpp"

namespace libexec::server {
namespace {

constexpr std::size_t events_per_page = 500;
constexpr std::string_view no_such_id =
    "no order has this id: ids are UUIDs, as the answer to a submission gives them";

/// Why this order is not one to retry.
std::optional<Problem> check_retry(const Order& order) {
    const std::string id = order.id.to_string();
    if (order.status == OrderStatus::confirmed) {
        return make_problem("not_failed",
                            "order " + id +
                                " is confirmed, its swap is done: to trade once more, POST a new "
                                "order to /api/orders/execute");
    }
    if (is_terminal(order.status)) return std::nullopt;
    return make_problem("not_failed",
                        "order " + id + " is " + std::string(to_string(order.status)) +
                            " and may still fill: wait for its end, or cancel it first with POST "
                            "/api/orders/" +
                            id + "/cancel");
}

}  // namespace

Task<std::optional<OrderRecord>> find_order(Service& service, Call& call) {
    const auto id = Uuid::parse(call.id_text);
    if (!id) {
        call.refuse("not_found", std::string(no_such_id));
        co_return std::nullopt;
    }
    Result<std::optional<OrderRecord>> found = co_await service.load(*id, call.viewer());
    if (!found) {
        call.refuse(found.error());
        co_return std::nullopt;
    }
    if (!found.value()) call.refuse("not_found", "no order has the id " + id->to_string());
    co_return std::move(found).value();
}

Task<Result<std::vector<CommittedEvent>>> all_events(Service& service, OrderId order, std::uint32_t after,
                                                     Viewer viewer) {
    std::vector<CommittedEvent> events;
    for (;;) {
        Result<std::vector<CommittedEvent>> page =
            co_await service.events(order, after, events_per_page, viewer);
        if (!page) co_return page.error();
        const std::vector<CommittedEvent>& found = page.value();
        events.insert(events.end(), found.begin(), found.end());
        if (found.size() < events_per_page) co_return events;
        after = found.back()->seq;
    }
}

Task<std::optional<SubmitOptions>> OrderRoutes::admit(Call& call) {
    Task<std::optional<Problem>> admitting = submissions_.admit(call.client());
    std::optional<Problem> problem = co_await std::move(admitting);
    if (problem) {
        refuse_submission(call, std::move(*problem));
        co_return std::nullopt;
    }
    constexpr std::size_t key_bytes_most = 255;
    SubmitOptions options;
    options.account = call.account();
    options.correlation_id = call.request_id();
    options.trace_id = call.trace_id();
    if (const auto key = call.request().header("idempotency-key")) {
        if (!is_token_text(*key, key_bytes_most)) {
            refuse_submission(
                call, bad_parameter("Idempotency-Key", "must have 1 to 255 visible ASCII characters"));
            co_return std::nullopt;
        }
        options.idempotency_key = *key;
    }
    co_return options;
}

void OrderRoutes::answer_submission(Call& call, Submission submission,
                                    const std::optional<OrderId>& retry_of) {
    if (submission.refusal) {
        refuse_submission(call, std::move(*submission.refusal));
        return;
    }
    // The same answer as the first time, whatever became of the order since.
    HttpResponse response(202, encode_submit_answer(submission.order, OrderStatus::pending,
                                                    submission.client_order_id, retry_of));
    response.with("Location", "/api/orders/" + submission.order.to_string());
    if (submission.replayed) response.with("Idempotent-Replay", "true");
    submissions_.describe_limits(response, call.client(), nullptr);
    call.answer(std::move(response));
}

Task<void> OrderRoutes::submit(Call& call) {
    if (auto problem = check_json_body(call.request())) {
        refuse_submission(call, std::move(*problem));
        co_return;
    }
    std::optional<SubmitOptions> options = co_await admit(call);
    if (!options) co_return;
    Submission submission = co_await submissions_.place(call.request().body, std::move(*options));
    answer_submission(call, std::move(submission), std::nullopt);
}

Task<void> OrderRoutes::retry(Call& call) {
    std::optional<Problem> refusal;
    if (!call.request().body.empty()) refusal = check_json_body(call.request());
    if (refusal) {
        refuse_submission(call, std::move(*refusal));
        co_return;
    }
    std::optional<SubmitOptions> options = co_await admit(call);
    if (!options) co_return;
    DecodedRetry decoded = decode_retry_request(call.request().body);
    if (auto* const problem = std::get_if<Problem>(&decoded)) {
        refuse_submission(call, std::move(*problem));
        co_return;
    }
    const auto id = Uuid::parse(call.id_text);
    if (!id) {
        refuse_submission(call, make_problem("not_found", std::string(no_such_id)));
        co_return;
    }
    Result<std::optional<OrderRecord>> found = co_await service_.load(*id, call.owner());
    if (!found) {
        refuse_submission(call, make_problem(found.error()));
        co_return;
    }
    if (!found.value()) {
        refuse_submission(call, make_problem("not_found", "no order has the id " + id->to_string()));
        co_return;
    }
    const Order& order = found.value()->order;
    if (auto problem = check_retry(order)) {
        refuse_submission(call, std::move(*problem));
        co_return;
    }
    OrderRequest request = order.request;
    request.client_order_id.clear();  // it names one order, and that is the old one
    request.retry_of = id;
    if (const auto slippage = std::get<RetryChanges>(decoded).slippage) request.slippage = *slippage;
    Submission submission = co_await submissions_.place_order(std::move(request), std::move(*options));
    answer_submission(call, std::move(submission), id);
}

void OrderRoutes::refuse_submission(Call& call, Problem problem) {
    HttpResponse head;
    submissions_.describe_limits(head, call.client(), &problem);
    call.refuse(std::move(problem), std::move(head));
}

Task<void> OrderRoutes::read(Call& call) {
    const std::optional<OrderRecord> record = co_await find_order(service_, call);
    if (!record) co_return;
    Result<std::vector<CommittedEvent>> events =
        co_await all_events(service_, record->order.id, 0, call.viewer());
    if (!events) {
        call.refuse(events.error());
        co_return;
    }
    call.answer(200, encode_order(record->order, record->attempts, decisions_in(events.value()),
                                  parking_in(events.value(), clock_.now()), explorer_));
}

Task<void> OrderRoutes::cancel(Call& call) {
    const auto id = Uuid::parse(call.id_text);
    if (!id) {
        call.refuse("not_found", "no order has this id");
        co_return;
    }
    Result<CancelAnswer> answer = co_await service_.cancel(*id, call.owner());
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
    std::variant<OrderFilter, Problem> read = read_list_filter(call.request(), *tokens_.get());
    if (auto* const problem = std::get_if<Problem>(&read)) {
        call.refuse(std::move(*problem));
        co_return;
    }
    OrderFilter filter = std::get<OrderFilter>(std::move(read));
    filter.viewer = call.viewer();
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
    call.answer(200, encode_orders(items, next, explorer_));
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
    Result<std::vector<CommittedEvent>> events =
        co_await all_events(service_, record->order.id, after, call.viewer());
    if (!events) {
        call.refuse(events.error());
        co_return;
    }
    const std::vector<CommittedEvent>& found = events.value();
    const std::uint32_t last_seq = found.empty() ? record->order.last_seq : found.back()->seq;
    call.answer(200, encode_events(found, last_seq, explorer_));
}

Task<void> OrderRoutes::routing(Call& call) {
    const std::optional<OrderRecord> record = co_await find_order(service_, call);
    if (!record) co_return;
    Result<std::vector<CommittedEvent>> events =
        co_await all_events(service_, record->order.id, 0, call.viewer());
    if (!events) {
        call.refuse(events.error());
        co_return;
    }
    call.answer(200, encode_routing(record->order.id, decisions_in(events.value())));
}

Task<void> OrderRoutes::attempts(Call& call) {
    const std::optional<OrderRecord> record = co_await find_order(service_, call);
    if (record) call.answer(200, encode_attempts(record->order, record->attempts, explorer_));
}

}  // namespace libexec::server
