#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libexec/embed/open.hpp"
#include "support/spawn.hpp"
#include "support/temp_dir.hpp"

namespace libexec::test {

using namespace std::chrono_literals;

inline Config unlucky_world(const TempDir& dir) {
    Config config;
    config.database_url = "sqlite:" + dir.file("exec.db");
    config.mock_seed = 42;
    config.mock_time_scale_ppm = 0;
    config.retry_base = 0ms;
    return config;
}

/// The same, where nothing fails by bad luck.
inline Config lucky_world(const TempDir& dir) {
    Config config = unlucky_world(dir);
    config.mock_failure_rate_ppm = 0;
    return config;
}

inline OrderRequest swap(const Service& service, std::uint64_t lamports, std::string client_order_id = {}) {
    OrderRequest request;
    request.token_in = *service.tokens().find("SOL");
    request.token_out = *service.tokens().find("USDC");
    request.native_in = true;
    request.amount = Amount(lamports);
    request.slippage = Bps::of(100).value();
    request.client_order_id = std::move(client_order_id);
    return request;
}

/// What a follower saw of one order.
struct Story {
    OrderId id;
    std::vector<CommittedEvent> events;
    EventBatch::End end = EventBatch::End::none;
    std::string trouble;
};

inline Task<void> submit_and_follow(Service& service, OrderRequest request, Story& story, Executor reader) {
    SubmitOptions options;
    Result<Submitted> submitted = co_await service.submit(std::move(request), std::move(options));
    if (!submitted) {
        story.trouble = submitted.error().detail;
        co_return;
    }
    story.id = submitted.value().order;
    const std::shared_ptr<EventStream> stream = service.follow(story.id, 0, reader);
    while (story.end == EventBatch::End::none) {
        Result<EventBatch> batch = co_await stream->next();
        if (!batch) {
            story.trouble = batch.error().detail;
            co_return;
        }
        story.events.insert(story.events.end(), batch.value().events.begin(), batch.value().events.end());
        story.end = batch.value().end;
    }
}

inline std::vector<Story> run(Service& service, const std::vector<OrderRequest>& requests,
                              std::size_t at_once) {
    std::vector<Story> stories(requests.size());
    for (std::size_t from = 0; from < requests.size(); from += at_once) {
        asio::io_context io(1);
        for (std::size_t i = from; i < std::min(requests.size(), from + at_once); ++i) {
            spawn(io, submit_and_follow(service, requests[i], stories[i], io.get_executor()));
        }
        io.run();
    }
    return stories;
}

template <class T>
T await(asio::io_context& io, Task<T> task) {
    std::optional<T> answer;
    spawn(io, keep_answer(std::move(task), answer));
    io.restart();
    io.run();
    REQUIRE(answer);
    return std::move(*answer);
}

template <class T>
T await(Task<T> task) {
    asio::io_context io(1);
    return await(io, std::move(task));
}

}  // namespace libexec::test
