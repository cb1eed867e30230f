#pragma once

#include "libexec/solana/public_key.hpp"

/// The programs of the six families, written down once more: a wrong one in the library is found.
namespace libexec::test::pool_programs {

inline constexpr PublicKey cpmm = "CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C"_key;
inline constexpr PublicKey amm_v4 = "675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8"_key;
inline constexpr PublicKey whirlpool = "whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"_key;
inline constexpr PublicKey clmm = "CAMMCzo5YL8w4VFF8KVHrK22GGUsp5VTaW7grrKgrWqK"_key;
inline constexpr PublicKey dlmm = "LBUZKhRxPF3XUpBCjp4YzTKgLccjZhTSDM9YuVaPwxo"_key;
inline constexpr PublicKey damm_v2 = "cpamdpZCGKUy5JxQXB4dcpGPiikHawvSWAd6mEn1sGG"_key;

}  // namespace libexec::test::pool_programs
