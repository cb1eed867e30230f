#include "liquidity_step.hpp"

#include "wide.hpp"

namespace libexec::pools {

Result<Wide> liquidity_beyond(Wide liquidity, SignedWide net, bool a_to_b) {
    const bool grows = (net > 0) != a_to_b;
    const Wide change = net < 0 ? -static_cast<Wide>(net) : static_cast<Wide>(net);
    const auto after = net == 0 ? std::optional(liquidity)
                       : grows  ? checked_add(liquidity, change)
                                : checked_sub(liquidity, change);
    if (!after) return reject(Reason::bad_account, "the liquidity of the pool contradicts that of its ticks");
    return *after;
}

}  // namespace libexec::pools
