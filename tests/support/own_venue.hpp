#pragma once

#include <string>
#include <utility>

#include "libexec/model/sim_message.hpp"
#include "libexec/venues/venue.hpp"

namespace libexec::test {

/// A venue as a program of somebody else writes it, for the simulated chain: pays `units_out` for anything.
class OwnVenue final : public Venue {
public:
    OwnVenue(std::string name, std::uint64_t units_out) : name_(std::move(name)), units_out_(units_out) {}

    std::string_view name() const override { return name_; }
    std::string_view kind() const override { return "own"; }
    Task<Result<Quote>> quote(QuoteRequest request) override {
        Quote quote;
        quote.venue = name_;
        quote.pool = name_ + ":all";
        quote.amount_in = request.amount;
        quote.amount_out = Amount(units_out_);
        quote.liquidity = Amount(units_out_);
        co_return quote;
    }
    Task<Result<UnsignedTransaction>> build(SwapPlan plan, Anchor anchor) override {
        UnsignedTransaction transaction;
        transaction.message = encode_sim_message(plan, anchor).value();
        co_return transaction;
    }

private:
    const std::string name_;
    const std::uint64_t units_out_;
};

}  // namespace libexec::test
