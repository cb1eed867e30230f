#include <doctest/doctest.h>

#include <algorithm>

#include "support/store_conformance_world.hpp"

// The promises about reading, each on a new store with nothing in it.

namespace libexec::test {
namespace {

using namespace std::chrono_literals;

void keeps_every_field(StoreWorld& world) {
    for (int i = 0; i < 100; ++i) {
        CAPTURE(i);
        const Acceptance asked = world.any_acceptance();
        REQUIRE(world.accept(asked).kind == AcceptAnswer::Kind::accepted);
        CHECK(world.record(asked.order.id).order == asked.order);
        CHECK(world.events(asked.order.id) == std::vector{asked.opened});

        // What a step may change, taken from another order.
        std::optional<Claimed> claimed = world.claim_order(asked.order.id);
        REQUIRE(claimed);
        CHECK(claimed->order == asked.order);
        Step step = step_to(*claimed, OrderStatus::routing, world.clock.now());
        Order after = world.any_acceptance().order;
        after.id = asked.order.id;
        after.number = asked.order.number;
        after.request = asked.order.request;
        after.correlation_id = asked.order.correlation_id;
        after.trace_id = asked.order.trace_id;
        after.account = asked.order.account;
        after.created_at = asked.order.created_at;
        after.status = OrderStatus::routing;
        after.last_seq = 2;
        after.updated_at = world.clock.now() + 1s;
        step.after = after;
        CHECK(world.commit(step) == StepAnswer::committed);
        CHECK(world.record(asked.order.id).order == after);
    }
}

void keeps_every_event(StoreWorld& world) {
    std::vector<OrderEvent> told;
    Claimed claimed = world.claimed();
    told.push_back(*world.bus.heard().front());
    const auto tell = [&](Step step) {
        told.insert(told.end(), step.events.begin(), step.events.end());
        claimed.order = step.after;
        CHECK(world.commit(std::move(step)) == StepAnswer::committed);
    };
    const auto annotate = [&](Step& step, EventKind kind, EventData data) {
        OrderEvent event = step.events.back();
        event.seq += 1;
        event.kind = kind;
        event.data = std::move(data);
        step.after.last_seq = event.seq;
        step.events.push_back(std::move(event));
    };
    Step routing = step_to(claimed, OrderStatus::routing, world.clock.now());
    annotate(routing, EventKind::cancel_requested, NoteData{"the trader asked"});
    routing.events.back().correlation_id = "from elsewhere";
    tell(routing);
    tell(step_to(claimed, OrderStatus::building, world.clock.now()));
    Step submitted = step_to(claimed, OrderStatus::submitted, world.clock.now());
    submitted.opens = attempt_of(claimed, 1, world.clock.now());
    annotate(submitted, EventKind::in_doubt, NoteData{"no word for 30 s"});
    submitted.events.back().in_doubt = true;
    annotate(submitted, EventKind::parked, NoteData{"it was taken up 5 times and got nowhere"});
    submitted.events.back().next_retry_at = world.clock.now() + 15s;
    tell(submitted);
    Step retry = step_to(claimed, OrderStatus::pending, world.clock.now());
    retry.closes = landed(*submitted.opens, world.clock.now());
    retry.events.front().attempt = 2;
    retry.events.front().attempts_max = 7;
    retry.events.front().next_retry_at = world.clock.now() + 2s;
    tell(retry);
    tell(step_to(claimed, OrderStatus::failed, world.clock.now()));

    CHECK(world.events(claimed.order.id) == told);
    CHECK(is_whole(told));
    CHECK(world.bus.heard_of(claimed.order.id).size() == told.size());
}

void pages_through_events(StoreWorld& world) {
    Claimed claimed = world.claimed();
    for (int i = 0; i < 24; ++i) {
        Step step = step_to(claimed, OrderStatus::routing, world.clock.now());
        step.events.front().kind = EventKind::in_doubt;
        step.events.front().data = NoteData{"still waiting"};
        claimed.order = step.after;
        REQUIRE(world.commit(step) == StepAnswer::committed);
    }
    std::vector<OrderEvent> read;
    for (;;) {
        const std::vector<OrderEvent> page =
            world.events(claimed.order.id, static_cast<std::uint32_t>(read.size()), 10);
        if (page.empty()) break;
        CHECK(page.size() <= 10);
        read.insert(read.end(), page.begin(), page.end());
    }
    CHECK(read.size() == 25);
    CHECK(is_whole(read));
    CHECK(world.events(claimed.order.id, 25).empty());
    CHECK(world.events(claimed.order.id, 0, 0).empty());
    CHECK(world.events(world.ids.next()).empty());
}

bool wanted(const OrderFilter& filter, const Order& order) {
    return filter.viewer.sees(order.account) && (!filter.status || order.status == *filter.status) &&
           (filter.token_in.empty() || order.request.token_in.mint.to_string() == filter.token_in) &&
           (filter.token_out.empty() || order.request.token_out.mint.to_string() == filter.token_out) &&
           (filter.venue.empty() || order.venue == filter.venue) &&
           (filter.client_id.empty() || order.request.client_id == filter.client_id) &&
           (!filter.since || order.created_at >= *filter.since) &&
           (!filter.id_from || order.id >= *filter.id_from) && (!filter.id_to || order.id <= *filter.id_to) &&
           (!filter.before || order.id < *filter.before);
}

void lists_what_was_asked(StoreWorld& world) {
    const std::vector<std::string> accounts{"", "acme", "zeta"};
    std::vector<Order> orders;
    for (int i = 0; i < 120; ++i) {
        Acceptance asked = world.acceptance();
        Order& order = asked.order;
        if (world.random.below(2) == 0) std::swap(order.request.token_in, order.request.token_out);
        order.request.client_id = world.random.below(2) == 0 ? "desk" : "";
        order.account = asked.opened.account = accounts[world.random.below(accounts.size())];
        REQUIRE(world.accept(asked).kind == AcceptAnswer::Kind::accepted);
        std::optional<Claimed> claimed = world.claim_order(order.id);
        REQUIRE(claimed);
        const auto status = order_statuses[world.random.below(order_statuses.size())];
        Step step = step_to(*claimed, status, world.clock.now());
        step.after.venue = world.random.below(2) == 0 ? "meteora" : "raydium";
        REQUIRE(world.commit(step) == StepAnswer::committed);
        orders.push_back(step.after);
        world.clock.pass(std::chrono::milliseconds(world.random.below(120'000)));
    }
    std::sort(orders.begin(), orders.end(), [](const Order& a, const Order& b) { return a.id > b.id; });

    const auto check = [&](const OrderFilter& filter) {
        std::vector<OrderId> expected;
        for (const Order& order : orders) {
            if (wanted(filter, order) && expected.size() < filter.limit) expected.push_back(order.id);
        }
        std::vector<OrderId> listed;
        const auto answer = await(world.store->list(filter));
        for (const OrderRecord& record : answer.value()) listed.push_back(record.order.id);
        CHECK(listed == expected);
    };
    check(OrderFilter{});
    OrderFilter nothing;
    nothing.limit = 0;
    check(nothing);
    const std::string sol = orders.front().request.token_in.mint.to_string();
    const std::string usdc = orders.front().request.token_out.mint.to_string();
    for (int i = 0; i < 200; ++i) {
        CAPTURE(i);
        const auto maybe = [&world] { return world.random.below(3) == 0; };
        OrderFilter filter;
        if (maybe()) filter.status = order_statuses[world.random.below(order_statuses.size())];
        if (maybe()) filter.token_in = maybe() ? sol : usdc;
        if (maybe()) filter.token_out = maybe() ? sol : usdc;
        if (maybe()) filter.venue = maybe() ? "meteora" : "nowhere";
        if (maybe()) filter.viewer = Viewer(maybe() ? "nobody" : accounts[world.random.below(3)]);
        if (maybe()) filter.client_id = maybe() ? "desk" : "fund";
        if (maybe()) filter.since = orders[world.random.below(orders.size())].created_at;
        if (maybe()) filter.id_from = orders[world.random.below(orders.size())].id;
        if (maybe()) filter.id_to = orders[world.random.below(orders.size())].id;
        if (maybe()) filter.before = orders[world.random.below(orders.size())].id;
        filter.limit = world.random.below(150);
        check(filter);
    }
    OrderFilter no_mint;
    no_mint.token_in = "not a mint";
    CHECK(await(world.store->list(no_mint)).value().empty());
}

void pages_through_orders(StoreWorld& world) {
    for (int i = 0; i < 23; ++i) world.accepted();
    OrderFilter filter;
    filter.limit = 5;
    std::vector<OrderId> seen;
    for (;;) {
        const auto page = await(world.store->list(filter));
        if (page.value().empty()) break;
        for (const OrderRecord& record : page.value()) seen.push_back(record.order.id);
        filter.before = seen.back();
        if (seen.size() == 10) world.accepted();  // newer ones do not disturb the pages
    }
    CHECK(seen.size() == 23);
    CHECK(std::is_sorted(seen.rbegin(), seen.rend()));
}

void lists_attempts(StoreWorld& world) {
    Claimed claimed = world.claimed();
    const Attempt attempt = world.submit(claimed);
    const auto listed = await(world.store->list(OrderFilter{}));
    REQUIRE(listed.value().size() == 1);
    const OrderRecord& record = listed.value().front();
    REQUIRE(record.attempts.size() == 1);
    CHECK(record.attempts[0].signature == attempt.signature);
    CHECK(record.attempts[0].signed_bytes.empty());
    CHECK(record.order == claimed.order);
}

void counts_the_queue(StoreWorld& world) {
    const auto counts = [&world] { return await(world.store->counts()).value(); };
    CHECK(!counts().oldest_waiting);
    std::vector<Claimed> claimed;
    for (const OrderStatus end :
         {OrderStatus::confirmed, OrderStatus::failed, OrderStatus::cancelled, OrderStatus::expired}) {
        Claimed one = world.claimed();
        world.move(one, end);
    }
    const Claimed retried = world.claimed();
    Step release = step_to(retried, OrderStatus::pending, world.clock.now());
    release.job.kind = JobChange::Kind::release;
    release.job.visible_at = world.clock.now() + 10s;
    CHECK(world.commit(release) == StepAnswer::committed);
    world.claimed();
    world.claimed();
    const Time oldest = world.clock.now();
    world.accepted();
    world.clock.pass(1s);
    world.accepted();
    world.accepted();

    QueueCounts now = counts();
    CHECK(now.waiting == 3);
    CHECK(now.delayed == 1);
    CHECK(now.active == 2);
    CHECK(now.completed == 1);
    CHECK(now.failed == 3);
    CHECK(now.oldest_waiting == oldest);
    CHECK(world.store->live_orders() == 6);
    CHECK(world.store->last_number() == 10);
    world.clock.pass(10s);
    now = counts();
    CHECK(now.waiting == 4);
    CHECK(now.delayed == 0);
}

void shows_each_account_its_own(StoreWorld& world) {
    const std::vector<std::string> accounts{"", "acme", "acm", "Acme", "o'b\\\"{}"};
    std::vector<Order> orders;
    for (const std::string& account : accounts) {
        Acceptance asked = world.acceptance();
        asked.order.account = asked.opened.account = account;
        REQUIRE(world.accept(asked).kind == AcceptAnswer::Kind::accepted);
        orders.push_back(asked.order);
    }
    const auto listed = [&world](const Viewer& viewer) {
        OrderFilter filter;
        filter.viewer = viewer;
        return await(world.store->list(filter)).value();
    };
    for (const std::string& account : accounts) {
        CAPTURE(account);
        const Viewer viewer(account);
        for (const Order& order : orders) {
            CAPTURE(order.account);
            const bool own = order.account == account;
            const auto loaded = await(world.store->load(order.id, viewer)).value();
            CHECK(loaded.has_value() == own);
            if (loaded) CHECK(loaded->order == order);
            const auto events = await(world.store->events_after(order.id, 0, 10, viewer)).value();
            CHECK(events.size() == (own ? 1 : 0));
            if (own) CHECK(events.front()->account == account);
        }
        const auto own = listed(viewer);
        REQUIRE(own.size() == 1);
        CHECK(own.front().order.account == account);
    }
    CHECK(listed(Viewer("nobody")).empty());
    CHECK(listed(Viewer()).size() == accounts.size());
    CHECK(await(world.store->load(orders[1].id, Viewer())).value().has_value());
    CHECK(await(world.store->events_after(orders[1].id, 0, 10, Viewer())).value().size() == 1);
}

}  // namespace

const std::vector<StoreLaw>& store_read_laws() {
    static const std::vector<StoreLaw> laws{
        {"every field of an order comes back as it was written", keeps_every_field},
        {"every event comes back as it was told", keeps_every_event},
        {"the events of an order can be read page by page", pages_through_events},
        {"a list holds what was asked for, newest first", lists_what_was_asked},
        {"orders can be read page by page while new ones arrive", pages_through_orders},
        {"a listed order shows its attempts, without the signed bytes", lists_attempts},
        {"an account sees its own orders and no others", shows_each_account_its_own},
        {"the queue is counted by what its jobs wait for", counts_the_queue},
    };
    return laws;
}

}  // namespace libexec::test
