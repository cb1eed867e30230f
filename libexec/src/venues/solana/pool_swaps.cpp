#include "pool_swaps.hpp"

#include <algorithm>
#include <span>
#include <string_view>

#include "../pools/family.hpp"

namespace libexec::solana_venues {
namespace {

using namespace std::string_view_literals;

std::uint64_t read_u64(std::span<const std::uint8_t> data, std::size_t at) {
    std::uint64_t number = 0;
    for (std::size_t i = 8; i-- > 0;) number = number << 8 | data[at + i];
    return number;
}

bool is_call(const Instruction& instruction, std::string_view name, std::size_t size, std::size_t accounts) {
    const Bytes& data = instruction.data;
    return instruction.accounts.size() == accounts && data.size() == size &&
           std::equal(name.begin(), name.end(), data.begin(),
                      [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

/// Amount and least output stand behind the instruction's name in every program.
PoolSwap amounts_of(const Instruction& instruction, std::size_t name_size) {
    PoolSwap swap;
    swap.amount_in = read_u64(instruction.data, name_size);
    swap.min_out = read_u64(instruction.data, name_size + 8);
    return swap;
}

std::optional<PoolSwap> read_cpmm(const Instruction& instruction) {
    constexpr auto swap_base_input = "\x8f\xbe\x5a\xda\xc4\x1e\x33\xde"sv;
    if (!is_call(instruction, swap_base_input, 24, 13)) return std::nullopt;
    PoolSwap swap = amounts_of(instruction, swap_base_input.size());
    swap.user = instruction.accounts[0].key;
    swap.user_token_in = instruction.accounts[4].key;
    swap.user_token_out = instruction.accounts[5].key;
    swap.mint_in = instruction.accounts[10].key;
    return swap;
}

std::optional<PoolSwap> read_amm_v4(const Instruction& instruction) {
    constexpr auto swap_base_in = "\x09"sv;
    if (!is_call(instruction, swap_base_in, 17, 17)) return std::nullopt;
    PoolSwap swap = amounts_of(instruction, swap_base_in.size());
    swap.user_token_in = instruction.accounts[14].key;
    swap.user_token_out = instruction.accounts[15].key;
    swap.user = instruction.accounts[16].key;
    return swap;
}

std::optional<PoolSwap> read_whirlpool(const Instruction& instruction) {
    constexpr auto swap_v2 = "\x2b\x04\xed\x0b\x1a\xc9\x1e\x62"sv;
    if (!is_call(instruction, swap_v2, 43, 15)) return std::nullopt;
    const std::span<const std::uint8_t> data = instruction.data;
    const auto price_limit = data.subspan(24, 16);
    const bool unlimited = std::all_of(price_limit.begin(), price_limit.end(), [](auto b) { return b == 0; });
    const bool sale = data[40] == 1;
    const bool way_is_known = data[41] <= 1;
    const bool no_further_accounts = data[42] == 0;
    if (!unlimited || !sale || !way_is_known || !no_further_accounts) return std::nullopt;
    const bool a_to_b = data[41] == 1;
    PoolSwap swap = amounts_of(instruction, swap_v2.size());
    swap.user = instruction.accounts[3].key;
    swap.mint_in = instruction.accounts[a_to_b ? 5 : 6].key;
    swap.user_token_in = instruction.accounts[a_to_b ? 7 : 9].key;
    swap.user_token_out = instruction.accounts[a_to_b ? 9 : 7].key;
    return swap;
}

}  // namespace

std::optional<PoolSwap> read_pool_swap(const Instruction& instruction) {
    if (instruction.program == raydium_cpmm().program()) return read_cpmm(instruction);
    if (instruction.program == raydium_amm_v4().program()) return read_amm_v4(instruction);
    if (instruction.program == orca_whirlpool().program()) return read_whirlpool(instruction);
    return std::nullopt;
}

}  // namespace libexec::solana_venues
