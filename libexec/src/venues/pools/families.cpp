#include "family.hpp"

namespace libexec {

const std::vector<const PoolFamily*>& pool_families() {
    static const std::vector<const PoolFamily*> families{&raydium_cpmm(),   &raydium_amm_v4(),
                                                         &orca_whirlpool(), &raydium_clmm(),
                                                         &meteora_dlmm(),   &meteora_damm_v2()};
    return families;
}

const PoolFamily* family_of(const AccountState& pool) {
    for (const PoolFamily* family : pool_families()) {
        if (family->program() == pool.owner) return family;
    }
    return nullptr;
}

}  // namespace libexec
