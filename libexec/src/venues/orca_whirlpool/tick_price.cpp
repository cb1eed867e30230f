#include "tick_price.hpp"

#include <array>
#include <cassert>

#include "../pools/wide.hpp"

namespace libexec::orca_whirlpool_pool {
namespace {

/// floor(1.0001^(-2^i / 2) * 2^64): what each bit of a tick below zero multiplies the price by.
constexpr std::array<std::uint64_t, 19> falling{
    0xfffcb933bd6fad37, 0xfff97272373d4132, 0xfff2e50f5f656932, 0xffe5caca7e10e4e6, 0xffcb9843d60f6159,
    0xff973b41fa98c081, 0xff2ea16466c96a38, 0xfe5dee046a99a2a8, 0xfcbe86c7900a88ae, 0xf987a7253ac41317,
    0xf3392b0822b70005, 0xe7159475a2c29b74, 0xd097f3bdfd2022b8, 0xa9f746462d870fdf, 0x70d869a156d2a1b8,
    0x31be135f97d08fd9, 0x9aa508b5b7a84e1,  0x5d6af8dedb8119,   0x2216e584f5fa,
};

/// floor(1.0001^(2^i / 2) * 2^96): the same above zero, as its upper and lower 64 bits.
struct Factor {
    std::uint64_t upper;
    std::uint64_t lower;
};
constexpr std::array<Factor, 19> rising{{
    {0x1000346d6, 0xff11672ae55ad00f},     {0x100068db8, 0xbac710cb295e9e1b},
    {0x1000d1b9c, 0x68abe5f76b30fb75},     {0x1001a37e4, 0xa234cb0830516e51},
    {0x100347278, 0xab0e92ada25ab460},     {0x10068efb0, 0xa525480a5d7fdc2},
    {0x100d20a63, 0xb4173839df9daaa5},     {0x101a4c11c, 0x742dd7729738df5e},
    {0x1034c35c3, 0x1f64cfa6dc0d6de4},     {0x106a34b78, 0xc8aaffbf81bed5a3},
    {0x10d72a6a4, 0x6ccd8bce9ae771b1},     {0x11b9a258e, 0x63928596dc757faa},
    {0x13a2e2bda, 0x4f8379f3cd17be5},      {0x181954be6, 0x9e0da8fe77f2ab42},
    {0x244c2655d, 0x185a029080252877},     {0x525816eeb, 0x9f935b1c616779e8},
    {0x1a7c8d00b5, 0x51684ff4d31ae065},    {0x2bd893d0b2d, 0xf7c97884590c66cd},
    {0x78278e1e19e44, 0x8cf8b95d2152dccf},
}};

}  // namespace

Wide price_of_tick(std::int32_t tick) {
    assert(tick >= first_tick && tick <= last_tick);
    if (tick < 0) {
        const auto bits = static_cast<std::uint32_t>(-tick);
        Wide ratio = Wide(1) << 64;
        for (std::size_t i = 0; i < falling.size(); ++i) {
            if ((bits >> i & 1) != 0) ratio = ratio * falling[i] >> 64;
        }
        return ratio;
    }
    const auto bits = static_cast<std::uint32_t>(tick);
    Wide ratio = Wide(1) << 96;
    for (std::size_t i = 0; i < rising.size(); ++i) {
        if ((bits >> i & 1) == 0) continue;
        const pools::Product product = pools::multiply(ratio, Wide(rising[i].upper) << 64 | rising[i].lower);
        ratio = product.high << 32 | product.low >> 96;  // below 2^128: no price reaches 2^32
    }
    return ratio >> 32;
}

std::int32_t tick_of_price(Wide price) { return pools::tick_of(price, price_of_tick); }

}  // namespace libexec::orca_whirlpool_pool
