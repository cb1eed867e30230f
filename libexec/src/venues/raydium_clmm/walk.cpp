#include "walk.hpp"

#include <algorithm>

#include "../pools/pool_side.hpp"
#include "../pools/wide.hpp"
#include "array_map.hpp"
#include "tick_price.hpp"

namespace libexec::raydium_clmm_pool {

using namespace pools;

namespace {

/// A transaction has compute for some hundred steps.
constexpr int steps_most = 4'096;

/// The search for the next tick in use.
class Ticks {
public:
    Ticks(const Terrain& terrain, bool a_to_b) : terrain_(terrain), a_to_b_(a_to_b), from_(terrain.tick) {}

    /// Goes to the next one. Errors: insufficient_liquidity past the last array; bad_account when an array
    /// that is said to have ticks has none.
    Result<Done> find() {
        const auto& arrays = terrain_.arrays;
        if (array_ >= arrays.size()) return past_last_array();
        if (arrays[array_]->start == array_start_of(from_, terrain_.spacing) && find_behind(*arrays[array_]))
            return Done{};
        // Before the first array there is no other one to come from.
        if (array_ > 0 || terrain_.begins_at_tick || passed_) ++array_;
        if (array_ >= arrays.size()) return past_last_array();
        const auto& ticks = arrays[array_]->ticks;
        if (ticks.empty())
            return reject(Reason::bad_account, "the bitmap of the pool shows ticks where the array has none");
        found_ = a_to_b_ ? &ticks.back() : &ticks.front();
        passed_ = true;
        return Done{};
    }

    const Tick& tick() const { return *found_; }

    /// The price is at the tick that was found: the search goes on behind it.
    void pass() { from_ = a_to_b_ ? found_->at - 1 : found_->at; }

private:
    static Rejection past_last_array() {
        return reject(Reason::insufficient_liquidity,
                      "the trade goes past the last tick array, or the last that a swap may use");
    }

    bool find_behind(const TickArray& array) {
        const auto above = std::find_if(array.ticks.begin(), array.ticks.end(),
                                        [this](const Tick& tick) { return tick.at > from_; });
        if (above == (a_to_b_ ? array.ticks.begin() : array.ticks.end())) return false;
        found_ = &*(a_to_b_ ? above - 1 : above);
        passed_ = true;
        return true;
    }

    const Terrain& terrain_;
    bool a_to_b_;
    std::size_t array_ = 0;
    bool passed_ = false;  ///< a tick was found
    std::int32_t from_;
    const Tick* found_ = nullptr;
};

/// A trade on its way.
class Trade {
public:
    Trade(const Terrain& terrain, FeeRate rate, std::uint64_t amount, const Course& course)
        : terrain_(terrain),
          rate_(rate),
          course_(course),
          left_(amount),
          limit_(course.a_to_b ? least_price + 1 : most_price - 1) {
        done_.price = terrain.price;
        done_.liquidity = terrain.liquidity;
    }

    Result<Walk> go() {
        const bool a_to_b = course_.a_to_b;
        if (a_to_b ? done_.price <= limit_ : done_.price >= limit_)
            return reject(Reason::insufficient_liquidity, "the price is at the end of all ticks");
        Ticks ticks(terrain_, a_to_b);
        while (left_ > 0 && done_.price != limit_) {
            if (const auto found = ticks.find(); !found) return found.error();
            if (const auto reached = go_to(ticks.tick()); !reached) return reached.error();
            ticks.pass();
        }
        if (left_ > 0)
            return reject(Reason::insufficient_liquidity,
                          "the trade drives the price to the end of all ticks");
        if (done_.exchange.in == 0 || done_.exchange.out == 0) return nothing_left("take or pay nothing");
        return done_;
    }

private:
    /// Trades until the price is at the tick, its orders and liquidity with it, or nothing is left.
    Result<Done> go_to(const Tick& tick) {
        const bool a_to_b = course_.a_to_b;
        const Wide next_price = price_of_tick(tick.at);
        const Wide target = a_to_b ? std::max(limit_, next_price) : std::min(limit_, next_price);
        if (a_to_b ? target > done_.price : target < done_.price)
            return reject(Reason::bad_account, "the ticks of the pool contradict its price");
        while (true) {
            if (++steps_ > steps_most)
                return reject(Reason::insufficient_liquidity,
                              "the trade takes more steps than a transaction has compute for");
            const std::uint32_t rate = rate_.enter_group();
            const FeeRate::Bound bound = rate_.bound(target, done_.liquidity, a_to_b);
            if (bound.price != done_.price) {
                const auto step = take_step(left_, rate, done_.liquidity, done_.price, bound.price, course_);
                if (!step) return step.error();
                if (!add(step.value().exchange)) return beyond_numbers();
                done_.price = step.value().price;
            }
            if (done_.price == next_price) {
                if (const auto crossed = cross(tick, rate); !crossed) return crossed.error();
            }
            rate_.leave_group(bound, tick.at, a_to_b);
            if (left_ == 0 || done_.price == target) return Done{};
        }
    }

    /// At a tick its limit orders come first; what liquidity begins or ends there does so behind them.
    Result<Done> cross(const Tick& tick, std::uint32_t rate) {
        const auto match = match_orders(left_, rate, tick.orders, done_.price, course_);
        if (!match) return match.error();
        if (!add(match.value().exchange)) return beyond_numbers();
        if (match.value().left > 0) return left_ == 0 ? Result(Done{}) : Result<Done>(beyond_numbers());
        if (!tick.has_liquidity) return Done{};
        const auto after = liquidity_beyond(done_.liquidity, tick.net, course_.a_to_b);
        if (!after) return after.error();
        done_.liquidity = after.value();
        ++done_.crossings;
        return Done{};
    }

    /// False when it is more than is left, or than 64 bits hold.
    bool add(const Exchange& exchange) {
        const Wide given = Wide(exchange.in) + (course_.fee_on_input ? exchange.fee : 0);
        const Wide used = course_.fixed == Fixed::input ? given : Wide(exchange.out);
        const auto in = as_u64(given + done_.exchange.in);
        const auto out = as_u64(Wide(exchange.out) + done_.exchange.out);
        const auto fee = as_u64(Wide(exchange.fee) + done_.exchange.fee);
        if (used > left_ || !in || !out || !fee) return false;
        left_ -= static_cast<std::uint64_t>(used);
        done_.exchange = {*in, *out, *fee};
        return true;
    }

    const Terrain& terrain_;
    FeeRate rate_;
    Course course_;
    std::uint64_t left_;
    Wide limit_;
    Walk done_;
    int steps_ = 0;
};

}  // namespace

Result<Walk> walk(const Terrain& terrain, FeeRate rate, std::uint64_t amount, const Course& course) {
    return Trade(terrain, rate, amount, course).go();
}

}  // namespace libexec::raydium_clmm_pool
