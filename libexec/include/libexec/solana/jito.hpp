#pragma once

#include <array>
#include <cstdint>

#include "libexec/solana/message.hpp"
#include "libexec/solana/well_known.hpp"

namespace libexec {

/// Who is tipped for a place in a bundle. Any of them will do; spreading over all keeps transactions that
/// write the same account from waiting for each other.
/// Source: `getTipAccounts` of Jito's block engine on mainnet.
inline constexpr std::array<PublicKey, 8> jito_tip_accounts{
    "96gYZGLnJYVFmbjzopPSU6QiEV5fGqZNyN9nmNhvrZU5"_key, "HFqU5x63VTqvQss8hp11i4wVV8bD44PvwucfZ2bU7gRe"_key,
    "Cw8CFyM9FkoMi7K7Crf6HNQqf4uEMzpKw6QNghXLvLkY"_key, "ADaUMid9yfUytqMBgopwjb2DTLSokTSzL1zt6iGPaS49"_key,
    "DfXygSm4jCyNCybVYYK6DwvWqjKee8pbDmJGcLWNDXjh"_key, "ADuUkR4vqLUMWXxW9gh6D6L8pMSawimctcNZ5pGwDcEt"_key,
    "DttWaMuVvTiduZRnguLF7jNxTgiMBZ1hyAumKUiL2KRL"_key, "3AVi9Tg9Uo68tJfuvoKvqKNWKkC5wPdSSdeBnizKZ6jT"_key};

/// The least tip that the block engine looks at, in lamports.
inline constexpr std::uint64_t jito_tip_least = 1'000;

/// What the payer of a message sends to those accounts, in lamports; the most there is beyond u64.
std::uint64_t tips_in(const Message& message);

}  // namespace libexec
