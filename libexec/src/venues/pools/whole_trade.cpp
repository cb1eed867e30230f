#include "libexec/venues/pools/whole_trade.hpp"

#include <string>

namespace libexec {

Result<PoolTrade> whole_sale(const Pool& pool, const PublicKey& mint_in, std::uint64_t amount,
                             const ChainClock& clock) {
    Result<PoolTrade> trade = pool.sell(mint_in, amount, clock);
    if (!trade) return trade;
    if (trade.value().amount_in != amount)
        return reject(Reason::insufficient_liquidity, "the pool takes " +
                                                          std::to_string(trade.value().amount_in) + " of " +
                                                          std::to_string(amount) + " alone");
    if (trade.value().amount_out == 0)
        return reject(Reason::amount_too_small, "the pool would take it and pay nothing");
    return trade;
}

Result<PoolTrade> whole_purchase(const Pool& pool, const PublicKey& mint_out, std::uint64_t amount,
                                 const ChainClock& clock) {
    Result<PoolTrade> trade = pool.buy(mint_out, amount, clock);
    if (trade && trade.value().amount_out != amount)
        return reject(Reason::insufficient_liquidity, "the pool pays " +
                                                          std::to_string(trade.value().amount_out) + " of " +
                                                          std::to_string(amount) + " alone");
    return trade;
}

}  // namespace libexec
