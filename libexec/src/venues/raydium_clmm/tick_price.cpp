#include "tick_price.hpp"

#include <array>
#include <cassert>

namespace libexec::raydium_clmm_pool {
namespace {

/// 1.0001^(-2^i / 2) * 2^64, in as many digits as the program keeps: what each bit of a tick multiplies the
/// price by. Source: github.com/raydium-io/raydium-clmm, libraries/tick_math.rs.
constexpr std::array<std::uint64_t, 19> falling{
    0xfffcb933bd6fb800, 0xfff97272373d4000, 0xfff2e50f5f657000, 0xffe5caca7e10f000, 0xffcb9843d60f7000,
    0xff973b41fa98e800, 0xff2ea16466c9b000, 0xfe5dee046a9a3800, 0xfcbe86c7900bb000, 0xf987a7253ac65800,
    0xf3392b0822bb6000, 0xe7159475a2caf000, 0xd097f3bdfd2f2000, 0xa9f746462d9f8000, 0x70d869a156f31c00,
    0x31be135f97ed3200, 0x09aa508b5b85a500, 0x005d6af8dedc582c, 0x00002216e584f5fa,
};

}  // namespace

Wide price_of_tick(std::int32_t tick) {
    assert(tick >= first_tick && tick <= last_tick);
    const auto bits = static_cast<std::uint32_t>(tick < 0 ? -tick : tick);
    Wide ratio = Wide(1) << 64;
    for (std::size_t i = 0; i < falling.size(); ++i) {
        if ((bits >> i & 1) != 0) ratio = ratio * falling[i] >> 64;
    }
    // Above zero the program takes the inverse, so that its prices there lose digits with every tick.
    return tick > 0 ? ~Wide(0) / ratio : ratio;
}

std::int32_t tick_of_price(Wide price) { return pools::tick_of(price, price_of_tick); }

}  // namespace libexec::raydium_clmm_pool
