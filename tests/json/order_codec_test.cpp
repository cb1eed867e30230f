#include "libexec/json/order_codec.hpp"

#include <doctest/doctest.h>

#include "json/random_events.hpp"
#include "libexec/json/service_codec.hpp"
#include "libexec/json/submit_codec.hpp"
#include "libexec/json/value.hpp"

using namespace libexec;

namespace {

JsonValue read(const std::string& text) {
    auto parsed = JsonValue::parse(text);
    INFO(text);
    REQUIRE(parsed);
    return parsed.value();
}

Order filled_order() {
    const TokenRegistry tokens = TokenRegistry::with_defaults();
    Order order;
    order.id = Uuid::parse("01890a5d-ac96-774b-bcce-b302099a8057").value();
    order.request.token_in = tokens.find("SOL").value();
    order.request.token_out = tokens.find("USDC").value();
    order.request.amount = Amount(10'000'000'000);
    order.request.slippage = Bps::of(100).value();
    order.request.native_in = true;
    order.status = OrderStatus::confirmed;
    order.last_seq = 6;
    order.venue = "meteora";
    order.quoted_in = Amount(10'000'000'000);
    order.quoted_out = Amount(1'500'000'000);
    order.limit = Amount(1'485'000'000);
    order.executed_in = Amount(10'000'000'000);
    order.executed_out = Amount(1'502'611'000);
    order.tx_hash = "5sig";
    order.created_at = Time(std::chrono::microseconds(1'700'000'000'000'000));
    order.updated_at = Time(std::chrono::microseconds(1'700'000'002'000'000));
    return order;
}

Attempt filled_attempt() {
    Attempt attempt;
    attempt.number = 1;
    attempt.venue = "meteora";
    attempt.signature = "5sig";
    attempt.signed_bytes = {1, 2, 3};
    attempt.last_valid_height = 150;
    attempt.quoted_out = Amount(1'500'000'000);
    attempt.resolution = Resolution::landed_ok;
    attempt.slot = 77;
    attempt.amount_in = Amount(10'000'000'000);
    attempt.amount_out = Amount(1'502'611'000);
    attempt.fee_lamports = 5'000;
    return attempt;
}

}  // namespace

TEST_SUITE("json/order") {
    TEST_CASE("a filled order shows its money in token units, in both spellings") {
        const JsonValue body = read(encode_order(filled_order(), {filled_attempt()}, {}));
        CHECK(body["order"]["parked"].is_null());
        CHECK(body["success"].is_true());
        const JsonValue order = body["order"];
        CHECK(order["id"].text() == "01890a5d-ac96-774b-bcce-b302099a8057");
        CHECK(order["status"].text() == "confirmed");
        CHECK(order["tokenIn"].text() == "SOL");
        CHECK(order["amountIn"].text() == "10.000000000");
        CHECK(order["amountOut"].text() == "1502.611000");
        CHECK(order["minAmountOut"].text() == "1485.000000");
        CHECK(order["maxAmountIn"].is_null());
        CHECK(order["slippage"].text() == "0.0100");
        CHECK(order["slippageBps"].text() == "100");
        CHECK(order["quotedPrice"].text() == "150.000000000000");
        CHECK(order["executedPrice"].text() == "150.261100000000");
        CHECK(order["failure"].is_null());
        CHECK(order["routing"].is_null());
        CHECK(order["attempts"].items().size() == 1);
        CHECK(body["order_id"].text() == order["id"].text());
        CHECK(body["order_type"].text() == "market");
        CHECK(body["token_in"].text() == "SOL");
        CHECK(body["amount_in"].text() == "10.000000000");
        CHECK(body["executed_price"].text() == "150.261100000000");
        CHECK(body["dex_used"].text() == "meteora");
        CHECK(body["tx_hash"].text() == "5sig");
        CHECK(body["error"].is_null());
        CHECK(body["created_at"].text() == "2023-11-14T22:13:20.000000Z");
    }

    TEST_CASE("an order with a fixed output shows what it may cost") {
        Order order = filled_order();
        order.request.mode = SwapMode::exact_out;
        order.request.amount = Amount(1'500'000'000);
        order.executed_in.reset();
        order.executed_out.reset();
        order.limit = Amount(10'100'000'000);
        const JsonValue shown = read(encode_order(order, {}, {}))["order"];
        CHECK(shown["mode"].text() == "exact_out");
        CHECK(shown["amountOut"].text() == "1500.000000");
        CHECK(shown["amountIn"].is_null());
        CHECK(shown["maxAmountIn"].text() == "10.100000000");
        CHECK(shown["minAmountOut"].is_null());
        CHECK(shown["executedPrice"].is_null());
    }

    TEST_CASE("what an order shows of itself can be submitted again and is the same order") {
        const TokenRegistry tokens = TokenRegistry::with_defaults();
        for (const bool native : {true, false}) {
            Order order = filled_order();
            order.request.native_in = native;
            const JsonValue shown = read(encode_order(order, {}, {}))["order"];
            const std::string body = R"({"tokenIn":")" + shown["tokenIn"].text() + R"(","tokenOut":")" +
                                     shown["tokenOut"].text() + R"(","amountIn":")" +
                                     shown["amountIn"].text() + R"(","slippage":")" +
                                     shown["slippage"].text() + R"("})";
            CAPTURE(body);
            CHECK(std::get<OrderRequest>(decode_order_request(body, tokens)) == order.request);
        }
    }

    TEST_CASE("an order that is put aside says why, since when and until when; later it says nothing of it") {
        const auto parking = std::make_shared<OrderEvent>();
        parking->kind = EventKind::parked;
        parking->at = Time(std::chrono::seconds(1'700'000'000));
        parking->next_retry_at = parking->at + std::chrono::seconds(15);
        parking->data = NoteData{"a bug"};
        const auto later = std::make_shared<OrderEvent>();
        const Time during = parking->at + std::chrono::seconds(14);
        CHECK(parking_in({}, during) == nullptr);
        CHECK(parking_in({parking, later}, during) == nullptr);
        CHECK(parking_in({later, parking}, during + std::chrono::seconds(1)) == nullptr);
        const JsonValue parked = read(
            encode_order(filled_order(), {}, {}, parking_in({later, parking}, during)))["order"]["parked"];
        CHECK(parked["reason"].text() == "a bug");
        CHECK(parked["since"].text() == "2023-11-14T22:13:20.000000Z");
        CHECK(parked["until"].text() == "2023-11-14T22:13:35.000000Z");
    }

    TEST_CASE("a failed order says why in a word and in a sentence") {
        Order order = filled_order();
        order.status = OrderStatus::failed;
        Failure failure;
        failure.code = Reason::slippage_exceeded;
        failure.retryable = true;
        failure.hint = "Submit again with more slippage";
        order.failure = failure;
        const JsonValue body = read(encode_order(order, {}, {}));
        CHECK(body["order"]["failure"]["code"].text() == "slippage_exceeded");
        CHECK(body["order"]["failure"]["title"].text() == "Slippage limit exceeded");
        CHECK(body["order"]["failure"]["retryable"].is_true());
        CHECK(body["error"].text() == "Slippage limit exceeded");
        CHECK(body["failure_reason"].text() == "slippage_exceeded");
    }

    TEST_CASE("an attempt never shows its signed bytes, and nothing it does not know yet") {
        Attempt open = filled_attempt();
        open.resolution.reset();
        const std::string text = encode_attempts(filled_order(), {filled_attempt(), open});
        CHECK(text.find("signed") == std::string::npos);
        const auto attempts = read(text)["attempts"].items();
        CHECK(attempts[0]["resolution"].text() == "landed_ok");
        CHECK(attempts[0]["slot"].text() == "77");
        CHECK(attempts[0]["amountOut"].text() == "1502.611000");
        CHECK(attempts[0]["fee"].text() == "0.000005000");
        CHECK(attempts[0]["rent"].is_null());
        CHECK(attempts[0]["rentReturned"].is_null());
        CHECK(attempts[1]["resolution"].is_null());
        CHECK(attempts[1]["slot"].is_null());
        CHECK(attempts[1]["amountOut"].is_null());
        CHECK(attempts[1]["closedAt"].is_null());
    }

    TEST_CASE("rent that was paid and rent that came back stand beside the fee") {
        Attempt attempt = filled_attempt();
        attempt.rent = Rent{2'039'280, 0};
        const JsonValue shown = read(encode_attempts(filled_order(), {attempt}))["attempts"].items()[0];
        CHECK(shown["rent"].text() == "0.002039280");
        CHECK(shown["rentReturned"].text() == "0.000000000");
    }

    TEST_CASE("with an explorer, an order and its attempts link to their transactions") {
        const Explorer explorer = Explorer::of("https://example.com/tx/{signature}").value();
        const Order order = filled_order();
        const std::vector<Attempt> attempts{filled_attempt()};
        const JsonValue shown = read(encode_order(order, attempts, {}, nullptr, explorer))["order"];
        CHECK(shown["explorerUrl"].text() == "https://example.com/tx/5sig");
        CHECK(shown["attempts"].items()[0]["explorerUrl"].text() == "https://example.com/tx/5sig");
        const JsonValue item =
            read(encode_orders({{&order, &attempts}}, std::nullopt, explorer))["items"].items()[0];
        CHECK(item["explorerUrl"].text() == "https://example.com/tx/5sig");
        const JsonValue listed = read(encode_attempts(order, attempts, explorer))["attempts"].items()[0];
        CHECK(listed["explorerUrl"].text() == "https://example.com/tx/5sig");

        CHECK(encode_order(order, attempts, {}).find("explorerUrl") == std::string::npos);
        Order unsent = order;
        unsent.tx_hash.clear();
        CHECK(encode_order(unsent, {}, {}, nullptr, explorer).find("explorerUrl") == std::string::npos);
    }

    TEST_CASE("the decisions of an order are found in its events") {
        test::RandomEvents random(30);
        OrderEvent event;
        event.kind = EventKind::quotes;
        const auto decision = std::make_shared<const RoutingDecision>(random.decision());
        event.data = QuotesData{decision};
        const std::vector<CommittedEvent> events{std::make_shared<const OrderEvent>(),
                                                 std::make_shared<const OrderEvent>(event)};
        const Decisions decisions = decisions_in(events);
        REQUIRE(decisions.size() == 1);
        CHECK(decisions.front() == decision);
        const JsonValue routing = read(encode_routing(filled_order().id, decisions));
        CHECK(routing["decisions"].items().size() == 1);
        CHECK(routing["decisions"].items()[0]["quotes"].items().size() == decision->answers.size());
        const JsonValue order = read(encode_order(filled_order(), {}, decisions))["order"];
        CHECK(order["routing"]["quotes"].items().size() == decision->answers.size());
    }

    TEST_CASE("the answer to a submission speaks every dialect") {
        const OrderId id = filled_order().id;
        const JsonValue answer = read(encode_submit_answer(id, OrderStatus::pending, "mine"));
        CHECK(answer["success"].is_true());
        CHECK(answer["orderId"].text() == id.to_string());
        CHECK(answer["status"].text() == "pending");
        CHECK(answer["wsPath"].text() == "/ws/orders/" + id.to_string());
        CHECK(answer["websocketUrl"].text() == "/api/orders/" + id.to_string() + "/stream");
        CHECK(answer["links"]["self"].text() == "/api/orders/" + id.to_string());
        CHECK(answer["clientOrderId"].text() == "mine");
    }

    TEST_CASE("lists, metrics and health have the members that dashboards read") {
        const Order order = filled_order();
        const std::vector<Attempt> attempts{filled_attempt()};
        const JsonValue list = read(encode_orders({{&order, &attempts}}, order.id));
        CHECK(list["items"].items().front()["id"].text() == order.id.to_string());
        CHECK(list["nextCursor"].text() == order.id.to_string());
        CHECK(read(encode_orders({}, std::nullopt))["nextCursor"].is_null());

        QueueMetrics metrics;
        metrics.waiting = 1;
        metrics.delayed = 2;
        metrics.active = 3;
        metrics.completed = 4;
        metrics.failed = 5;
        const JsonValue shown = read(encode_queue_metrics(metrics))["metrics"];
        CHECK(shown["total"].text() == "15");
        CHECK(shown["oldestWaitingMs"].is_null());

        const JsonValue health = read(encode_health(order.created_at, 3, ""));
        CHECK(health["status"].text() == "ok");
        CHECK(health["queue"]["activeConnections"].text() == "3");
        CHECK(read(encode_health(order.created_at, 3, "disk full"))["status"].text() == "degraded");
        CHECK(read(encode_tokens({order.request.token_in}))["tokens"].items()[0]["decimals"].text() == "9");
    }
}
