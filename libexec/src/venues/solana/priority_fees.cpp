#include "libexec/venues/solana/priority_fees.hpp"

#include <algorithm>
#include <limits>

#include "fee_meter.hpp"
#include "libexec/model/money.hpp"

namespace libexec {

std::uint64_t priority_price(std::vector<std::uint64_t> recent, const PriorityFees& fees) {
    std::erase(recent, std::uint64_t{0});
    std::uint64_t price = 0;
    if (!recent.empty()) {
        std::sort(recent.begin(), recent.end());
        const std::size_t rank = (recent.size() * std::min(fees.percentile, 100u) + 99) / 100;
        price = recent[std::max<std::size_t>(rank, 1) - 1];
    }
    return std::min(std::max(price, fees.floor), fees.cap);
}

std::uint64_t priority_lamports(std::uint64_t units, std::uint64_t price) {
    constexpr std::uint64_t micro = 1'000'000;
    const Wide lamports = (Wide(units) * price + (micro - 1)) / micro;
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    return lamports > most ? most : static_cast<std::uint64_t>(lamports);
}

Task<Result<std::uint64_t>> FeeMeter::price(PublicKey written) {
    const auto known = seen_.find(written);
    if (known != seen_.end()) {
        const auto age = clock_.now() - known->second.at;
        if (age >= age.zero() && age < fees_.kept_for) co_return known->second.price;
    }
    Result<std::vector<std::uint64_t>> recent =
        co_await reader_.recent_fees(std::vector<PublicKey>(1, written));
    if (!recent) co_return recent.error();
    const std::uint64_t price = priority_price(std::move(recent).value(), fees_);
    seen_[written] = Seen{price, clock_.now()};
    co_return price;
}

std::uint64_t FeeMeter::last_price(const PublicKey& written) const {
    const auto known = seen_.find(written);
    return known == seen_.end() ? priority_price({}, fees_) : known->second.price;
}

}  // namespace libexec
