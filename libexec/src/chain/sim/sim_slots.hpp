#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "libexec/base/clock.hpp"
#include "libexec/model/money.hpp"

namespace libexec {

/// The simulated chain's own clock.
/// Unit: slots of 400 ms of chain time; chain time runs 1'000'000 / time_scale_ppm times as fast as the wall.
class SimSlots {
public:
    static constexpr std::uint64_t first = 300'000'000;
    /// Slots without a block before the first one of ours. Far from zero, so that taking one for the other
    /// shows.
    static constexpr std::uint64_t skipped = 21'900'000;
    static constexpr std::uint64_t finality_lag = 3;
    static constexpr std::uint64_t slot_us = 400'000;

    static constexpr std::uint64_t height_of(std::uint64_t slot) { return slot - skipped; }
    static constexpr std::uint64_t slot_of(std::uint64_t height) { return height + skipped; }

    SimSlots(const Clock& clock, std::uint32_t time_scale_ppm) : clock_(clock), scale_ppm_(time_scale_ppm) {
        base_at_ = clock_.now();
    }

    bool waits() const { return scale_ppm_ > 0; }

    /// A chain whose slot `slot` began at `at` and that ran at `scale_ppm` until now, with `seen` the last
    /// slot on record. Carries on from where it must have got to, within a slot too; never goes back,
    /// whatever the wall clock does.
    void carry_on(std::uint64_t slot, Time at, std::uint64_t scale_ppm, std::uint64_t seen) {
        const std::uint64_t ran_us = chain_us(at, scale_ppm);
        base_slot_ = std::max(seen, slot + ran_us / slot_us);
        last_ = base_slot_;
        if (base_slot_ > slot + ran_us / slot_us) return;
        const std::uint64_t into_slot_us = ran_us % slot_us * scale_ppm_ / 1'000'000;
        base_at_ -= std::chrono::microseconds(static_cast<std::int64_t>(into_slot_us));
    }

    /// When the slot the chain was opened in began.
    std::uint64_t base_slot() const { return base_slot_; }
    Time base_at() const { return base_at_; }

    std::uint64_t now() {
        if (waits()) last_ = std::max(last_, base_slot_ + chain_us(base_at_, scale_ppm_) / slot_us);
        return last_;
    }

    /// The first slot that begins `later_us` of chain time from now, or after.
    std::uint64_t after(std::uint64_t later_us) {
        if (!waits()) return last_ + (later_us + slot_us - 1) / slot_us;
        return base_slot_ + (chain_us(base_at_, scale_ppm_) + later_us + slot_us - 1) / slot_us;
    }

    /// From now on no slot passes.
    void halt() {
        now();
        halted_at_ = clock_.now();
    }
    bool halted() const { return halted_at_.has_value(); }
    /// The chain went on at `at`, which is not before it was halted.
    void go_on(Time at) {
        base_at_ += std::max(at, *halted_at_) - *halted_at_;
        halted_at_.reset();
    }

    /// Without waiting, time is what happens: each event is a slot.
    void tick() {
        if (!waits() && !halted()) ++last_;
    }
    void leap_to(std::uint64_t slot) {
        if (!waits() && !halted()) last_ = std::max(last_, slot);
    }

private:
    std::uint64_t chain_us(Time since, std::uint64_t scale_ppm) const {
        const Time now = halted_at_.value_or(clock_.now());
        if (scale_ppm == 0 || now <= since) return 0;
        const Wide wall_us = static_cast<std::uint64_t>((now - since).count());
        const Wide chain = wall_us * 1'000'000 / scale_ppm;
        return chain > Amount::most ? Amount::most : static_cast<std::uint64_t>(chain);
    }

    const Clock& clock_;
    const std::uint32_t scale_ppm_;
    Time base_at_;
    std::optional<Time> halted_at_;
    std::uint64_t base_slot_ = first;
    std::uint64_t last_ = first;
};

}  // namespace libexec
