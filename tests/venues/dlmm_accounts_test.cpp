// What is not what a pair of Meteora DLMM should be.

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "libexec/base/random.hpp"
#include "libexec/venues/pools/pool.hpp"
#include "pool_checks.hpp"
#include "synthetic_dlmm.hpp"
#include "venues/meteora_dlmm/bin_array.hpp"
#include "venues/meteora_dlmm/bin_price.hpp"
#include "venues/meteora_dlmm/bitmap.hpp"

using namespace libexec;
using namespace libexec::test;
namespace dlmm = libexec::meteora_dlmm_pool;

namespace {

/// One array, and the account of the bitmap.
SyntheticDlmm compact() {
    SyntheticDlmm pool = small_dlmm();
    pool.active = 2;
    pool.bins = {{1, SyntheticBin{0, 900'000, false, 70'000, 60'000}},
                 {2, SyntheticBin{800'000, 700'000, true, 50'000, 0}},
                 {3, SyntheticBin{600'000, 0}}};
    pool.has_bitmap_account = true;
    return pool;
}

const PoolFamily& family() {
    AccountState account;
    account.owner = dlmm::program;
    return *family_of(account);
}

Result<std::unique_ptr<Pool>> open(const AccountStates& accounts) {
    return family().open(SyntheticDlmm().address, accounts);
}

/// Opens what may be anything and asks it everything: it answers or refuses, and never for a fault of ours.
/// Whether it could be opened.
bool answers(const AccountStates& accounts) {
    const auto pool = open(accounts);
    if (!pool) {
        REQUIRE(
            (pool.error().reason == Reason::bad_account || pool.error().reason == Reason::unsupported_token));
        return false;
    }
    const PublicKey x = pool.value()->mint_a();
    const PublicKey y = pool.value()->mint_b();
    for (const auto& result : {pool.value()->sell(x, 10'007, now), pool.value()->sell(y, 1'700'000, now),
                               pool.value()->buy(x, 1, now), pool.value()->buy(y, 1'000'000, now)})
        REQUIRE((result || result.error().reason != Reason::internal));
    PoolSwap swap;
    swap.mint_in = x;
    const auto built = pool.value()->swap(swap, now);
    REQUIRE((built || built.error().reason != Reason::internal));
    return true;
}

Reason broken(const PublicKey& account, const std::function<void(Bytes&)>& change) {
    AccountStates accounts = compact().encode();
    change(accounts.at(account).data);
    const auto pool = open(accounts);
    REQUIRE(!pool);
    CHECK(!pool.error().detail.empty());
    return pool.error().reason;
}

/// Every length below the whole, and one above.
void cut(AccountStates accounts, const PublicKey& key, bool has_one_length,
         const std::function<bool(const AccountStates&)>& reads) {
    const Bytes whole = accounts.at(key).data;
    Bytes& data = accounts.at(key).data;
    for (std::size_t size = 0; size <= whole.size() + 1; ++size) {
        if (size == whole.size()) continue;
        CAPTURE(size);
        data = whole;
        data.resize(size);
        const bool read = reads(accounts);
        if (has_one_length) REQUIRE(!read);
    }
}

/// Every byte another one.
void change(AccountStates accounts, const PublicKey& key,
            const std::function<void(std::size_t, const AccountStates&)>& reads) {
    Bytes& data = accounts.at(key).data;
    Random random(data.size());
    for (std::size_t at = 0; at < data.size(); ++at) {
        CAPTURE(at);
        const std::uint8_t before = data[at];
        data[at] = static_cast<std::uint8_t>(before ^ (1 + random.below(255)));
        reads(at, accounts);
        data[at] = before;
    }
}

}  // namespace

TEST_SUITE("venues/dlmm_accounts") {
    TEST_CASE("figures of a pair that its program would not write are refused") {
        const SyntheticDlmm pool = compact();
        const PublicKey array = SyntheticDlmm::array_address(pool.address, 0);
        const auto byte = [](std::size_t at, std::uint8_t value) {
            return [=](Bytes& data) { data[at] = value; };
        };
        REQUIRE(answers(pool.encode()));
        CHECK(broken(pool.address, byte(35, 3)) == Reason::bad_account);    // no such function
        CHECK(broken(pool.address, byte(36, 2)) == Reason::bad_account);    // nor way to take the fee
        CHECK(broken(pool.address, byte(75, 4)) == Reason::bad_account);    // nor kind
        CHECK(broken(pool.address, byte(86, 2)) == Reason::bad_account);    // nor way to wait
        CHECK(broken(pool.address, byte(34, 39)) == Reason::bad_account);   // 10^39 does not fit 128 bits
        CHECK(broken(pool.address, byte(34, 34)) == Reason::bad_account);   // nor does what it multiplies
        CHECK(broken(pool.address, byte(80, 0)) == Reason::bad_account);    // no step
        CHECK(broken(pool.address, byte(81, 2)) == Reason::bad_account);    // a step of 612
        CHECK(broken(pool.address, byte(79, 90)) == Reason::bad_account);   // beyond all bins
        CHECK(broken(pool.address, byte(77, 90)) == Reason::bad_account);   // no price fits
        CHECK(broken(pool.address, byte(552, 90)) == Reason::bad_account);  // the oracle of another one
        CHECK(broken(pool.address, [](Bytes& data) {
                  std::copy_n(data.begin() + 88, 32, data.begin() + 120);
              }) == Reason::bad_account);  // one token
        CHECK(broken(array, byte(8, 1)) == Reason::bad_account);
        CHECK(broken(array, byte(15, 128)) == Reason::bad_account);
        CHECK(broken(array, byte(24, 0)) == Reason::bad_account);
        CHECK(broken(SyntheticDlmm::bitmap_address(pool.address), byte(8, 0)) == Reason::bad_account);

        SyntheticDlmm unwritten = compact();
        unwritten.prices_written = false;  // the program would take nothing for what is in such a bin
        const auto opened = open(unwritten.encode());
        REQUIRE(!opened);
        CHECK(opened.error().reason == Reason::bad_account);
    }

    TEST_CASE("a memory that overflows the program's numbers is refused when it would be used") {
        SyntheticDlmm pool = compact();
        pool.volatility = ~std::uint32_t{0};
        pool.reduction = 10'000;
        pool.updated_at = now.unix_timestamp - 60;
        const auto opened = open(pool.encode());
        REQUIRE(opened);
        const auto ask = [&](std::int64_t time) {
            return opened.value()->sell(pool.mint(0), 1'000, {now.slot, time, now.epoch});
        };
        const auto remembers = ask(now.unix_timestamp);
        REQUIRE(!remembers);
        CHECK(remembers.error().reason == Reason::bad_account);
        CHECK(ask(pool.updated_at + pool.filter - 1));
        CHECK(ask(pool.updated_at + pool.decay));
        CHECK(ask(pool.updated_at - 5));  // the clock never goes back, and the program does not mind
        pool.updated_at = std::numeric_limits<std::int64_t>::min();
        const auto ancient = open(pool.encode()).value()->sell(pool.mint(0), 1'000, now);
        REQUIRE(!ancient);
        CHECK(ancient.error().reason == Reason::bad_account);
    }

    TEST_CASE("a pair that is cut short or changed never crashes, and a short one is never read") {
        const SyntheticDlmm pool = compact();
        const AccountStates accounts = pool.encode();
        cut(accounts, pool.address, true, answers);
        change(accounts, pool.address, [&](std::size_t, const AccountStates& changed) {
            (void)answers(changed);
            (void)family().wanted(pool.address, changed);
        });
        for (const auto& [key, account] : accounts) {
            CAPTURE(key.to_string());
            AccountStates foreign = accounts;
            foreign.at(key).owner = key_numbered(99);
            CHECK(!answers(foreign));
            // Without an array or the bitmap there is less to trade with, and without the rest nothing.
            foreign.erase(key);
            CHECK(answers(foreign) ==
                  (account.owner == accounts.at(pool.address).owner && key != pool.address));
        }
    }

    TEST_CASE("bins that are cut short or changed are refused, or hold nothing at another price") {
        const SyntheticDlmm pool = compact();
        const AccountStates accounts = pool.encode();
        const auto state = dlmm::read_state(pool.address, accounts);
        REQUIRE(state);
        const dlmm::ArrayPlace place{pool.address, 0, SyntheticDlmm::array_address(pool.address, 0)};
        const auto read = [&](const AccountStates& there) {
            return dlmm::read_bin_array(place, state.value(), there);
        };
        const auto reads = [&](const AccountStates& there) { return static_cast<bool>(read(there)); };
        REQUIRE(reads(accounts));
        cut(accounts, place.address, true, reads);
        change(accounts, place.address, [&](std::size_t at, const AccountStates& changed) {
            const auto array = read(changed);
            const std::size_t bin = (at - 56) / 144;
            const std::size_t in_bin = (at - 56) % 144;
            const bool is_head = at < 16 || (at >= 24 && at < 56);
            const bool is_price = at >= 56 && bin >= 1 && bin <= 3 && in_bin >= 16 && in_bin < 32;
            if (is_head || is_price) REQUIRE(!array);
            if (!array) {
                REQUIRE(array.error().reason == Reason::bad_account);
                return;
            }
            for (std::int32_t id = 0; id < dlmm::bins_in_array; ++id) {
                const dlmm::Bin& there = array.value()->bins[static_cast<std::size_t>(id)];
                if (there.pays(false) || there.pays(true))
                    REQUIRE((there.price == dlmm::price_of_bin(id, pool.step)));
            }
        });
        AccountStates foreign = accounts;
        foreign.at(place.address).owner = key_numbered(99);
        CHECK(!reads(foreign));
    }

    TEST_CASE("a bitmap that is cut short or changed is refused, or shows another array") {
        const SyntheticDlmm pool = compact();
        const AccountStates accounts = pool.encode();
        const auto state = dlmm::read_state(pool.address, accounts);
        REQUIRE(state);
        const PublicKey key = SyntheticDlmm::bitmap_address(pool.address);
        const auto reads = [&](const AccountStates& there) {
            return static_cast<bool>(dlmm::Bitmap::read(pool.address, key, state.value(), there));
        };
        REQUIRE(reads(accounts));
        cut(accounts, key, true, reads);
        change(accounts, key, [&](std::size_t at, const AccountStates& changed) {
            const auto bitmap = dlmm::Bitmap::read(pool.address, key, state.value(), changed);
            REQUIRE(static_cast<bool>(bitmap) == (at >= 40));
            if (!bitmap) return;
            // Upwards first, then downwards, 96 words each.
            const std::size_t up = bitmap.value().on_the_way(false).size();
            const std::size_t down = bitmap.value().on_the_way(true).size();
            CHECK((at < 808 ? up : down) >= 2);
            CHECK((at < 808 ? down : up) == 1);
        });
    }
}
