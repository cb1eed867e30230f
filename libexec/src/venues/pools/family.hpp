#pragma once

#include "libexec/venues/pools/pool.hpp"

namespace libexec {

/// Each is made once and lives as long as the process.
const PoolFamily& raydium_cpmm();
const PoolFamily& raydium_amm_v4();
const PoolFamily& orca_whirlpool();
const PoolFamily& raydium_clmm();
const PoolFamily& meteora_dlmm();
const PoolFamily& meteora_damm_v2();

}  // namespace libexec
