#include "bin_price.hpp"

namespace libexec::meteora_dlmm_pool {
namespace {

constexpr Wide one = Wide(1) << 64;
constexpr Wide most = ~Wide(0);
constexpr Wide step_whole = 10'000;

}  // namespace

std::optional<Wide> price_of_bin(std::int32_t bin, std::uint16_t step) {
    if (bin < first_bin || bin > last_bin) return std::nullopt;
    if (bin == 0) return one;
    // The base is at least one, so its inverse is raised instead, which fits 64 bits: no product overflows.
    Wide power = most / (one + (Wide(step) << 64) / step_whole);
    Wide ratio = one;
    for (auto bits = static_cast<std::uint32_t>(bin < 0 ? -bin : bin); bits != 0; bits >>= 1) {
        if ((bits & 1) != 0) ratio = ratio * power >> 64;
        power = power * power >> 64;
    }
    if (ratio == 0) return std::nullopt;
    return bin < 0 ? ratio : most / ratio;
}

}  // namespace libexec::meteora_dlmm_pool
