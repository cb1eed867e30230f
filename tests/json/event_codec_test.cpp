#include "libexec/json/event_codec.hpp"

#include <doctest/doctest.h>

#include "json/random_events.hpp"
#include "libexec/json/value.hpp"

using namespace libexec;

namespace {

JsonValue read(const std::string& text) {
    auto parsed = JsonValue::parse(text);
    INFO(text);
    REQUIRE(parsed);
    return parsed.value();
}

OrderEvent confirmed_event() {
    OrderEvent event;
    event.order = Uuid::parse("01890a5d-ac96-774b-bcce-b302099a8057").value();
    event.seq = 6;
    event.status = OrderStatus::confirmed;
    event.at = Time(std::chrono::microseconds(1'700'000'000'123'456));
    ConfirmedData data;
    data.tx_hash = "5sig";
    data.venue = "meteora";
    data.amount_in = {Amount(10'000'000'000), 9};
    data.amount_out = {Amount(1'502'611'000), 6};
    data.slot = 42;
    data.fee_lamports = 5'000;
    event.data = data;
    return event;
}

}  // namespace

TEST_SUITE("json/event") {
    TEST_CASE("an event read back from a store is the event that was written") {
        test::RandomEvents random(20);
        for (int i = 0; i < 3'000; ++i) {
            const OrderEvent event = random.next();
            const std::string text = encode_event_data(event);
            CAPTURE(i);
            CAPTURE(text);
            const auto data = decode_event_data(event.kind, event.status, event.seq, text);
            REQUIRE(data);
            CHECK(data.value() == event.data);
            OrderEvent again = event;
            again.data = data.value();
            CHECK(encode_event_data(again) == text);
        }
    }

    TEST_CASE("a decision read back is the decision that was taken") {
        test::RandomEvents random(21);
        for (int i = 0; i < 1'000; ++i) {
            const RoutingDecision decision = random.decision();
            const auto back = decode_decision(encode_decision(decision));
            CAPTURE(i);
            REQUIRE(back);
            CHECK(back.value() == decision);
        }
    }

    TEST_CASE("a failure read back says the same") {
        test::RandomEvents random(22);
        for (int i = 0; i < 1'000; ++i) {
            const Failure failure = random.failure();
            const auto back = decode_failure(encode_failure(failure));
            REQUIRE(back);
            CHECK(back.value() == failure);
        }
    }

    TEST_CASE("a building event shows its limit and what each venue offered, also when read back") {
        test::RandomEvents random(23);
        OrderEvent event;
        event.status = OrderStatus::building;
        event.seq = 4;
        BuildingData building;
        building.venue = "orca";
        building.mode = SwapMode::exact_out;
        building.limit = {Amount(15), 1};
        RoutingDecision decision;
        do {
            decision = random.decision();
        } while (decision.answers.empty() || !decision.answers.front().quote);
        building.decision = std::make_shared<const RoutingDecision>(decision);
        event.data = building;

        const JsonValue data = read(encode_event_data(event));
        CHECK(data["maxAmountIn"].text() == "1.5");
        CHECK(!data.has("minAmountOut"));
        CHECK(data["quotes"].items().front()["venue"].text() == decision.answers.front().venue);
        const auto back = decode_event_data(event.kind, event.status, event.seq, encode_event_data(event));
        REQUIRE(back);
        CHECK(back.value() == event.data);
        const auto& quotes = std::get<BuildingData>(back.value()).decision;
        REQUIRE(quotes != nullptr);
        CHECK(quotes->answers.front().quote->amount_out == decision.answers.front().quote->amount_out);
    }

    TEST_CASE("a confirmation tells price, money and venue where older clients look for them") {
        const JsonValue event = read(encode_event(confirmed_event()));
        CHECK(event["v"].text() == "1");
        CHECK(event["seq"].text() == "6");
        CHECK(event["kind"].text() == "moved");
        CHECK(event["orderId"].text() == "01890a5d-ac96-774b-bcce-b302099a8057");
        CHECK(event["status"].text() == "confirmed");
        CHECK(event["timestamp"].text() == "2023-11-14T22:13:20.123456Z");
        CHECK(event["nextRetryAt"].is_null());
        CHECK(event["data"]["amountOut"].text() == "1502.611000");
        CHECK(event["data"]["executedPrice"].text() == "150.261100000000");
        CHECK(event["data"]["fee"].text() == "0.000005000");
        CHECK(event["data"]["dexUsed"].text() == "meteora");
        CHECK(event["data"]["chosenDex"].text() == "meteora");
        CHECK(event["executedPrice"].text() == "150.261100000000");
        CHECK(event["txHash"].text() == "5sig");
        CHECK(event["dexUsed"].text() == "meteora");
    }

    TEST_CASE("a confirmation tells the rent where it is known, and is read back also where it is not") {
        OrderEvent event = confirmed_event();
        CHECK(!read(encode_event_data(event)).has("rent"));
        std::get<ConfirmedData>(event.data).rent = Rent{2'039'280, 1};
        const std::string text = encode_event_data(event);
        CHECK(read(text)["rent"].text() == "0.002039280");
        CHECK(read(text)["rentReturned"].text() == "0.000000001");
        CHECK(decode_event_data(event.kind, event.status, event.seq, text).value() == event.data);
    }

    TEST_CASE("with an explorer, whatever names a transaction links to it, and nothing of that is stored") {
        const Explorer explorer = Explorer::of("https://example.com/tx/{signature}").value();
        OrderEvent submitted = confirmed_event();
        submitted.status = OrderStatus::submitted;
        submitted.data = SubmittedData{"5sig", 150};
        OrderEvent failed = confirmed_event();
        failed.status = OrderStatus::failed;
        Failure failure;
        failure.tx_hash = "5sig";
        failed.data = FailedData{failure};
        for (const OrderEvent& event : {submitted, confirmed_event(), failed}) {
            CAPTURE(to_string(event.status));
            const JsonValue shown = read(encode_event(event, explorer));
            CHECK(shown["explorerUrl"].text() == "https://example.com/tx/5sig");
            CHECK(shown["data"]["explorerUrl"].text() == "https://example.com/tx/5sig");
            CHECK(encode_event(event).find("explorerUrl") == std::string::npos);
            CHECK(encode_event_data(event).find("explorerUrl") == std::string::npos);

            const std::vector<CommittedEvent> events{std::make_shared<const OrderEvent>(event)};
            const JsonValue snapshot = read(encode_snapshot(events, explorer));
            CHECK(snapshot["explorerUrl"].text() == "https://example.com/tx/5sig");
            CHECK(snapshot["logs"].items()[0]["explorerUrl"].text() == "https://example.com/tx/5sig");
            const JsonValue listed = read(encode_events(events, 6, explorer))["events"].items()[0];
            CHECK(listed["explorerUrl"].text() == "https://example.com/tx/5sig");
        }
        failure.tx_hash.clear();
        failed.data = FailedData{failure};
        CHECK(encode_event(failed, explorer).find("explorerUrl") == std::string::npos);
    }

    TEST_CASE("an order that ran out of time says timeout, whatever stopped its last attempt") {
        OrderEvent event = confirmed_event();
        event.status = OrderStatus::expired;
        event.attempt = 2;
        Failure failure;
        failure.code = Reason::venue_timeout;
        event.data = FailedData{failure};
        const JsonValue shown = read(encode_event(event));
        CHECK(shown["failureReason"].text() == "timeout");
        CHECK(shown["data"]["failureReason"].text() == "timeout");
        CHECK(shown["data"]["code"].text() == "venue_timeout");
        CHECK(shown["error"].text() == title_of(Reason::venue_timeout));
        CHECK(shown["data"]["attempts"].text() == "2");
        CHECK(shown["data"]["maxAttempts"].text() == "3");
    }

    TEST_CASE("a snapshot says where the order stands and how it came there") {
        OrderEvent first;
        first.order = confirmed_event().order;
        first.seq = 1;
        const std::vector<CommittedEvent> events{std::make_shared<const OrderEvent>(first),
                                                 std::make_shared<const OrderEvent>(confirmed_event())};
        const JsonValue snapshot = read(encode_snapshot(events));
        CHECK(snapshot["status"].text() == "confirmed");
        CHECK(snapshot["seq"].text() == "6");
        CHECK(snapshot["logs"].items().size() == 2);
        CHECK(snapshot["logs"].items().back()["seq"].text() == "6");
        CHECK(!snapshot["message"].text().empty());

        const JsonValue list = read(encode_events(events, 9));
        CHECK(list["events"].items().size() == 2);
        CHECK(list["lastSeq"].text() == "9");
    }

    TEST_CASE("stored data that somebody damaged is refused with a reason, never guessed at") {
        struct Row {
            OrderStatus status;
            const char* text;
            const char* complaint;
        };
        for (const Row& row :
             {Row{OrderStatus::submitted, "{}", "txHash"},
              Row{OrderStatus::submitted, R"({"txHash":"a","lastValidBlockHeight":"7"})", "lastValid"},
              Row{OrderStatus::submitted, R"({"txHash":"a","lastValidBlockHeight":1.5})", "whole"},
              Row{OrderStatus::building, R"({"dexUsed":"a","minAmountOut":"x"})", "amount"},
              Row{OrderStatus::failed, R"({"code":"bored"})", "reason"},
              Row{OrderStatus::confirmed, "[]", "object"}, Row{OrderStatus::confirmed, "nothing", "not JSON"},
              Row{OrderStatus::routing, "", "not JSON"}}) {
            CAPTURE(row.text);
            const auto data = decode_event_data(EventKind::moved, row.status, 3, row.text);
            REQUIRE(!data);
            CHECK(data.error().reason == Reason::internal);
            CHECK(data.error().detail.find(row.complaint) != std::string::npos);
        }
        CHECK(!decode_event_data(EventKind::quotes, OrderStatus::routing, 3, R"({"quotes":[]})"));
        CHECK(!decode_decision("{}"));
        CHECK(!decode_failure("7"));
    }

    TEST_CASE("damage anywhere in stored data never crashes the reader") {
        test::RandomEvents random(24);
        Random dice(24);
        for (int i = 0; i < 2'000; ++i) {
            const OrderEvent event = random.next();
            std::string text = encode_event_data(event);
            for (std::uint64_t hits = 1 + dice.below(3); hits > 0; --hits) {
                text[dice.below(text.size())] = static_cast<char>(dice.next());
            }
            const auto data = decode_event_data(event.kind, event.status, event.seq, text);
            if (!data) CHECK(!data.error().detail.empty());
        }
    }

    TEST_CASE("words that are no UTF-8 come out as JSON all the same") {
        OrderEvent event = confirmed_event();
        event.status = OrderStatus::cancelled;
        event.data = NoteData{"caf\xe9 \xed\xa0\x80 ok"};
        const JsonValue shown = read(encode_event(event));
        CHECK(shown["data"]["note"].text() == "caf\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd ok");
    }
}
