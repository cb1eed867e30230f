#include "sale_shape.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

namespace libexec::pools {
namespace {

constexpr std::size_t amount_size = 8;

std::uint64_t amount_at(const Bytes& data, std::size_t at) {
    std::uint64_t amount = 0;
    for (std::size_t i = amount_size; i-- > 0;) amount = amount << 8 | data[at + i];
    return amount;
}

void append(Bytes& data, std::uint64_t amount) {
    for (std::size_t i = 0; i < amount_size; ++i, amount >>= 8)
        data.push_back(static_cast<std::uint8_t>(amount));
}

bool are(std::span<const std::uint8_t> bytes, std::string_view expected) {
    return std::ranges::equal(bytes, expected, {}, {}, [](char c) { return static_cast<std::uint8_t>(c); });
}

}  // namespace

Bytes SaleShape::data(const PoolSwap& swap) const {
    Bytes data(name.begin(), name.end());
    append(data, swap.amount_in);
    append(data, swap.min_out);
    data.insert(data.end(), manner.begin(), manner.end());
    return data;
}

std::optional<PoolSwap> SaleShape::read(const Instruction& instruction) const {
    const auto& [called, accounts, data] = instruction;
    const std::size_t amounts_end = name.size() + 2 * amount_size;
    if (called != program || accounts.size() < accounts_least || accounts.size() > accounts_most ||
        data.size() != amounts_end + manner.size())
        return std::nullopt;
    const std::span<const std::uint8_t> bytes = data;
    if (!are(bytes.first(name.size()), name) || !are(bytes.subspan(amounts_end), manner)) return std::nullopt;
    PoolSwap swap;
    swap.user = accounts[user].key;
    if (mint_in) swap.mint_in = accounts[*mint_in].key;
    swap.user_token_in = accounts[token_in].key;
    swap.user_token_out = accounts[token_out].key;
    swap.amount_in = amount_at(data, name.size());
    swap.min_out = amount_at(data, name.size() + amount_size);
    return swap;
}

}  // namespace libexec::pools
