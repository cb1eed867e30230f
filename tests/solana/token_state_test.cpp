#include "libexec/solana/token_state.hpp"
#include <doctest/doctest.h>
#include "libexec/base/random.hpp"
#include "support/golden.hpp"
#include "support/token_bytes.hpp"

using namespace libexec;
using test::extend;
using test::key_number;
using test::put;

namespace {

const PublicKey token_2022 = well_known::token_2022_program;

Rejection refusal_of_mint(const AccountState& account) {
    const auto read = read_mint(account);
    REQUIRE_FALSE(read);
    CHECK(read.error().reason == Reason::bad_account);
    return read.error();
}

Rejection refusal_of_account(const AccountState& account) {
    const auto read = read_token_account(account);
    REQUIRE_FALSE(read);
    CHECK(read.error().reason == Reason::bad_account);
    return read.error();
}

MintState mint_with(std::uint16_t type, const Bytes& value) {
    AccountState account = test::mint_account(6, token_2022);
    extend(account, type, value);
    const auto read = read_mint(account);
    if (!read) FAIL(read.error().detail);
    return read.value();
}

MintState fee_mint(test::FeePart older, test::FeePart newer, std::uint64_t epoch) {
    return mint_with(1, test::transfer_fee_config(older, newer, epoch));
}

}  // namespace

TEST_SUITE("solana/token_state") {
    TEST_CASE("a token account says whose, of what and how much") {
        for (const PublicKey& program : {well_known::token_program, token_2022}) {
            AccountState account = test::token_account(key_number(1), key_number(2), 12'345, program);
            const auto read = read_token_account(account).value();
            CHECK(read.token_program == program);
            CHECK(read.mint == key_number(1));
            CHECK(read.owner == key_number(2));
            CHECK(read.amount == 12'345);
            CHECK_FALSE(read.frozen);
            account.data[108] = 2;
            CHECK(read_token_account(account).value().frozen);
        }
    }

    TEST_CASE("a token account of Token-2022 says what it asks of transfers") {
        AccountState account = test::token_account(key_number(1), key_number(2), 5, token_2022);
        extend(account, 7, {});
        extend(account, 2, Bytes(8));
        CHECK_FALSE(read_token_account(account).value().wants_memo);
        AccountState choosy = account;
        extend(choosy, 8, {1});
        extend(choosy, 11, {1});
        CHECK(read_token_account(choosy).value().wants_memo);
        CHECK(read_token_account(choosy).value().refuses_cpi);
        extend(account, 8, {0});
        extend(account, 11, {0});
        CHECK_FALSE(read_token_account(account).value().wants_memo);
        CHECK_FALSE(read_token_account(account).value().refuses_cpi);
    }

    TEST_CASE("what is no token account is refused with what is wrong") {
        const AccountState good = test::token_account(key_number(1), key_number(2), 5);
        AccountState account = good;
        account.owner = well_known::system_program;
        CHECK(refusal_of_account(account).detail.find("11111111111111111111111111111111") !=
              std::string::npos);
        for (const std::size_t size : {0, 1, 82, 164, 166, 170, 355, 10'000}) {
            CAPTURE(size);
            account = good;
            account.data.resize(size);
            refusal_of_account(account);
        }
        for (const int state : {0, 3, 255}) {
            account = good;
            account.data[108] = static_cast<std::uint8_t>(state);
            CHECK(refusal_of_account(account).detail.find(std::to_string(state)) != std::string::npos);
        }
        for (const std::size_t option : {72u, 109u, 129u}) {
            account = good;
            account.data[option + 3] = 1;
            refusal_of_account(account);
        }
        // A mint of Token-2022 is no account, and the other way round.
        AccountState mint = test::mint_account(6, token_2022);
        extend(mint, 3, Bytes(32));
        mint.data[108] = 1;
        refusal_of_account(mint);
        AccountState extended = test::token_account(key_number(1), key_number(2), 5, token_2022);
        extend(extended, 7, {});
        refusal_of_mint(extended);
    }

    TEST_CASE("a mint says how it divides and who rules it") {
        AccountState account = test::mint_account(9);
        const auto plain = read_mint(account).value();
        CHECK(plain.decimals == 9);
        CHECK(plain.supply == 1'000'000'000'000);
        CHECK_FALSE(plain.mint_authority);
        CHECK_FALSE(plain.freeze_authority);
        CHECK(plain.transfer_fee(1'000, 7) == 0);
        CHECK(plain.amount_that_delivers(UINT64_MAX, 7) == UINT64_MAX);
        account.data[0] = 1;
        put(account.data, 4, key_number(8));
        account.data[46] = 1;
        put(account.data, 50, key_number(9));
        CHECK(read_mint(account).value().mint_authority == key_number(8));
        CHECK(read_mint(account).value().freeze_authority == key_number(9));
    }

    TEST_CASE("a mint's extensions say what transfers of it meet") {
        CHECK(mint_with(6, {2}).starts_frozen);
        CHECK_FALSE(mint_with(6, {1}).starts_frozen);
        Bytes hook(64);
        put(hook, 0, key_number(1));  // an authority, which may set a program later
        CHECK_FALSE(mint_with(14, hook).has_transfer_hook);
        put(hook, 32, key_number(2));
        CHECK(mint_with(14, hook).has_transfer_hook);
        Bytes pause(33);
        put(pause, 0, key_number(1));
        CHECK_FALSE(mint_with(26, pause).is_paused);
        pause[32] = 1;
        CHECK(mint_with(26, pause).is_paused);
        CHECK_FALSE(mint_with(12, Bytes(32)).has_permanent_delegate);
        CHECK(mint_with(12, Bytes(32, 7)).has_permanent_delegate);
        CHECK(mint_with(9, {}).is_non_transferable);
        CHECK_FALSE(mint_with(19, Bytes(300, 65)).is_non_transferable);
    }

    TEST_CASE("the first extension of a type counts, and nothing behind the end does") {
        AccountState account = test::mint_account(6, token_2022);
        extend(account, 6, {1});
        extend(account, 6, {2});
        CHECK_FALSE(read_mint(account).value().starts_frozen);
        account = test::mint_account(6, token_2022);
        extend(account, 3, Bytes(32));
        extend(account, 0, {});
        extend(account, 6, {2});
        CHECK_FALSE(read_mint(account).value().starts_frozen);
        account = test::mint_account(6, token_2022);
        extend(account, 6, {2});
        account.data.push_back(99);  // half a type
        CHECK(read_mint(account).value().starts_frozen);
    }

    TEST_CASE("extensions that do not fit are refused with what is wrong") {
        AccountState account = test::mint_account(6, token_2022);
        extend(account, 29, Bytes(4));
        CHECK(refusal_of_mint(account).detail == "token extension 29 is unknown");
        account = test::mint_account(6, token_2022);
        extend(account, 7, {});
        CHECK(refusal_of_mint(account).detail == "token extension 7 is not one of this kind of account");
        account = test::mint_account(6, token_2022);
        extend(account, 1, Bytes(107));
        CHECK(refusal_of_mint(account).detail == "token extension 1 has 107 bytes, not 108");
        account = test::mint_account(6, token_2022);
        extend(account, 14, Bytes(64));
        account.data.pop_back();
        CHECK(refusal_of_mint(account).detail == "token extension 14 is longer than the account");
        account = test::mint_account(6, token_2022);
        extend(account, 6, {2});
        account.data.resize(account.data.size() - 2);
        CHECK(refusal_of_mint(account).detail == "token extension 6 has no length");
        account = test::mint_account(6, token_2022);
        extend(account, 6, {3});
        refusal_of_mint(account);
        account = test::mint_account(6, token_2022);
        extend(account, 6, {1});
        account.data[120] = 1;
        CHECK(refusal_of_mint(account).detail.find("not zero") != std::string::npos);
        account = test::mint_account(6, token_2022);
        extend(account, 19, Bytes(355 - 170, 1));
        REQUIRE(account.data.size() == 355);
        CHECK(refusal_of_mint(account).detail.find("multisig") != std::string::npos);
        account = test::mint_account(6, token_2022);
        extend(account, 1, test::transfer_fee_config({0, 0}, {1, 10'001}, 0));
        CHECK(refusal_of_mint(account).detail == "a transfer fee of 10001 basis points");
        account = test::mint_account(6);
        extend(account, 6, {2});
        refusal_of_mint(account);  // SPL Token itself has no extensions
    }

    TEST_CASE("every shorter or bent copy of a mint is read or refused") {
        AccountState account = test::mint_account(6, token_2022);
        extend(account, 1, test::transfer_fee_config({500, 100}, {UINT64_MAX, 300}, 700));
        extend(account, 14, Bytes(64));
        extend(account, 26, Bytes(33));
        for (std::size_t size = 0; size < account.data.size(); ++size) {
            AccountState cut = account;
            cut.data.resize(size);
            const auto read = read_mint(cut);
            if (!read) CHECK(read.error().reason == Reason::bad_account);
            // At the end of an extension, or one byte on, it is a mint still.
            bool whole = size == 82 || size == 167;
            for (const std::size_t end : {166u + 112u, 166u + 180u}) whole |= size == end || size == end + 1;
            CAPTURE(size);
            CHECK(static_cast<bool>(read) == whole);
        }
        for (std::size_t at = 0; at < account.data.size(); ++at) {
            for (const int bent : {0x01, 0x80, 0xff}) {
                AccountState other = account;
                other.data[at] = static_cast<std::uint8_t>(other.data[at] ^ bent);
                const auto read = read_mint(other);
                if (!read) CHECK(read.error().reason == Reason::bad_account);
            }
        }
    }

    TEST_CASE("the newer transfer fee holds from its epoch on") {
        const MintState mint = fee_mint({500, 100}, {7, 300}, 700);
        CHECK(mint.transfer_fee(10'000, 699) == 100);
        CHECK(mint.transfer_fee(10'001, 699) == 101);  // rounded up
        CHECK(mint.transfer_fee(1, 699) == 1);
        CHECK(mint.transfer_fee(1'000'000, 699) == 500);
        CHECK(mint.transfer_fee(0, 699) == 0);
        CHECK(mint.transfer_fee(100, 700) == 3);
        CHECK(mint.transfer_fee(UINT64_MAX, 700) == 7);
    }

    TEST_CASE("no fee is above what is sent") {
        for (const int points : {1, 300, 9'999, 10'000}) {
            const MintState mint = fee_mint({}, {UINT64_MAX, static_cast<std::uint16_t>(points)}, 0);
            for (const std::uint64_t amount :
                 {std::uint64_t(0), std::uint64_t(1), std::uint64_t(10'001), UINT64_MAX})
                CHECK(mint.transfer_fee(amount, 0) <= amount);
        }
    }

    TEST_CASE("the least amount that delivers is the one a search finds") {
        Random random(11);
        for (int i = 0; i < 300; ++i) {
            constexpr std::uint64_t beyond = 700;
            const std::uint16_t edges[] = {0, 1, 300, 5'000, 9'999, 10'000};
            const std::uint16_t points =
                i % 2 == 0 ? edges[random.below(6)] : static_cast<std::uint16_t>(random.below(10'001));
            const std::uint64_t most = i % 3 == 0 ? UINT64_MAX : random.below(120);
            const MintState mint = fee_mint({}, {most, points}, 0);
            CAPTURE(points);
            CAPTURE(most);
            for (std::uint64_t net = 0; net < 60; ++net) {
                std::optional<std::uint64_t> found;
                for (std::uint64_t amount = 0; amount < beyond && !found; ++amount) {
                    if (amount - mint.transfer_fee(amount, 0) == net) found = amount;
                }
                const auto least = mint.amount_that_delivers(net, 0);
                CAPTURE(net);
                if (found) {
                    CHECK(least == found);
                } else {
                    CHECK((!least || *least >= beyond));
                }
            }
        }
    }

    TEST_CASE("large amounts deliver exactly, one less does not, and what is beyond u64 is nothing") {
        Random random(12);
        int none = 0;
        for (int i = 0; i < 20'000; ++i) {
            const std::uint64_t most = random.next() >> random.below(64);
            const MintState mint =
                fee_mint({}, {most, static_cast<std::uint16_t>(1 + random.below(10'000))}, 0);
            const std::uint64_t net = 1 + (random.next() >> random.below(64)) / 2;
            const auto least = mint.amount_that_delivers(net, 0);
            if (!least) {
                CHECK(UINT64_MAX - mint.transfer_fee(UINT64_MAX, 0) < net);
                ++none;
                continue;
            }
            CHECK(*least - mint.transfer_fee(*least, 0) == net);
            CHECK(*least - 1 - mint.transfer_fee(*least - 1, 0) < net);
        }
        CHECK(none > 0);
    }

    TEST_CASE("real mints and vaults are read") {
        const auto root = test::fixtures_or_say();
        if (!root) return;
        int mints = 0;
        int vaults = 0;
        int with_fee = 0;
        for (const auto& file : std::filesystem::recursive_directory_iterator(*root / "accounts")) {
            if (!file.is_regular_file() || file.path().filename() == "pools.json") continue;
            for (const auto& [key, account] : test::read_accounts({file.path()})) {
                if (account.owner != well_known::token_program && account.owner != token_2022) continue;
                CAPTURE(file.path().string());
                const auto mint = read_mint(account);
                const auto vault = read_token_account(account);
                CHECK(static_cast<bool>(mint) != static_cast<bool>(vault));
                mints += static_cast<bool>(mint);
                vaults += static_cast<bool>(vault);
                if (mint && mint.value().newer_fee) ++with_fee;
                if (mint && mint.value().newer_fee && mint.value().newer_fee->points == 300)
                    CHECK(mint.value().transfer_fee(10'000, 10'000) == 300);
            }
        }
        MESSAGE(mints, " mints (", with_fee, " with a transfer fee), ", vaults, " token accounts");
        CHECK(mints > 0);
        CHECK(vaults > 0);
        CHECK(with_fee > 0);
    }
}
