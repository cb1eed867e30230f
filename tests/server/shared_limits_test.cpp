#include "libexec/engine/shared_limits.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <utility>
#include <vector>

#include "libexec/base/uuid.hpp"
#include "rate_limiter.hpp"
#include "socket_limiter.hpp"
#include "support/sim_time.hpp"

using namespace libexec;
using namespace libexec::server;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

/// Answers what it is told to, once each; afterwards it cannot be read.
class ScriptedLimits final : public SharedLimits {
public:
    Task<Result<Verdict>> take(std::string key, std::uint32_t per_minute) override {
        asked.emplace_back(std::move(key), per_minute);
        co_return next();
    }
    Task<Result<Verdict>> join(OrderId, std::string address, std::uint32_t most) override {
        asked.emplace_back(std::move(address), most);
        co_return next();
    }
    void leave(const OrderId&, const std::string& address) override { left.push_back(address); }

    std::deque<Verdict> answers;
    std::vector<std::pair<std::string, std::uint32_t>> asked;
    std::vector<std::string> left;

private:
    Result<Verdict> next() {
        if (answers.empty()) return reject(Reason::service_unavailable, "the script is over");
        const Verdict verdict = answers.front();
        answers.pop_front();
        return verdict;
    }
};

struct Rate {
    RateLimiter::Answer take(Client client) { return time.run(limiter.take(std::move(client))); }

    SimTime time;
    ScriptedLimits all;
    RateLimiter limiter{60, time, 10'000, &all};
};

struct Sockets {
    std::optional<SocketLimiter::Place> join(const std::string& address) {
        return time.run(limiter.join(order, address));
    }

    SimTime time;
    OrderId order = UuidGenerator(time, 1).next();
    ScriptedLimits all;
    SocketLimiter limiter{2, &all};
};

}  // namespace

TEST_SUITE("server/shared rate") {
    TEST_CASE("what all nodes took counts here, in the answer and from then on") {
        Rate rate;
        rate.all.answers = {{true, 50s}};  // 50 of 60 tokens are gone, this one among them
        const auto answer = rate.take("10.0.0.1");
        CHECK(answer.allowed);
        CHECK(answer.remaining == 10);
        CHECK(rate.all.asked.front() == std::pair(std::string("10.0.0.1"), 60U));
        CHECK(rate.limiter.look("10.0.0.1").remaining == 10);
        CHECK(rate.limiter.look("10.0.0.2").remaining == 60);
    }

    TEST_CASE("a bucket that others emptied refuses here, is counted, and says when to come back") {
        Rate rate;
        rate.all.answers = {{false, 60s}};
        const auto answer = rate.take("10.0.0.1");
        CHECK_FALSE(answer.allowed);
        CHECK(answer.remaining == 0);
        CHECK(answer.retry_after == 1s);
        CHECK(rate.limiter.refused() == 1);
        // Until then nobody needs to be asked.
        CHECK_FALSE(rate.take("10.0.0.1").allowed);
        CHECK(rate.all.asked.size() == 1);
        rate.time.pass(1s);
        rate.all.answers = {{true, 60s}};
        CHECK(rate.take("10.0.0.1").allowed);
    }

    TEST_CASE("while the counts of all cannot be read this node goes by its own") {
        Rate rate;
        for (int i = 0; i < 60; ++i) CHECK(rate.take("10.0.0.1").allowed);
        CHECK_FALSE(rate.take("10.0.0.1").allowed);
        CHECK(rate.all.asked.size() == 60);
    }

    TEST_CASE("a key's own limit is the one that is asked for, and none at all asks nobody") {
        Rate rate;
        Client key("key abc");
        key.by_key = true;
        key.per_minute = 600;
        rate.all.answers = {{true, 30s}};
        CHECK(rate.take(key).remaining == 300);
        CHECK(rate.all.asked.front() == std::pair(std::string("key abc"), 600U));
        key.per_minute = 0;
        CHECK(rate.take(key).allowed);
        CHECK(rate.all.asked.size() == 1);
    }

    TEST_CASE("past the bound newcomers share a bucket, which one of them cannot empty for the others") {
        Rate rate;
        RateLimiter small(60, rate.time, 1, &rate.all);
        CHECK(rate.time.run(small.take("10.0.0.1")).allowed);
        rate.all.answers = {{false, 60s}};
        CHECK_FALSE(rate.time.run(small.take("10.0.0.2")).allowed);
        CHECK(small.look("10.0.0.3").allowed);
    }
}

TEST_SUITE("server/shared sockets") {
    TEST_CASE("a place that all nodes know is given back to all") {
        Sockets sockets;
        sockets.all.answers = {{true, 0us}};
        {
            const auto place = sockets.join("10.0.0.1");
            CHECK(place);
            CHECK(sockets.all.asked.front() == std::pair(std::string("10.0.0.1"), 2U));
            CHECK(sockets.all.left.empty());
        }
        CHECK(sockets.all.left == std::vector<std::string>{"10.0.0.1"});
    }

    TEST_CASE("refused by all leaves no trace here") {
        Sockets sockets;
        sockets.all.answers = {{false, 0us}, {true, 0us}, {true, 0us}};
        CHECK_FALSE(sockets.join("10.0.0.1"));
        CHECK(sockets.all.left.empty());
        const auto one = sockets.join("10.0.0.1");
        const auto two = sockets.join("10.0.0.1");
        CHECK(one);
        CHECK(two);
    }

    TEST_CASE("a place given while all could not be read is this node's alone, and so is its end") {
        Sockets sockets;
        {
            const auto one = sockets.join("10.0.0.1");
            const auto two = sockets.join("10.0.0.1");
            CHECK(one);
            CHECK(two);
            CHECK_FALSE(sockets.join("10.0.0.1"));
            CHECK(sockets.all.asked.size() == 2);
        }
        CHECK(sockets.all.left.empty());
    }

    TEST_CASE("a place that outlives the shared counts does not touch them") {
        Sockets sockets;
        sockets.all.answers = {{true, 0us}};
        {
            const auto place = sockets.join("10.0.0.1");
            CHECK(place);
            sockets.limiter.part();
        }
        CHECK(sockets.all.left.empty());
        CHECK(sockets.join("10.0.0.1"));
        CHECK(sockets.all.asked.size() == 1);
    }
}
