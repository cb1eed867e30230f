#pragma once

#include <memory>
#include <vector>

#include "libexec/venues/solana/pool_book.hpp"
#include "libexec/venues/solana/swap_costs.hpp"
#include "libexec/venues/venue.hpp"

namespace libexec {

/// The pools of one family as a venue of the family's name. Quotes the best of them for a pair, all priced
/// from one snapshot. Builds a transaction only after a simulation of it did what the pool's arithmetic says,
/// to the base unit; when it does something else and nothing has changed meanwhile, the venue stops itself
/// and logs `venue.mispriced`. The book outlives it.
std::shared_ptr<Venue> make_pool_venue(const PoolFamily& family, PoolBook& book, SolanaVenueParts parts);

/// One for each family there is.
std::vector<std::shared_ptr<Venue>> make_pool_venues(PoolBook& book, const SolanaVenueParts& parts);

}  // namespace libexec
