#pragma once

#include "../pools/constant_product.hpp"

namespace libexec::raydium_cpmm_pool {

/// A pool as one trade meets it. What the creator takes of the input is in the product's fee: both are
/// rounded up once, together. Unit: rates over a million.
struct Curve {
    pools::ProductCurve product;
    std::uint64_t creator_rate_on_output = 0;
};

/// Exactly that input. Errors: amount_too_small.
Result<pools::Fill> fill_exact_in(const Curve& curve, std::uint64_t in);
/// The least input that pays exactly that output. Errors: insufficient_liquidity.
Result<pools::Fill> fill_exact_out(const Curve& curve, std::uint64_t out);

}  // namespace libexec::raydium_cpmm_pool
