#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "libexec/venues/solana/swap_policy.hpp"
#include "support/says.hpp"
#include "support/wallet_swaps.hpp"

/// Swaps that are spoilt in one way, and what the policy says of them.
namespace libexec::test::judged_swaps {

inline Result<Done> judged(const WalletSwap& swap, const SwapPolicyConfig& ceilings = exact_ceilings()) {
    return SwapPolicy(wallet_key(), ceilings).check(swap.message(), swap.terms);
}

/// What is said of a swap that is well but for one change.
inline std::string refusal(const std::string& name,
                           const std::function<void(WalletSwap&, SwapPolicyConfig&)>& spoil) {
    WalletSwap swap = wallet_swap(name);
    SwapPolicyConfig ceilings = exact_ceilings();
    REQUIRE(judged(swap, ceilings));
    spoil(swap, ceilings);
    const auto verdict = judged(swap, ceilings);
    if (verdict) return "passed";
    CHECK(verdict.error().reason == Reason::policy_refused);
    return verdict.error().detail;
}

inline std::string refusal(const std::string& name, const std::function<void(WalletSwap&)>& spoil) {
    return refusal(name, [&](WalletSwap& swap, SwapPolicyConfig&) { spoil(swap); });
}

inline bool begins(const std::string& text, const std::string& start) {
    CAPTURE(text);
    CAPTURE(start);
    const bool does = text.rfind(start, 0) == 0;
    CHECK(does);
    return does;
}

inline void put(Bytes& data, std::size_t at, std::uint64_t number, std::size_t size = 8) {
    for (std::size_t i = 0; i < size; ++i) data[at + i] = static_cast<std::uint8_t>(number >> 8 * i & 0xff);
}

inline const std::string tokens = "tokens by cpmm";
inline const std::string from_sol = "sol by cpmm";
inline const std::string into_sol = "into sol by amm";
inline const std::string transfers = "tokens by transfers";

}  // namespace libexec::test::judged_swaps
