#pragma once

#include "random_pools.hpp"
#include "synthetic_dlmm.hpp"

namespace libexec::test {

/// So many bins on both sides of any price, with and without orders, gaps and memory of volatility.
SyntheticDlmm draw_dlmm(Random& random, int bins);

}  // namespace libexec::test
