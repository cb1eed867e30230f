#pragma once

#include <doctest/doctest.h>

#include <set>

#include "libexec/venues/pools/pool.hpp"
#include "random_pools.hpp"

namespace libexec::test {

/// When and where all of it happens.
inline constexpr ChainClock now{1'000, 1'800'000'000, 900};

template <class Synthetic>
Result<std::unique_ptr<Pool>> open(const Synthetic& pool) {
    const AccountStates accounts = pool.encode();
    return family_of(accounts.at(pool.address))->open(pool.address, accounts);
}

/// The pool, which has to open.
template <class Synthetic>
std::unique_ptr<Pool> opened(const Synthetic& pool) {
    auto made = open(pool);
    REQUIRE_MESSAGE(made, (made ? "" : made.error().detail));
    return std::move(made).value();
}

template <class Synthetic>
bool opens(const Synthetic& pool) {
    return static_cast<bool>(open(pool));
}

template <class Synthetic>
Result<PoolTrade> sell(const Synthetic& pool, int side, std::uint64_t amount, const ChainClock& clock = now) {
    const auto opened = open(pool);
    REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().detail));
    return opened.value()->sell(pool.mint(side), amount, clock);
}

template <class Synthetic>
Result<PoolTrade> buy(const Synthetic& pool, int side, std::uint64_t amount) {
    const auto opened = open(pool);
    REQUIRE(opened);
    return opened.value()->buy(pool.mint(side), amount, now);
}

template <class T>
Reason why(const Result<T>& result) {
    REQUIRE(!result);
    CHECK(!result.error().detail.empty());
    return result.error().reason;
}

inline void give_transfer_fees(SyntheticPool& pool) {
    for (SyntheticToken& token : pool.tokens) {
        token.program = well_known::token_2022_program;
        token.fee_points = 300;
        token.fee_most = 1'000'000;
    }
}

/// Opens what may be anything and asks it everything: it answers or refuses, and never for a fault of ours.
/// Whether it could be opened.
inline bool ask_everything(const PoolFamily& family, const PublicKey& key, const AccountStates& accounts) {
    const auto pool = family.open(key, accounts);
    if (!pool) {
        const std::set<Reason> expected{Reason::bad_account, Reason::unsupported_token};
        REQUIRE(expected.contains(pool.error().reason));
        return false;
    }
    const PublicKey a = pool.value()->mint_a();
    const PublicKey b = pool.value()->mint_b();
    for (const auto& result :
         {pool.value()->sell(a, 10'007, now), pool.value()->sell(b, ~std::uint64_t{0}, now),
          pool.value()->buy(a, 1, now), pool.value()->buy(b, 1'000'000, now)})
        REQUIRE((result || result.error().reason != Reason::internal));
    PoolSwap swap;
    swap.mint_in = a;
    const auto built = pool.value()->swap(swap, now);
    REQUIRE((built || built.error().reason != Reason::internal));
    return true;
}

/// Every account of the pool cut at every length, and with every byte changed; of larger accounts one
/// in a hundred, since opening a pool costs more than reading one.
template <class Synthetic>
void break_everything(const Synthetic& synthetic) {
    const AccountStates accounts = synthetic.encode();
    const PoolFamily& family = *family_of(accounts.at(synthetic.address));
    REQUIRE(ask_everything(family, synthetic.address, accounts));
    for (const auto& [key, account] : accounts) {
        CAPTURE(key.to_string());
        // A mint without its extensions is one as well; the program's own accounts have one length each.
        const bool has_one_length = account.owner == family.program();
        AccountStates broken = accounts;
        Bytes& data = broken[key].data;
        const std::size_t stride = account.data.size() > 1'600 ? 101 : 1;
        for (std::size_t size = 0; size < account.data.size(); size += stride) {
            CAPTURE(size);
            data.assign(account.data.begin(), account.data.begin() + static_cast<std::ptrdiff_t>(size));
            const bool opened = ask_everything(family, synthetic.address, broken);
            if (has_one_length) REQUIRE(!opened);
        }
        data = account.data;
        data.push_back(0);
        const bool opened = ask_everything(family, synthetic.address, broken);
        if (has_one_length) REQUIRE(!opened);
        data = account.data;
        Random random(account.data.size());
        for (std::size_t at = 0; at < data.size(); at += stride) {
            CAPTURE(at);
            data[at] = static_cast<std::uint8_t>(data[at] ^ (1 + random.below(255)));
            (void)ask_everything(family, synthetic.address, broken);
            if (key == synthetic.address) (void)family.wanted(key, broken);
            data[at] = account.data[at];
        }
        broken[key].owner = key_numbered(99);
        REQUIRE(!ask_everything(family, synthetic.address, broken));
    }
}

/// What nobody may gain by: more given, the same given in two parts, asking what an amount costs.
inline void check_prices(const Pool& pool, const PublicKey& in, const PublicKey& out, Random& random,
                         int& priced) {
    const std::uint64_t amount = any_size(random, 50);
    const auto sold = pool.sell(in, amount, now);
    if (!sold || sold.value().amount_in != amount || sold.value().amount_out == 0) return;
    ++priced;
    const PoolTrade& trade = sold.value();
    if (trade.fee_mint == in) REQUIRE(trade.fee <= amount);
    if (trade.fee_mint != in) REQUIRE(trade.fee_mint == out);
    REQUIRE(trade.price_impact_bps <= 10'000);

    const auto more = pool.sell(in, amount + 1 + random.below(amount), now);
    if (more) REQUIRE(more.value().amount_out >= trade.amount_out);

    const auto bought = pool.buy(out, trade.amount_out, now);
    REQUIRE_MESSAGE(bought, (bought ? "" : bought.error().detail));
    const std::uint64_t cost = bought.value().amount_in;
    REQUIRE(bought.value().amount_out == trade.amount_out);
    const auto again = pool.sell(in, cost, now);
    REQUIRE(again);
    REQUIRE(again.value().amount_out >= trade.amount_out);
    // Within one unit: of the input, or of the output where that is the coarser one.
    const auto less = cost < 2 ? Result<PoolTrade>() : pool.sell(in, cost - 2, now);
    const bool least = !less || less.value().amount_out < trade.amount_out;
    REQUIRE((least || again.value().amount_out <= trade.amount_out + 1));
}

}  // namespace libexec::test
