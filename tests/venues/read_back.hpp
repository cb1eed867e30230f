#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string_view>

#include "libexec/solana/well_known.hpp"
#include "libexec/venues/pools/pool.hpp"

namespace libexec::test {

/// The law of a family's two ways: what its pool made of `swap` is read as that, and as nothing once it has
/// another length, name or program, or other numbers of accounts than a pool can have. `has_extension`: of a
/// pool of Raydium CLMM that has its bitmap's, which is named before the arrays.
inline void check_read_back(const PoolFamily& family, const PoolSwap& swap, const Instruction& made,
                            bool has_extension) {
    struct Form {
        std::size_t accounts_least, accounts_most, name_size;
        bool names_the_mint;
    };
    static const std::map<std::string_view, Form> forms = {
        {"raydium_cpmm", {13, 13, 8, true}},   {"raydium_amm_v4", {17, 17, 1, false}},
        {"orca_whirlpool", {15, 15, 8, true}}, {"raydium_clmm", {14, 19, 8, true}},
        {"meteora_dlmm", {17, 20, 8, false}},  {"meteora_damm_v2", {14, 15, 8, false}},
    };
    const Form& form = forms.at(family.name());
    CAPTURE(family.name());
    PoolSwap expected = swap;
    if (!form.names_the_mint) expected.mint_in = PublicKey();
    const auto read = family.read_swap(made);
    REQUIRE(read);
    CHECK(*read == expected);

    const std::size_t extra = has_extension ? 1 : 0;
    for (std::size_t count = 0; count < made.accounts.size() + 10; ++count) {
        CAPTURE(count);
        Instruction changed = made;
        changed.accounts.resize(count, {well_known::instructions_sysvar, false, false});
        const bool can_be = count >= form.accounts_least + extra && count <= form.accounts_most + extra;
        CHECK(family.read_swap(changed).has_value() == can_be);
    }
    for (std::size_t size = 0; size < made.data.size() + 3; ++size) {
        if (size == made.data.size()) continue;
        CAPTURE(size);
        Instruction changed = made;
        changed.data.resize(size);
        CHECK_FALSE(family.read_swap(changed));
    }
    // Every byte but those of the two amounts says which call this is.
    for (std::size_t at = 0; at < made.data.size(); ++at) {
        if (at >= form.name_size && at < form.name_size + 16) continue;
        CAPTURE(at);
        Instruction changed = made;
        changed.data[at] ^= 0x10;
        CHECK_FALSE(family.read_swap(changed));
    }
    Instruction of_another = made;
    of_another.program = well_known::token_program;
    CHECK_FALSE(family.read_swap(of_another));
    for (const PoolFamily* other : pool_families()) {
        if (other != &family) CHECK_FALSE(other->read_swap(made));
    }
}

}  // namespace libexec::test
