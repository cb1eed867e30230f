#pragma once

#include "libexec/venues/pools/pool.hpp"

namespace libexec {

/// Each is made once and lives as long as the process.
const PoolFamily& raydium_cpmm();
const PoolFamily& raydium_amm_v4();
const PoolFamily& orca_whirlpool();
const PoolFamily& meteora_dlmm();

}  // namespace libexec
