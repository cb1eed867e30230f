#include "synthetic_dlmm.hpp"

#include <boost/multiprecision/cpp_int.hpp>

#include <cstdlib>
#include <set>
#include <string_view>
#include <vector>

#include "libexec/solana/address.hpp"

namespace libexec::test {
namespace {

using boost::multiprecision::cpp_int;

constexpr PublicKey dlmm_program = "LBUZKhRxPF3XUpBCjp4YzTKgLccjZhTSDM9YuVaPwxo"_key;

Bytes bytes_of(std::string_view text) { return Bytes(text.begin(), text.end()); }

Bytes bytes_of(const PublicKey& key) { return Bytes(key.bytes().begin(), key.bytes().end()); }

PublicKey derived(const std::vector<Bytes>& seeds) { return derive_address(seeds, dlmm_program)->key; }

std::int64_t index_of(std::int32_t bin) {
    std::int64_t index = 0;
    while (70 * index > bin) --index;
    while (70 * index + 69 < bin) ++index;
    return index;
}

AccountState encode_array(const SyntheticDlmm& pool, std::int64_t index) {
    AccountWriter out(10'136);
    out.raw(0, {0x5c, 0x8e, 0x5c, 0xdc, 0x05, 0x94, 0x46, 0xb5});
    out.number(8, static_cast<std::uint64_t>(index), 8).number(16, 2, 1).key(24, pool.address);
    for (const auto& [id, bin] : pool.bins) {
        if (index_of(id) != index) continue;
        const auto at = static_cast<std::size_t>(56 + 144 * (id - 70 * index));
        out.number(at, bin.x, 8).number(at + 8, bin.y, 8);
        if (pool.prices_written) out.wide(at + 16, price_by_hand(id, pool.step));
        out.number(at + 112, bin.fresh, 8).number(at + 120, bin.begun, 8).number(at + 128, bin.begun, 8);
        out.number(at + 140, bin.asks ? 1 : 0, 1);
    }
    return out.owned_by(dlmm_program);
}

}  // namespace

PublicKey SyntheticDlmm::array_address(const PublicKey& pair, std::int64_t index) {
    Bytes number(8);
    for (std::size_t i = 0; i < 8; ++i)
        number[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(index) >> 8 * i);
    return derived({bytes_of("bin_array"), bytes_of(pair), number});
}

PublicKey SyntheticDlmm::bitmap_address(const PublicKey& pair) {
    return derived({bytes_of("bitmap"), bytes_of(pair)});
}

AccountStates SyntheticDlmm::encode() const {
    AccountStates accounts;
    AccountWriter out(904);
    out.raw(0, {0x21, 0x0b, 0x31, 0x62, 0xb5, 0x65, 0xb1, 0x0d});
    out.number(8, base_factor, 2).number(10, filter, 2).number(12, decay, 2).number(14, reduction, 2);
    out.number(16, control, 4).number(20, volatility_most, 4).number(32, 500, 2).number(34, base_power, 1);
    out.number(24, static_cast<std::uint32_t>(lowest), 4).number(28, static_cast<std::uint32_t>(highest), 4);
    out.number(35, function, 1).number(36, fee_mode, 1).number(40, volatility, 4).number(44, reference, 4);
    out.number(48, static_cast<std::uint32_t>(bin_reference), 4);
    out.number(56, static_cast<std::uint64_t>(updated_at), 8).number(75, pair_type, 1);
    out.number(76, static_cast<std::uint32_t>(active), 4).number(80, step, 2).number(82, status, 1);
    out.number(86, activation, 1).number(816, opens_at, 8);
    for (std::size_t i = 0; i < 2; ++i) {
        tokens[i].encode(address, accounts);
        out.key(88 + 32 * i, tokens[i].mint).key(152 + 32 * i, tokens[i].vault);
        out.number(880 + i, tokens[i].program == well_known::token_program ? 0 : 1, 1);
    }
    if (has_reward) out.key(264, key_numbered(30));
    out.key(552, derived({bytes_of("oracle"), bytes_of(address)}));

    std::set<std::int64_t> indexes;
    for (const auto& [id, bin] : bins) indexes.insert(index_of(id));
    cpp_int middle = 0;
    cpp_int above = 0;
    cpp_int below = 0;
    for (const std::int64_t index : indexes) {
        if (!last_array_missing || index != *indexes.rbegin())
            accounts[array_address(address, index)] = encode_array(*this, index);
        if (index >= 512)
            bit_set(above, static_cast<unsigned>(index - 512));
        else if (index < -512)
            bit_set(below, static_cast<unsigned>(-513 - index));
        else
            bit_set(middle, static_cast<unsigned>(index + 512));
    }
    const auto words = [](AccountWriter& writer, std::size_t at, const cpp_int& bits, unsigned count) {
        for (unsigned i = 0; i < count; ++i)
            writer.number(at + 8 * i, static_cast<std::uint64_t>(bits >> 64 * i & ~std::uint64_t{0}), 8);
    };
    words(out, 584, middle, 16);
    accounts[address] = out.owned_by(dlmm_program);
    if (has_bitmap_account || above != 0 || below != 0) {
        AccountWriter outside(1'576);
        outside.raw(0, {0x50, 0x6f, 0x7c, 0x71, 0x37, 0xed, 0x12, 0x05}).key(8, address);
        words(outside, 40, above, 96);
        words(outside, 808, below, 96);
        accounts[bitmap_address(address)] = outside.owned_by(dlmm_program);
    }
    return accounts;
}

Wide price_by_hand(std::int32_t bin, std::uint16_t step) {
    const cpp_int one = cpp_int(1) << 64;
    const cpp_int most = (cpp_int(1) << 128) - 1;
    if (bin == 0) return Wide(1) << 64;
    // What each bit of the bin's distance from zero multiplies by: each is the square of the one before.
    std::vector<cpp_int> factors{most / (one + step * one / 10'000)};
    while (factors.size() < 19) factors.push_back(factors.back() * factors.back() / one);
    cpp_int power = one;
    for (std::size_t i = 0; i < factors.size(); ++i) {
        if ((std::abs(bin) >> i & 1) != 0) power = power * factors[i] / one;
    }
    if (power == 0) return 0;
    if (bin > 0) power = most / power;
    return static_cast<Wide>(static_cast<std::uint64_t>(power >> 64)) << 64 |
           static_cast<std::uint64_t>(power & ~std::uint64_t{0});
}

SyntheticDlmm small_dlmm() {
    SyntheticDlmm pool;
    for (SyntheticToken& token : pool.tokens) token.held = 1'000'000'000'000;
    pool.control = 30'000;
    for (std::int32_t id = -3; id <= 3; ++id) {
        SyntheticBin& bin = pool.bins[id];
        bin.asks = id > 0;
        if (id >= 0) bin.x = 1'000'000;
        if (id <= 0) bin.y = 1'000'000;
    }
    pool.bins[-2].fresh = 500'000;
    pool.bins[0].begun = 200'000;
    pool.bins[1].begun = 300'000;
    pool.bins[1].fresh = 400'000;
    pool.bins[250].x = 5'000'000;
    pool.bins[-250].y = 5'000'000;
    return pool;
}

}  // namespace libexec::test
