#pragma once

#include <cstdint>
#include <map>

#include "libexec/base/clock.hpp"
#include "libexec/solana/chain_reader.hpp"
#include "libexec/venues/solana/priority_fees.hpp"

namespace libexec {

/// What to offer for a transaction, by what those paid who wrote the same account.
class FeeMeter {
public:
    FeeMeter(ChainReader& reader, const Clock& clock, PriorityFees fees)
        : reader_(reader), clock_(clock), fees_(fees) {}

    /// The price to offer for writing this account. Errors: those of the reader.
    Task<Result<std::uint64_t>> price(PublicKey written);
    /// The last one that was found, or the least; for those who only estimate.
    std::uint64_t last_price(const PublicKey& written) const;

private:
    struct Seen {
        std::uint64_t price = 0;
        Time at;
    };
    ChainReader& reader_;
    const Clock& clock_;
    const PriorityFees fees_;
    std::map<PublicKey, Seen> seen_;
};

}  // namespace libexec
