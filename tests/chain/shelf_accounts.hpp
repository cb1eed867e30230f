#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "chain/solana/snapshot_shelf.hpp"

namespace libexec::test {

inline constexpr Time shelf_start = Time(std::chrono::seconds(1'800'000'000));

inline PublicKey shelf_key(std::uint8_t number) {
    std::array<std::uint8_t, 32> bytes{};
    bytes[0] = number;
    return PublicKey(bytes);
}

inline AccountState holding(std::uint64_t lamports) {
    AccountState state;
    state.lamports = lamports;
    return state;
}

inline AccountsAtSlot read_at(std::uint64_t slot, std::vector<std::pair<PublicKey, std::uint64_t>> holds) {
    AccountsAtSlot read;
    read.slot = slot;
    for (const auto& [account, lamports] : holds) read.accounts[account] = holding(lamports);
    return read;
}

inline ShelfBounds small_bounds() {
    ShelfBounds bounds;
    bounds.sets_most = 3;
    bounds.accounts_most = 5;
    bounds.in_use_for = std::chrono::milliseconds(0);
    return bounds;
}

}  // namespace libexec::test
