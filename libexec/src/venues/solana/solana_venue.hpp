#pragma once

#include <cstdint>
#include <string>

#include "libexec/venues/solana/swap_costs.hpp"
#include "libexec/venues/venue.hpp"
#include "fee_meter.hpp"
#include "swap_check.hpp"

namespace libexec {

/// What the venues on the chain share: what a transaction costs, its frame, its check, and the stop.
class SolanaVenue : public Venue {
public:
    SolanaVenue(std::string name, const SolanaVenueParts& parts)
        : parts_(parts),
          name_(std::move(name)),
          fees_(parts.reader, parts.clock, parts.costs.priority),
          check_(parts.reader, parts.costs) {}

    std::string_view name() const override { return name_; }
    std::string_view kind() const override { return "solana"; }
    std::string stopped() const override { return stopped_; }
    void resume() override { stopped_.clear(); }

protected:
    /// Errors: venue_error while it has stopped itself.
    Result<Done> ready() const;
    /// The same, and for a plan that is not of this venue; slippage_exceeded for an input beyond the limit.
    Result<Done> takes(const SwapPlan& plan) const;
    /// What stands around the trade of a plan.
    SwapFrame frame_of(const SwapPlan& plan, const PublicKey& program_in, const PublicKey& program_out) const;
    /// Checks the trade and makes the message; the venue stops when it breaks its promise. `fees_by` is what
    /// every such transaction writes. Errors: those of `SwapCheck`; venue_error for the stop;
    /// stale_blockhash.
    Task<Result<Message>> checked(Promises& promises, SwapFrame frame, SwapPlan plan, Anchor anchor,
                                  PublicKey fees_by);
    /// What asking for this trade costs at that price of compute, in base units of the side that is ranked: 0
    /// when neither side is SOL.
    Amount network_cost(const Quote& quote, const QuoteRequest& request, std::uint64_t signatures,
                        std::uint64_t price) const;

    const SolanaVenueParts parts_;

private:
    Rejection stop(const SwapPlan& plan, const CheckedSwap& broken);

    const std::string name_;

protected:
    FeeMeter fees_;

private:
    SwapCheck check_;
    std::string stopped_;
};

/// An address that a quote or a token names. Errors: venue_error.
Result<PublicKey> pool_of(const Quote& quote);
/// `taken` of `whole` in basis points, to the nearest; 0 of nothing, at most all of it.
Bps share(std::uint64_t taken, std::uint64_t whole);

}  // namespace libexec
