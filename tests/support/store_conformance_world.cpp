#include "support/store_conformance_world.hpp"

#include <doctest/doctest.h>

#include "support/swaps.hpp"

namespace libexec::test {
namespace {

std::string any_text(Random& random) {
    static const char* const texts[] = {"",
                                        "meteora",
                                        "O'Brien; drop table orders --",
                                        "\"quoted\" and \\ slashed",
                                        "tab\tand\nline",
                                        "caf\xc3\xa9 \xe2\x82\xac",
                                        "?1 :name @x $y %s",
                                        "0",
                                        "null"};
    return texts[random.below(std::size(texts))];
}

Amount any_amount(Random& random) {
    switch (random.below(4)) {
        case 0:
            return Amount(0);
        case 1:
            return Amount(Amount::most);
        default:
            return Amount(random.next() >> 1);
    }
}

std::optional<Amount> maybe_amount(Random& random) {
    if (random.below(2) == 0) return std::nullopt;
    return any_amount(random);
}

std::optional<Time> maybe_time(Random& random, Time around) {
    if (random.below(2) == 0) return std::nullopt;
    return around + std::chrono::microseconds(random.below(1'000'000'000));
}

Token any_token(Random& random) {
    Mint::Bytes bytes{};
    for (std::uint8_t& byte : bytes)
        byte = static_cast<std::uint8_t>(random.below(4) == 0 ? 0 : random.next());
    Token made;
    made.symbol = any_text(random);
    made.mint = Mint(bytes);
    made.decimals = static_cast<std::uint8_t>(random.below(19));
    return made;
}

Failure some_failure() {
    Failure failure;
    failure.code = Reason::slippage_exceeded;
    failure.detail = "the price moved by 1.2 %";
    failure.hint = "try again with more slippage";
    failure.retryable = true;
    failure.tx_hash = "5SxQ";
    return failure;
}

EventData data_for(const Order& order, OrderStatus to) {
    const TokenAmount in{Amount(10'000'000'000), order.request.token_in.decimals};
    const TokenAmount out{Amount(1'500'000'001), order.request.token_out.decimals};
    switch (to) {
        case OrderStatus::pending:
            return RetryData{Reason::venue_timeout, "no answer in 1000 ms"};
        case OrderStatus::routing:
            return NoData{};
        case OrderStatus::building: {
            BuildingData data;
            data.venue = "meteora";
            data.mode = order.request.mode;
            data.limit = out;
            return data;
        }
        case OrderStatus::submitted:
            return SubmittedData{"5SxQ", 1'234};
        case OrderStatus::confirmed:
            return ConfirmedData{"5SxQ", "meteora", in, out, 77, 5'000, Rent{2'039'280, 1}};
        case OrderStatus::failed:
        case OrderStatus::expired:
            return FailedData{some_failure()};
        case OrderStatus::cancelled:
            return NoteData{"as asked"};
    }
    return NoData{};
}

}  // namespace

void RecordingBus::publish(const std::vector<CommittedEvent>& events) {
    if (on_publish) on_publish(events);
    const std::lock_guard lock(mutex_);
    heard_.insert(heard_.end(), events.begin(), events.end());
}

std::vector<CommittedEvent> RecordingBus::heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
}

std::vector<CommittedEvent> RecordingBus::heard_of(const OrderId& order) const {
    std::vector<CommittedEvent> mine;
    for (const CommittedEvent& event : heard()) {
        if (event->order == order) mine.push_back(event);
    }
    return mine;
}

ClosedBus::ClosedBus(RecordingBus& bus) {
    bus.on_publish = [gate = gate_](const std::vector<CommittedEvent>&) {
        gate->writer_stands_here = true;
        gate->writer_stands_here.notify_one();
        const std::lock_guard wait(gate->mutex);
    };
}

StoreWorld::StoreWorld(std::unique_ptr<StorePlace> place) : place_(std::move(place)) { reopen(); }

void StoreWorld::reopen() {
    store.reset();
    store = place_->open(clock, bus);
}

Acceptance StoreWorld::acceptance() {
    Acceptance made;
    Order& order = made.order;
    order.id = ids.next();
    order.number = ++numbers_;
    order.request.token_in = token("SOL");
    order.request.token_out = token("USDC");
    order.request.amount = Amount(10'000'000'000);
    order.request.slippage = Bps::of(100).value();
    order.correlation_id = "c-" + std::to_string(order.number);
    order.trace_id = std::string(31, 'a') + std::to_string(order.number % 10);
    order.last_seq = 1;
    order.created_at = order.updated_at = clock.now();
    made.opened.order = order.id;
    made.opened.seq = 1;
    made.opened.at = clock.now();
    made.opened.correlation_id = order.correlation_id;
    made.opened.trace_id = order.trace_id;
    made.opened.account = order.account;
    made.request_digest = "10 SOL to USDC";
    return made;
}

Acceptance StoreWorld::any_acceptance() {
    Acceptance made = acceptance();
    Order& order = made.order;
    OrderRequest& request = order.request;
    request.token_in = any_token(random);
    request.token_out = any_token(random);
    request.mode = static_cast<SwapMode>(random.below(2));
    request.amount = any_amount(random);
    request.slippage = Bps::of(random.below(10'001)).value();
    request.side = static_cast<OrderSide>(random.below(3));
    request.native_in = random.below(2) == 0;
    request.native_out = random.below(2) == 0;
    request.client_id = any_text(random);
    if (random.below(2) == 0) request.client_order_id = "mine-" + std::to_string(order.number);
    if (random.below(2) == 0) request.retry_of = ids.next();
    if (random.below(2) == 0) request.deadline = std::chrono::milliseconds(random.below(100'000));
    order.correlation_id = any_text(random);
    order.trace_id = any_text(random);
    order.account = any_text(random);
    made.opened.trace_id = order.trace_id;
    made.opened.account = order.account;
    order.attempt = 1 + static_cast<std::uint32_t>(random.below(5));
    order.attempts_max = 1 + static_cast<std::uint32_t>(random.below(100));
    order.in_doubt = random.below(2) == 0;
    order.next_retry_at = maybe_time(random, clock.now());
    order.first_claimed_at = maybe_time(random, clock.now());
    order.limit = maybe_amount(random);
    order.venue = any_text(random);
    order.quoted_in = maybe_amount(random);
    order.quoted_out = maybe_amount(random);
    order.executed_in = maybe_amount(random);
    order.executed_out = maybe_amount(random);
    order.tx_hash = any_text(random);
    if (random.below(2) == 0) {
        order.failure = some_failure();
        order.failure->detail = any_text(random);
        order.failure->funds_moved = random.below(2) == 0;
    }
    made.opened.attempt = order.attempt;
    made.opened.attempts_max = order.attempts_max;
    made.opened.correlation_id = any_text(random);
    made.opened.next_retry_at = maybe_time(random, clock.now());
    made.opened.in_doubt = random.below(2) == 0;
    return made;
}

Order StoreWorld::accepted() {
    Acceptance made = acceptance();
    const Order order = made.order;
    REQUIRE(accept(std::move(made)).kind == AcceptAnswer::Kind::accepted);
    return order;
}

Claimed StoreWorld::claimed() {
    const Order order = accepted();
    ClaimBatch batch = claim();
    REQUIRE(batch.orders.size() == 1);
    REQUIRE(batch.orders.front().order.id == order.id);
    return std::move(batch.orders.front());
}

void StoreWorld::move(Claimed& claimed, OrderStatus to) {
    Step step = step_to(claimed, to, clock.now());
    const Order after = step.after;
    REQUIRE(commit(std::move(step)) == StepAnswer::committed);
    claimed.order = after;
}

Attempt StoreWorld::submit(Claimed& claimed) {
    move(claimed, OrderStatus::routing);
    move(claimed, OrderStatus::building);
    Step step = step_to(claimed, OrderStatus::submitted, clock.now());
    const auto number = static_cast<std::uint32_t>(claimed.closed_attempts.size() + 1);
    const Attempt attempt = attempt_of(claimed, number, clock.now());
    step.opens = attempt;
    const Order after = step.after;
    REQUIRE(commit(std::move(step)) == StepAnswer::committed);
    claimed.order = after;
    return attempt;
}

std::vector<OrderEvent> StoreWorld::events(const OrderId& order, std::uint32_t after, std::size_t limit) {
    std::vector<OrderEvent> read;
    const auto answer = await(store->events_after(order, after, limit));
    for (const CommittedEvent& event : answer.value()) read.push_back(*event);
    return read;
}

Step step_to(const Claimed& claimed, OrderStatus to, Time at) {
    Step step;
    step.epoch = claimed.epoch;
    step.expected_seq = claimed.order.last_seq;
    step.after = claimed.order;
    step.after.status = to;
    step.after.last_seq = step.expected_seq + 1;
    step.after.updated_at = at;
    OrderEvent& event = step.events.emplace_back();
    event.order = claimed.order.id;
    event.seq = step.after.last_seq;
    event.status = to;
    event.at = at;
    event.correlation_id = claimed.order.correlation_id;
    event.trace_id = claimed.order.trace_id;
    event.account = claimed.order.account;
    event.data = data_for(claimed.order, to);
    if (is_terminal(to)) step.job.kind = JobChange::Kind::done;
    return step;
}

Attempt attempt_of(const Claimed& claimed, std::uint32_t number, Time at) {
    Attempt attempt;
    attempt.order = claimed.order.id;
    attempt.number = number;
    attempt.venue = "meteora";
    attempt.signature = claimed.order.id.to_string() + "-" + std::to_string(number);
    for (int i = 0; i < 300; ++i) attempt.signed_bytes.push_back(static_cast<std::uint8_t>(i * 7));
    attempt.last_valid_height = 250'000'150;
    attempt.anchor_slot = 270'000'000;
    attempt.quoted_in = Amount(10'000'000'000);
    attempt.quoted_out = Amount(Amount::most);
    attempt.opened_at = at;
    return attempt;
}

Attempt landed(Attempt attempt, Time at) {
    attempt.signed_bytes.clear();
    attempt.resolution = Resolution::landed_ok;
    attempt.closed_at = at;
    attempt.slot = 270'000'012;
    attempt.amount_in = Amount(10'000'000'000);
    attempt.amount_out = Amount(1'500'000'001);
    attempt.fee_lamports = 5'000;
    attempt.rent = Rent{2'039'280, 1'447'680};
    attempt.evidence = "finalized on two nodes";
    return attempt;
}

bool is_whole(const std::vector<OrderEvent>& events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (events[i].seq != i + 1) return false;
        if (events[i].ends_order() && i + 1 != events.size()) return false;
    }
    return true;
}

void check_store(const std::vector<StoreLaw>& laws,
                 const std::function<std::unique_ptr<StorePlace>()>& new_place) {
    for (const StoreLaw& law : laws) {
        CAPTURE(law.sentence);
        StoreWorld world(new_place());
        law.check(world);
    }
}

}  // namespace libexec::test
