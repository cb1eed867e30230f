#include "event_frames.hpp"

#include <doctest/doctest.h>

#include <thread>

#include "libexec/base/uuid.hpp"
#include "libexec/json/event_codec.hpp"

using namespace libexec;
using namespace libexec::server;

namespace {

CommittedEvent event_of(const OrderId& order, std::uint32_t seq) {
    OrderEvent event;
    event.order = order;
    event.seq = seq;
    event.status = seq == 1 ? OrderStatus::pending : OrderStatus::routing;
    return std::make_shared<const OrderEvent>(std::move(event));
}

const SystemClock real_clock;

}  // namespace

TEST_SUITE("server/event_frames") {
    TEST_CASE("an event is encoded once, and sockets share its frame") {
        EventFrames frames;
        UuidGenerator ids(real_clock, 1);
        const CommittedEvent event = event_of(ids.next(), 1);
        const WsFrame frame = frames.frame_of(event);
        CHECK(*frame == *text_frame(encode_event(*event)));
        CHECK(frames.frame_of(event) == frame);
    }

    TEST_CASE("frames link to transactions where there is an explorer") {
        const Explorer explorer = Explorer::of("https://example.com/tx/{signature}").value();
        EventFrames frames(explorer);
        OrderEvent event;
        event.status = OrderStatus::submitted;
        event.data = SubmittedData{"5sig", 7};
        const CommittedEvent sent = std::make_shared<const OrderEvent>(event);
        CHECK(*frames.frame_of(sent) == *text_frame(encode_event(event, explorer)));
        CHECK(encode_event(event, explorer) != encode_event(event));
    }

    TEST_CASE("every event gets its own words, also where they share a place, from any thread") {
        EventFrames frames;
        UuidGenerator ids(real_clock, 1);
        std::vector<CommittedEvent> events;
        for (int i = 0; i < 200; ++i) {
            const OrderId order = ids.next();
            for (std::uint32_t seq = 1; seq <= 3; ++seq) events.push_back(event_of(order, seq));
        }
        std::atomic<int> wrong = 0;
        const auto check_all = [&] {
            for (const CommittedEvent& event : events)
                if (*frames.frame_of(event) != *text_frame(encode_event(*event))) ++wrong;
        };
        std::thread other(check_all);
        check_all();
        other.join();
        CHECK(wrong == 0);
    }
}
