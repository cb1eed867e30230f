#include "walk.hpp"

#include <algorithm>
#include <limits>

#include "../pools/pool_side.hpp"
#include "../pools/wide.hpp"
#include "../pools/wider.hpp"
#include "bin_price.hpp"

namespace libexec::meteora_dlmm_pool {

using namespace pools;

namespace {

constexpr std::uint64_t everything = std::numeric_limits<std::uint64_t>::max();

Rejection past_last_bin() {
    return reject(Reason::insufficient_liquidity, "the trade goes past the bins that a swap may use");
}

/// floor(amount * price), price in Q64.64.
std::optional<std::uint64_t> times(std::uint64_t amount, Wide price) {
    return as_u64(mul_shift(price, amount, 64));
}

std::optional<std::uint64_t> times_up(std::uint64_t amount, Wide price) {
    const auto whole = times(amount, price);
    const bool rest = static_cast<std::uint64_t>(multiply(price, amount).low) != 0;
    return whole && rest ? as_u64(Wide(*whole) + 1) : whole;
}

/// The fee of an amount that it is part of, rounded up.
std::uint64_t fee_within(std::uint64_t amount, std::uint64_t rate) {
    return static_cast<std::uint64_t>(div_up(Wide(amount) * rate, fee_whole));
}

/// The fee on top of an amount, rounded up; at most a ninth of it.
std::uint64_t fee_on_top(std::uint64_t amount, std::uint64_t rate) {
    return static_cast<std::uint64_t>(div_up(Wide(amount) * rate, fee_whole - rate));
}

/// A trade within one bin.
struct Taken {
    std::uint64_t in = 0;
    std::uint64_t out = 0;
    std::uint64_t fee = 0;
};

/// A bin as one trade meets it.
class Counter {
public:
    Counter(const Bin& bin, std::uint64_t rate, const Course& course)
        : price_(bin.price), layers_(bin.layers[course.x_to_y ? 1 : 0]), rate_(rate), course_(course) {}

    /// Gives up to `amount`. Nothing where the program's arithmetic refuses.
    std::optional<Taken> give(std::uint64_t amount) const {
        Taken taken;
        if (course_.fee_on_input) taken.fee = fee_within(amount, rate_);
        const std::uint64_t net = amount - taken.fee;
        const auto filled = fill(net);
        if (!filled) return std::nullopt;
        const bool emptied = filled->in < net;
        taken.in = amount;
        taken.out = filled->out;
        if (emptied) {
            if (course_.fee_on_input) taken.fee = fee_on_top(filled->in, rate_);
            const auto in = as_u64(Wide(filled->in) + (course_.fee_on_input ? taken.fee : 0));
            if (!in) return std::nullopt;
            taken.in = *in;
        }
        if (!course_.fee_on_input) {
            taken.fee = fee_within(taken.out, rate_);
            taken.out -= taken.fee;
        }
        return taken;
    }

    /// Takes up to `amount`, for the least that is given then.
    std::optional<Taken> take(std::uint64_t amount) const {
        const auto gross = as_u64(Wide(amount) + (course_.fee_on_input ? 0 : fee_on_top(amount, rate_)));
        if (!gross) return std::nullopt;
        if (*gross >= held()) return give(everything);
        const auto net = cost(*gross);
        const auto in =
            net ? as_u64(Wide(*net) + (course_.fee_on_input ? fee_on_top(*net, rate_) : 0)) : std::nullopt;
        auto taken = in ? give(*in) : std::nullopt;
        // What whole units of the input are worth beyond it stays in the pool.
        if (taken) taken->out = amount;
        return taken;
    }

private:
    struct Filled {
        std::uint64_t in = 0;
        std::uint64_t out = 0;
    };

    /// What an amount without its fee fills, each layer to its end before the next one is begun.
    std::optional<Filled> fill(std::uint64_t amount) const {
        Filled filled;
        std::uint64_t left = amount;
        for (const std::uint64_t layer : layers_) {
            if (layer == 0) continue;
            const auto most = worth(layer);
            if (!most) return std::nullopt;
            const bool whole = left >= *most;
            const auto paid = whole ? std::optional(layer) : paid_for(left);
            const auto out = paid ? as_u64(Wide(filled.out) + *paid) : std::nullopt;
            if (!out) return std::nullopt;
            filled.out = *out;
            filled.in += whole ? *most : left;
            left -= whole ? *most : left;
            if (left == 0) break;
        }
        return filled;
    }

    std::optional<std::uint64_t> cost(std::uint64_t out) const {
        Wide in = 0;
        for (const std::uint64_t layer : layers_) {
            const std::uint64_t part = std::min(layer, out);
            const auto most = worth(part);
            if (!most) return std::nullopt;
            in += *most;
            out -= part;
        }
        return as_u64(in);
    }

    Wide held() const { return Wide(layers_[0]) + layers_[1] + layers_[2]; }

    /// What is given for so much, rounded up.
    std::optional<std::uint64_t> worth(std::uint64_t out) const {
        return course_.x_to_y ? as_u64(div_up(Wide(out) << 64, price_)) : times_up(out, price_);
    }

    /// What is paid for so much, rounded down.
    std::optional<std::uint64_t> paid_for(std::uint64_t in) const {
        return course_.x_to_y ? times(in, price_) : as_u64((Wide(in) << 64) / price_);
    }

    Wide price_;
    const std::array<std::uint64_t, 3>& layers_;
    std::uint64_t rate_;
    const Course& course_;
};

/// False where the program's numbers do not hold the sum.
bool add(const Taken& taken, Walk& done) {
    const auto in = as_u64(Wide(done.in) + taken.in);
    const auto out = as_u64(Wide(done.out) + taken.out);
    const auto fee = as_u64(Wide(done.fee) + taken.fee);
    if (!in || !out || !fee) return false;
    done.in = *in;
    done.out = *out;
    done.fee = *fee;
    return true;
}

/// ceil(10000 * (1 - part / whole)), not below 0.
std::uint32_t shortfall_bps(const Wider& part, const Wider& whole) {
    if (part >= whole) return 0;
    return static_cast<std::uint32_t>(divide(Wider((whole - part) * Bps::whole), whole, true));
}

}  // namespace

Result<Walk> walk(const Terrain& terrain, const FeeRate& rate, std::uint64_t amount, const Course& course) {
    const bool is_input = course.fixed == Fixed::input;
    const std::int32_t next = course.x_to_y ? -1 : 1;
    Walk done;
    std::uint64_t left = amount;
    std::int32_t bin = terrain.active;
    for (const BinArray* array : terrain.arrays) {
        // Arrays without liquidity are skipped, and with them all their bins.
        bin = std::clamp(bin, array->first(), array->last());
        while (bin >= array->first() && bin <= array->last()) {
            const Bin& here = array->bins[static_cast<std::size_t>(bin - array->first())];
            if (here.pays(course.x_to_y)) {
                const Counter counter(here, rate.in_bin(bin), course);
                const auto taken = is_input ? counter.give(left) : counter.take(left);
                if (!taken || !add(*taken, done)) return beyond_numbers();
                done.price = here.price;
                left -= is_input ? taken->in : taken->out;
                if (left == 0) return done;
                ++done.crossings;
            }
            bin += next;
            if (bin < terrain.lowest || bin > terrain.highest) return past_last_bin();
        }
    }
    return past_last_bin();
}

std::uint32_t impact_bps(Wide price, const Walk& walked, const Course& course) {
    const std::uint64_t fee_in = course.fee_on_input ? walked.fee : 0;
    const Wider given = wider(Wide(walked.in - fee_in));
    const Wider paid = wider(Wide(walked.out) + walked.fee - fee_in);
    const Wider before = wider(price);
    const Wider after = wider(walked.price);
    const std::uint32_t by_amounts = course.x_to_y ? shortfall_bps(Wider(paid << 64), Wider(given * before))
                                                   : shortfall_bps(Wider(paid * before), Wider(given << 64));
    const std::uint32_t by_price =
        course.x_to_y ? shortfall_bps(after, before) : shortfall_bps(before, after);
    return std::min(by_amounts, by_price);
}

}  // namespace libexec::meteora_dlmm_pool
