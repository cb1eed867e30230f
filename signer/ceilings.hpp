#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "libexec/venues/solana/swap_policy.hpp"

namespace libexec::signer {

/// Told to whoever typed it.
class BadOption : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The ceilings as they are typed.
struct CeilingWords {
    std::vector<std::string> programs;        ///< of pools, and "transfer"; none: every kind of pool
    std::vector<std::string> most_per_order;  ///< MINT=N
    std::string most_priority_fee = "5000000";
    std::string most_unit_price = "50000000";
    std::vector<std::string> tip_accounts;
    std::string most_tip = "0";
};

/// What they mean. Throws BadOption, naming the option, its rule and the fix.
SwapPolicyConfig read_ceilings(const CeilingWords& words);

}  // namespace libexec::signer
