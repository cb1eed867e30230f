#pragma once

#include <array>
#include <memory>
#include <string>

#include "libexec/base/random.hpp"
#include "libexec/model/order_event.hpp"

namespace libexec::test {

/// Events with everything in them drawn from a seed, the odd corners more often than life has them.
class RandomEvents {
public:
    explicit RandomEvents(std::uint64_t seed) : random_(seed) {}

    OrderEvent next() {
        OrderEvent event;
        event.order = id();
        event.seq = static_cast<std::uint32_t>(2 + random_.below(100));
        event.at = time();
        event.attempt = static_cast<std::uint32_t>(1 + random_.below(5));
        event.attempts_max = 5;
        if (random_.below(3) == 0) event.next_retry_at = time();
        event.in_doubt = random_.below(4) == 0;
        event.correlation_id = text();
        event.trace_id = text();
        choose(event);
        return event;
    }

    RoutingDecision decision() {
        RoutingDecision decision;
        decision.attempt = static_cast<std::uint32_t>(1 + random_.below(5));
        decision.decided_at = time();
        decision.token_in = token();
        decision.token_out = token();
        decision.mode = random_.below(2) == 0 ? SwapMode::exact_in : SwapMode::exact_out;
        decision.wraps_sol = random_.below(2) == 0;
        decision.unwraps_sol = random_.below(2) == 0;
        const std::uint64_t answers = random_.below(5);
        for (std::uint64_t i = 0; i < answers; ++i) decision.answers.push_back(answer());
        return decision;
    }

    Failure failure() {
        Failure failure;
        failure.code = reason();
        failure.detail = text();
        failure.hint = text();
        failure.retryable = random_.below(2) == 0;
        failure.funds_moved = random_.below(2) == 0;
        failure.tx_hash = random_.below(2) == 0 ? text() : "";
        return failure;
    }

    /// Quotes, control characters, NUL, other alphabets: whatever a sentence may hold.
    std::string text() {
        constexpr std::string_view pieces[] = {"meteora", "\"", "\\", "/", "\n", "\t",
                                               "\x01",    "é",  "漢", "🚀", " ",  "0"};
        std::string text;
        for (std::uint64_t i = random_.below(6); i > 0; --i) text += pieces[random_.below(std::size(pieces))];
        if (random_.below(10) == 0) text += '\0';
        return text;
    }

private:
    void choose(OrderEvent& event) {
        const auto moved = [&](OrderStatus status, EventData data) {
            event.status = status;
            event.data = std::move(data);
        };
        switch (random_.below(11)) {
            case 0:
                event.seq = 1;
                return moved(OrderStatus::pending, NoData{});
            case 1:
                return moved(OrderStatus::routing, NoData{});
            case 2:
                event.kind = EventKind::quotes;
                return moved(OrderStatus::routing,
                             QuotesData{std::make_shared<const RoutingDecision>(decision())});
            case 3:
                return moved(OrderStatus::building, building());
            case 4:
                return moved(OrderStatus::submitted, SubmittedData{text(), random_.next()});
            case 5:
                return moved(OrderStatus::confirmed, confirmed());
            case 6:
                return moved(OrderStatus::failed, FailedData{failure()});
            case 7:
                return moved(OrderStatus::expired, FailedData{failure()});
            case 8:
                return moved(OrderStatus::pending, RetryData{reason(), text()});
            case 9:
                return moved(OrderStatus::cancelled, NoteData{text()});
            default: {
                constexpr std::array notes{EventKind::in_doubt, EventKind::cancel_requested,
                                           EventKind::parked};
                event.kind = notes[random_.below(notes.size())];
                return moved(OrderStatus::submitted, NoteData{text()});
            }
        }
    }

    BuildingData building() {
        BuildingData data;
        data.venue = text();
        data.mode = random_.below(2) == 0 ? SwapMode::exact_in : SwapMode::exact_out;
        data.limit = money();
        if (random_.below(2) == 0) data.decision = std::make_shared<const RoutingDecision>(decision());
        return data;
    }

    ConfirmedData confirmed() {
        ConfirmedData data;
        data.tx_hash = text();
        data.venue = text();
        data.amount_in = money();
        data.amount_out = money();
        data.slot = random_.next();
        data.fee_lamports = amount().base_units();
        if (random_.below(2) == 0) data.rent = Rent{amount().base_units(), amount().base_units()};
        return data;
    }

    VenueAnswer answer() {
        VenueAnswer answer;
        answer.venue = text();
        answer.note = text();
        if (random_.below(3) == 0) {
            answer.silence = reject(reason(), text());
            return answer;
        }
        Quote quote;
        quote.venue = answer.venue;
        quote.pool = text();
        quote.amount_in = amount();
        quote.amount_out = amount();
        quote.fee = Bps::of(random_.below(10'001)).value();
        quote.venue_fee = amount();
        quote.network_cost = amount();
        quote.price_impact_bps = static_cast<std::uint32_t>(random_.next());
        quote.liquidity = amount();
        quote.latency = std::chrono::microseconds(random_.below(10'000'000));
        quote.quoted_at = time();
        quote.slot = random_.below(2) * random_.below(400'000'000);
        if (quote.slot != 0) quote.age = std::chrono::microseconds(random_.below(10'000'000));
        answer.quote = quote;
        return answer;
    }

    Amount amount() {
        switch (random_.below(4)) {
            case 0:
                return Amount(0);
            case 1:
                return Amount(Amount::most);
            default:
                return Amount(random_.next() >> (1 + random_.below(60)));
        }
    }
    TokenAmount money() { return {amount(), static_cast<std::uint8_t>(random_.below(19))}; }
    Token token() {
        Mint::Bytes bytes{};
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random_.next());
        return {text(), Mint(bytes), static_cast<std::uint8_t>(random_.below(19))};
    }
    OrderId id() {
        Uuid::Bytes bytes{};
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random_.next());
        return OrderId(bytes);
    }
    Time time() { return Time(std::chrono::microseconds(random_.below(4'000'000'000'000'000))); }
    Reason reason() {
        return static_cast<Reason>(random_.below(static_cast<std::uint64_t>(Reason::outcome_unknown) + 1));
    }

    Random random_;
};

}  // namespace libexec::test
