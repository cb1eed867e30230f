#include "libexec/venues/sim/sim_venue.hpp"

#include <algorithm>
#include <cassert>

#include "libexec/base/random.hpp"
#include "libexec/model/sim_message.hpp"
#include "libexec/venues/sim/sim_pool.hpp"
#include "libexec/venues/sim/sim_prices.hpp"

namespace libexec {
namespace {

constexpr std::uint64_t ppm = 1'000'000;
constexpr std::uint64_t attempt_band_ppm = 2'500;
constexpr std::uint64_t sol_lamports = 1'000'000'000;
constexpr std::uint64_t signature_fee_lamports = 5'000;         // what the simulated chain takes
constexpr std::uint64_t reserve_most = std::uint64_t{1} << 62;  // leaves room for the band below Amount::most

enum class Trouble : std::uint8_t { none, error, silence };

Wide pow10(unsigned exponent) {
    Wide power = 1;
    for (unsigned i = 0; i < exponent; ++i) power *= 10;
    return power;
}

std::chrono::microseconds scaled(std::chrono::microseconds span, std::uint32_t scale_ppm) {
    return std::chrono::microseconds(span.count() * scale_ppm / static_cast<std::int64_t>(ppm));
}

/// A reserve moved by `shift`: up by (1 + shift), down by 1 / (1 + |shift|). So the price seen from the other
/// side of the pool stays within the same band.
Amount shifted(Wide reserve, std::int64_t shift_ppm) {
    const Wide size = static_cast<std::uint64_t>(shift_ppm < 0 ? -shift_ppm : shift_ppm);
    const Wide moved = shift_ppm < 0 ? reserve * ppm / (ppm + size) : reserve * (ppm + size) / ppm;
    return Amount(static_cast<std::uint64_t>(moved));
}

class SimVenue final : public Venue {
public:
    SimVenue(SimVenueProfile profile, SimMarketConfig config, const Clock& clock, Timers& timers)
        : profile_(std::move(profile)), config_(config), clock_(clock), timers_(timers) {
        assert(std::uint64_t{profile_.band_bps} * 100 > attempt_band_ppm);
    }

    std::string_view name() const override { return profile_.name; }
    std::string_view kind() const override { return "simulated"; }

    Task<Result<Quote>> quote(QuoteRequest request) override {
        const std::optional<SimFaultMode> fault = fault_of(request);
        constexpr int slowed = 3;
        const auto latency =
            scaled(std::chrono::microseconds(150'000 + draw("latency", request).below(100'001)),
                   config_.time_scale_ppm) *
            (fault == SimFaultMode::slow ? slowed : 1);
        const Trouble trouble = fault == SimFaultMode::timeout ? Trouble::silence
                                : fault == SimFaultMode::error ? Trouble::error
                                                               : trouble_of(request);
        if (trouble == Trouble::silence) {
            const auto silence = scaled(std::chrono::seconds(30), config_.time_scale_ppm);
            if (silence.count() > 0) co_await timers_.sleep_for(silence);
            co_return reject(Reason::venue_timeout, "no answer (simulated)");
        }
        if (latency.count() > 0) co_await timers_.sleep_for(latency);
        if (trouble == Trouble::error)
            co_return reject(Reason::venue_error, "the venue answered 503 (simulated)");
        co_return priced(request, latency);
    }

    Task<Result<UnsignedTransaction>> build(SwapPlan plan, Anchor anchor) override {
        if (plan.quote.venue != profile_.name) {
            co_return reject(Reason::venue_error, "this quote is of " + plan.quote.venue);
        }
        Result<Bytes> message = encode_sim_message(plan, anchor);
        if (!message) co_return reject(Reason::venue_error, message.error().detail);
        UnsignedTransaction transaction;
        transaction.message = std::move(message).value();
        co_return transaction;
    }

private:
    /// Chance for one purpose of one order's attempt.
    Random draw(std::string_view purpose, const QuoteRequest& request) const {
        return Random(derive_seed(derive_seed(base_draw(purpose, request), request.attempt), profile_.name));
    }
    /// Chance for one purpose of an order, the same for all its attempts.
    Random draw_once(std::string_view purpose, const QuoteRequest& request) const {
        return Random(derive_seed(base_draw(purpose, request), profile_.name));
    }
    std::uint64_t base_draw(std::string_view purpose, const QuoteRequest& request) const {
        return derive_seed(derive_seed(config_.seed, purpose), request.chance_key);
    }

    Trouble trouble_of(const QuoteRequest& request) const {
        Random chance = draw("quote trouble", request);
        if (chance.below(ppm * 10) >= std::uint64_t{config_.failure_rate_ppm} * 4) return Trouble::none;
        return chance.below(2) == 0 ? Trouble::error : Trouble::silence;
    }

    /// What somebody asked to go wrong, when it hits this question.
    std::optional<SimFaultMode> fault_of(const QuoteRequest& request) const {
        if (config_.faults == nullptr) return std::nullopt;
        const std::optional<SimFault> fault = config_.faults->find(profile_.name);
        if (!fault) return std::nullopt;
        const std::uint64_t order = derive_seed(base_draw("fault", request), request.attempt);
        return hits(*fault, derive_seed(order, profile_.name)) ? std::optional(fault->mode) : std::nullopt;
    }

    std::int64_t price_shift_ppm(const QuoteRequest& request) const {
        const std::uint64_t fixed = std::uint64_t{profile_.band_bps} * 100 - attempt_band_ppm;
        const std::uint64_t whole = draw_once("price", request).below(2 * fixed + 1) +
                                    draw("price of attempt", request).below(2 * attempt_band_ppm + 1);
        return static_cast<std::int64_t>(whole) - static_cast<std::int64_t>(fixed + attempt_band_ppm);
    }

    /// The pool of the pair: sides worth the same at the base price, unless a token's u64 cannot count that
    /// many; then both are smaller. One pool serves both directions.
    SimPool pool_of(const QuoteRequest& request) const {
        const Wide price_in = sim_price_micro_usd(request.token_in);
        const Wide price_out = sim_price_micro_usd(request.token_out);
        const Wide unit_in = pow10(request.token_in.decimals);
        const Wide unit_out = pow10(request.token_out.decimals);
        const Wide worth = std::min({Wide(profile_.depth_micro_usd), price_in * reserve_most / unit_in,
                                     price_out * reserve_most / unit_out});
        const Wide in = worth * unit_in / price_in;
        const Wide out = worth * unit_out / price_out;
        const std::int64_t shift = price_shift_ppm(request);
        SimPool pool;
        pool.fee = profile_.fee;
        const bool out_moves = request.token_in.mint < request.token_out.mint;
        pool.reserve_in = out_moves ? Amount(static_cast<std::uint64_t>(in)) : shifted(in, shift);
        pool.reserve_out = out_moves ? shifted(out, shift) : Amount(static_cast<std::uint64_t>(out));
        return pool;
    }

    /// The chain's fee in base units of the side being ranked, rounded up.
    Amount network_cost(const Token& ranked) const {
        if (ranked.mint == wrapped_sol_mint()) return Amount(signature_fee_lamports);
        Token sol;
        sol.symbol = "SOL";
        sol.mint = wrapped_sol_mint();
        const Wide worth = Wide(signature_fee_lamports) * sim_price_micro_usd(sol) * pow10(ranked.decimals);
        const Wide price = Wide(sol_lamports) * sim_price_micro_usd(ranked);
        const Wide cost = (worth + price - 1) / price;
        return Amount(cost > Amount::most ? Amount::most : static_cast<std::uint64_t>(cost));
    }

    Result<Quote> priced(const QuoteRequest& request, std::chrono::microseconds latency) const {
        if (request.token_in.mint == request.token_out.mint) {
            return reject(Reason::no_route, "a token is not traded against itself");
        }
        const SimPool pool = pool_of(request);
        if (pool.reserve_in == Amount(0) || pool.reserve_out == Amount(0)) {
            return reject(Reason::no_route, "no pool for this pair");
        }
        const bool exact_in = request.mode == SwapMode::exact_in;
        const Result<SimFill> fill =
            exact_in ? fill_exact_in(pool, request.amount) : fill_exact_out(pool, request.amount);
        if (!fill) return fill.error();
        Quote quote;
        quote.venue = profile_.name;
        quote.pool = profile_.name + ":" + request.token_in.symbol.substr(0, 40) + "-" +
                     request.token_out.symbol.substr(0, 40);
        quote.amount_in = fill.value().amount_in;
        quote.amount_out = fill.value().amount_out;
        quote.fee = profile_.fee;
        quote.venue_fee = fill.value().venue_fee;
        quote.network_cost = network_cost(exact_in ? request.token_out : request.token_in);
        quote.price_impact_bps = fill.value().price_impact_bps;
        quote.liquidity = pool.reserve_out;
        quote.latency = latency;
        quote.quoted_at = clock_.now();
        return quote;
    }

    const SimVenueProfile profile_;
    const SimMarketConfig config_;
    const Clock& clock_;
    Timers& timers_;
};

}  // namespace

std::shared_ptr<Venue> make_sim_venue(SimVenueProfile profile, SimMarketConfig config, const Clock& clock,
                                      Timers& timers) {
    return std::make_shared<SimVenue>(std::move(profile), config, clock, timers);
}

std::vector<SimVenueProfile> sim_venue_profiles() {
    constexpr std::uint64_t million_usd = 1'000'000 * ppm;
    return {
        {"raydium", Bps::of(30).value(), 250, 8 * million_usd},
        {"meteora", Bps::of(20).value(), 300, 5 * million_usd},
        {"orca", Bps::of(25).value(), 280, 6 * million_usd},
    };
}

std::vector<std::shared_ptr<Venue>> make_sim_venues(SimMarketConfig config, const Clock& clock,
                                                    Timers& timers) {
    std::vector<std::shared_ptr<Venue>> venues;
    for (SimVenueProfile& profile : sim_venue_profiles()) {
        venues.push_back(make_sim_venue(std::move(profile), config, clock, timers));
    }
    return venues;
}

}  // namespace libexec
