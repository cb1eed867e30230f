#include "synthetic_clmm.hpp"

#include <set>
#include <string_view>
#include <vector>

#include "libexec/solana/address.hpp"

namespace libexec::test {
namespace {

constexpr PublicKey clmm_program = "CAMMCzo5YL8w4VFF8KVHrK22GGUsp5VTaW7grrKgrWqK"_key;

PublicKey derived(std::string_view seed, const PublicKey& pool, const Bytes& more) {
    std::vector<Bytes> seeds{Bytes(seed.begin(), seed.end()),
                             Bytes(pool.bytes().begin(), pool.bytes().end())};
    if (!more.empty()) seeds.push_back(more);
    return derive_address(seeds, clmm_program)->key;
}

/// Sets a bit of the bitmap that begins at `at`.
void set_bit(Bytes& bytes, std::size_t at, std::int32_t bit) {
    std::uint8_t& byte = bytes.at(at + static_cast<std::size_t>(bit / 8));
    byte = static_cast<std::uint8_t>(byte | 1 << bit % 8);
}

AccountState encode_array(const SyntheticClmm& pool, std::int32_t start) {
    AccountWriter out(10'240);
    out.raw(0, {0xc0, 0x9b, 0x55, 0xcd, 0x31, 0xf9, 0x81, 0x2a}).key(8, pool.address);
    out.number(40, static_cast<std::uint32_t>(start), 4);
    std::uint8_t in_use = 0;
    for (std::int32_t i = 0; i < 60; ++i) {
        const std::int32_t tick = start + i * pool.spacing;
        const auto liquidity = pool.ticks.find(tick);
        const auto orders = pool.orders.find(tick);
        const auto at = static_cast<std::size_t>(44 + 168 * i);
        if (liquidity != pool.ticks.end()) {
            const SignedWide net = liquidity->second;
            const Wide size = net < 0 ? -static_cast<Wide>(net) : static_cast<Wide>(net);
            // What begins there and what ends there may cancel out.
            out.wide(at + 4, static_cast<Wide>(net)).wide(at + 20, size + 2);
        }
        if (orders != pool.orders.end()) {
            // Some of them newer, some begun.
            out.number(at + 124, orders->second / 3, 8);
            out.number(at + 132, orders->second - orders->second / 3, 8);
        }
        if (liquidity == pool.ticks.end() && orders == pool.orders.end()) continue;
        out.number(at, static_cast<std::uint32_t>(tick), 4);
        ++in_use;
    }
    return out.number(10'124, in_use, 1).owned_by(clmm_program);
}

}  // namespace

std::int32_t SyntheticClmm::array_start(std::int32_t of_tick) const {
    const std::int32_t size = 60 * std::int32_t{spacing};
    std::int32_t start = of_tick / size * size;
    if (start > of_tick) start -= size;
    return start;
}

PublicKey SyntheticClmm::array_key(std::int32_t start) const {
    const auto number = static_cast<std::uint32_t>(start);
    Bytes big_endian;
    for (int i = 3; i >= 0; --i) big_endian.push_back(static_cast<std::uint8_t>(number >> 8 * i));
    return derived("tick_array", address, big_endian);
}

PublicKey SyntheticClmm::extension_key() const {
    return derived("pool_tick_array_bitmap_extension", address, {});
}

SyntheticClmm small_clmm() {
    SyntheticClmm pool;
    for (SyntheticToken& token : pool.tokens) token.held = 1'000'000'000'000;
    pool.liquidity = 1'500'000'000;
    pool.ticks = {{-600, 1'000'000'000}, {-120, 500'000'000}, {60, -500'000'000}, {600, -1'000'000'000}};
    return pool;
}

SyntheticClmm clmm_with_orders() {
    SyntheticClmm pool = small_clmm();
    pool.orders = {{-60, 300'000}, {30, 7'000'000}};
    return pool;
}

AccountStates SyntheticClmm::encode() const {
    AccountStates accounts;
    AccountWriter out(1'544);
    out.raw(0, {0xf7, 0xed, 0xe3, 0xf5, 0xd7, 0xc3, 0xde, 0x46}).key(9, config).key(201, observation);
    for (std::size_t i = 0; i < 2; ++i) {
        tokens[i].encode(address, accounts);
        out.key(73 + 32 * i, tokens[i].mint).key(137 + 32 * i, tokens[i].vault);
        out.number(233 + i, tokens[i].decimals, 1);
    }
    out.number(235, spacing, 2).wide(237, liquidity).wide(253, price);
    out.number(269, static_cast<std::uint32_t>(tick), 4).number(389, status, 1).number(390, fee_on, 1);
    out.number(1'080, open_time, 8);
    if (dynamic_fee) {
        out.number(1'096, dynamic_fee->filter, 2).number(1'098, dynamic_fee->decay, 2);
        out.number(1'100, dynamic_fee->reduction, 2).number(1'102, dynamic_fee->control, 4);
        out.number(1'106, dynamic_fee->volatility_most, 4);
        out.number(1'110, static_cast<std::uint32_t>(dynamic_fee->group_reference), 4);
        out.number(1'114, dynamic_fee->reference, 4).number(1'118, dynamic_fee->volatility, 4);
        out.number(1'122, dynamic_fee->updated_at, 8);
    }
    AccountState pool = out.owned_by(clmm_program);
    AccountWriter far(1'832);
    far.raw(0, {0x3c, 0x96, 0x24, 0xdb, 0x61, 0x80, 0x8b, 0x99}).key(8, address);
    AccountState extension = far.owned_by(clmm_program);

    std::set<std::int32_t> starts;
    for (const auto& [at, net] : ticks) starts.insert(array_start(at));
    for (const auto& [at, left] : orders) starts.insert(array_start(at));
    for (const std::int32_t start : starts) {
        const std::int32_t number = start / (60 * std::int32_t{spacing});
        accounts[array_key(start)] = encode_array(*this, start);
        // Beyond the pool's own 1024 arrays, 14 bitmaps of 512 upwards, then as many downwards.
        if (number >= -512 && number < 512) set_bit(pool.data, 904, number + 512);
        if (number >= 512) set_bit(extension.data, 40, number - 512);
        if (number < -512) {
            const std::int32_t bitmap = (-number - 1) / 512 - 1;
            set_bit(extension.data, 40 + 64 * static_cast<std::size_t>(14 + bitmap),
                    number + 512 * (bitmap + 2));
        }
    }
    accounts[address] = pool;
    if (has_extension) accounts[extension_key()] = extension;
    AccountWriter settings(117);
    settings.raw(0, {0xda, 0xf4, 0x21, 0x68, 0xcb, 0xcb, 0x2b, 0x6f});
    settings.number(43, 120'000, 4).number(47, fee_rate, 4).number(51, spacing, 2).number(53, 40'000, 4);
    accounts[config] = settings.owned_by(clmm_program);
    return accounts;
}

}  // namespace libexec::test
