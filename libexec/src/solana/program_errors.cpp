#include "libexec/solana/program_errors.hpp"

#include <array>

#include "libexec/solana/well_known.hpp"

namespace libexec {
namespace {

struct ProgramError {
    PublicKey program;
    std::uint32_t number;
    Reason reason;
};

constexpr PublicKey raydium_amm_v4 = "675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8"_key;
constexpr PublicKey raydium_cpmm = "CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C"_key;
constexpr PublicKey raydium_clmm = "CAMMCzo5YL8w4VFF8KVHrK22GGUsp5VTaW7grrKgrWqK"_key;
constexpr PublicKey orca_whirlpool = "whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"_key;
constexpr PublicKey meteora_dlmm = "LBUZKhRxPF3XUpBCjp4YzTKgLccjZhTSDM9YuVaPwxo"_key;
constexpr PublicKey meteora_damm_v2 = "cpamdpZCGKUy5JxQXB4dcpGPiikHawvSWAd6mEn1sGG"_key;

constexpr std::array errors{
    ProgramError{raydium_amm_v4, 30, Reason::slippage_exceeded},
    ProgramError{raydium_cpmm, 6005, Reason::slippage_exceeded},
    ProgramError{raydium_clmm, 6022, Reason::slippage_exceeded},
    ProgramError{orca_whirlpool, 6036, Reason::slippage_exceeded},
    ProgramError{meteora_dlmm, 6003, Reason::slippage_exceeded},
    ProgramError{meteora_dlmm, 6042, Reason::pool_closed},
    ProgramError{meteora_damm_v2, 6002, Reason::slippage_exceeded},
};

/// System: more lamports than there are. SPL Token and Token-2022: more tokens than there are. Programs of
/// pools count their own from 6000 on, AMM v4 has 1 for a wrong program address, which we never send.
constexpr std::uint32_t not_enough = 1;

}  // namespace

Reason reason_of_program_error(const PublicKey& program, std::uint32_t number) {
    for (const ProgramError& error : errors) {
        if (error.program == program && error.number == number) return error.reason;
    }
    return number == not_enough ? Reason::insufficient_funds : Reason::chain_rejected;
}

}  // namespace libexec
