#include "constant_product.hpp"

#include "wide.hpp"

namespace libexec::pools {

std::uint64_t paid_for(std::uint64_t given, std::uint64_t reserve_in, std::uint64_t reserve_out) {
    const Wide after = Wide(reserve_in) + given;
    if (after == 0) return 0;
    // At most reserve_out, since given is at most `after`.
    return static_cast<std::uint64_t>(Wide(reserve_out) * given / after);
}

std::optional<std::uint64_t> price_of(std::uint64_t wanted, std::uint64_t reserve_in,
                                      std::uint64_t reserve_out) {
    if (reserve_in == 0 || wanted >= reserve_out) return std::nullopt;
    return as_u64(div_up(Wide(reserve_in) * wanted, reserve_out - wanted));
}

std::optional<std::uint64_t> before_fee(std::uint64_t net, std::uint64_t rate, std::uint64_t whole) {
    if (rate >= whole) return std::nullopt;
    return as_u64(div_up(Wide(net) * whole, whole - rate));
}

std::uint32_t product_impact_bps(std::uint64_t given, std::uint64_t reserve_in) {
    const Wide after = Wide(reserve_in) + given;
    if (after == 0) return 0;
    return static_cast<std::uint32_t>(div_up(Wide(given) * Bps::whole, after));
}

}  // namespace libexec::pools
