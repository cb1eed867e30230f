#include "libexec/venues/sim/sim_prices.hpp"

#include <array>
#include <string_view>

#include "libexec/base/random.hpp"

namespace libexec {
namespace {

struct Price {
    std::string_view symbol;
    std::uint64_t micro_usd;
};

/// Round figures of the right size, not market data.
constexpr std::array prices{
    Price{"SOL", 150'000'000}, Price{"USDC", 1'000'000}, Price{"USDT", 1'000'000}, Price{"JUP", 850'000},
    Price{"RAY", 2'100'000},   Price{"BONK", 24},        Price{"WIF", 1'900'000},  Price{"JTO", 2'600'000},
    Price{"PYTH", 340'000},    Price{"ORCA", 3'200'000},
};

}  // namespace

std::uint64_t sim_price_micro_usd(const Token& token) {
    for (const Price& price : prices) {
        if (price.symbol == token.symbol) return price.micro_usd;
    }
    const auto& mint = token.mint.bytes();
    const std::string_view bytes(reinterpret_cast<const char*>(mint.data()), mint.size());
    return 10'000 + Random(derive_seed(0, bytes)).below(9'990'001);
}

}  // namespace libexec
