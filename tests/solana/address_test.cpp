#include "libexec/solana/address.hpp"
#include <doctest/doctest.h>
#include <boost/multiprecision/cpp_int.hpp>
#include "libexec/base/random.hpp"
#include "libexec/solana/well_known.hpp"
#include "support/golden.hpp"

using namespace libexec;
using test::hex_bytes;

namespace {

PublicKey raw_key(const Bytes& bytes) {
    PublicKey::Bytes key{};
    REQUIRE(bytes.size() == key.size());
    std::copy(bytes.begin(), bytes.end(), key.begin());
    return PublicKey(key);
}

Bytes text(std::string_view letters) { return Bytes(letters.begin(), letters.end()); }
Bytes bytes_of(const PublicKey& key) { return Bytes(key.bytes().begin(), key.bytes().end()); }

/// The curve's own equation: -x^2 + y^2 = 1 + d x^2 y^2 has an x for this y, by Euler's criterion. The top
/// bit is the sign of x, and y is taken modulo p.
bool has_point(const PublicKey& key) {
    using boost::multiprecision::cpp_int;
    static const cpp_int p = (cpp_int(1) << 255) - 19;
    static const cpp_int inverse = powm(cpp_int(121666), cpp_int(p - 2), p);
    static const cpp_int d = (p - 121665) * inverse % p;
    cpp_int y = 0;
    for (std::size_t i = 32; i-- > 0;) y = y << 8 | (i == 31 ? key.bytes()[i] & 0x7f : key.bytes()[i]);
    const cpp_int y2 = y * y % p;
    const cpp_int u = (y2 + p - 1) % p;
    const cpp_int v = (d * y2 + 1) % p;
    const cpp_int square = powm(cpp_int(u * v % p), cpp_int((p - 1) / 2), p);
    return u == 0 || square == 1;
}

}  // namespace

TEST_SUITE("solana/address") {
    TEST_CASE("programs derive the addresses they are known by") {
        struct Known {
            const char* seed;
            const char* program;
            const char* address;
        };
        for (const Known& known :
             {Known{"amm authority", "675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8",
                    "5Q544fKrFoe6tsEbD7S8EmxGTJYAKtTVhAW5Q5pge4j1"},
              Known{"vault_and_lp_mint_auth_seed", "CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C",
                    "GpMZbSM2GgvTKHJirzeGfMFoaZ8UR2X7F4v8vHTvxFbL"},
              Known{"pool_authority", "cpamdpZCGKUy5JxQXB4dcpGPiikHawvSWAd6mEn1sGG",
                    "HLnpSz9h2S4hiLQ43rnSD9XkcUThA7B8hQMKmDaiTLcC"}}) {
            CAPTURE(known.seed);
            const auto derived = derive_address({text(known.seed)}, test::key_of(known.program));
            REQUIRE(derived);
            CHECK(derived->key == test::key_of(known.address));
            CHECK_FALSE(is_on_curve(derived->key));
        }
        // The authority of AMM v4 is the one whose first bump met the curve.
        CHECK(derive_address({text("amm authority")},
                             test::key_of("675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8"))
                  ->bump == 254);
    }

    TEST_CASE("a wallet keeps its tokens where the chain says") {
        const PublicKey owner = test::key_of("9C6hybhQ6Aycep9jaUnP6uL9ZYvDjUp1aSkFWPUFJtpj");
        CHECK(is_on_curve(owner));
        CHECK(associated_token_address(owner, well_known::token_program, well_known::wrapped_sol) ==
              test::key_of("5Q1oy6XSWGgHQFpFC2zRTPhuYpnbuxVHkPbNMj6XXRhq"));
        CHECK(associated_token_address(owner, well_known::token_program,
                                       test::key_of("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v")) ==
              test::key_of("FjCjyojZLVYVQ2dEdDKQx76msks96TdH9xqvc8BQ9UUx"));
    }

    TEST_CASE("real pools keep their tokens at derived addresses") {
        const auto root = test::fixtures_or_say();
        if (!root) return;
        // A pool names its vaults and the bump of its authority.
        const PublicKey program = test::key_of("CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C");
        int vaults = 0;
        for (const JsonValue& line : test::read_golden(*root / "golden/raydium_cpmm.jsonl")) {
            const PublicKey pool = test::key_of(line["pool"].text());
            const AccountStates accounts = test::read_accounts(*root, line["accounts"]);
            const Bytes& data = accounts.at(pool).data;
            for (const auto& [vault, mint] : {std::pair(72, 168), std::pair(104, 200)}) {
                const Bytes mint_bytes(data.begin() + mint, data.begin() + mint + 32);
                const auto derived =
                    derive_address({text("pool_vault"), bytes_of(pool), mint_bytes}, program);
                REQUIRE(derived);
                CHECK(derived->key == raw_key(Bytes(data.begin() + vault, data.begin() + vault + 32)));
                ++vaults;
            }
            CHECK(derive_address({text("vault_and_lp_mint_auth_seed")}, program)->bump == data[328]);
            if (vaults >= 4) break;
        }
        CHECK(vaults == 4);
    }

    TEST_CASE("more or longer seeds than the chain takes give no address") {
        const PublicKey program = well_known::token_program;
        CHECK(derive_address({}, program));
        CHECK(derive_address(std::vector<Bytes>(15, Bytes(32)), program));
        CHECK_FALSE(derive_address(std::vector<Bytes>(16, Bytes(1)), program));
        CHECK_FALSE(derive_address({Bytes(33)}, program));
        // Seeds are one after the other: where one ends is not part of the address.
        CHECK(derive_address({text("ab"), text("c")}, program)->key ==
              derive_address({text("abc")}, program)->key);
    }

    TEST_CASE("an address is the same when it is asked for again, whatever was asked meanwhile") {
        const auto numbered = [](int number) {
            return derive_address({text(std::to_string(number))}, well_known::token_program).value();
        };
        std::vector<DerivedAddress> first;
        for (int i = 0; i < 50; ++i) first.push_back(numbered(i));
        for (int i = 0; i < 10'000; ++i) CHECK(numbered(i).key != numbered(i + 1).key);
        for (int i = 0; i < 50; ++i) {
            CHECK(numbered(i).key == first[static_cast<std::size_t>(i)].key);
            CHECK(numbered(i).bump == first[static_cast<std::size_t>(i)].bump);
        }
        CHECK(derive_address({text("1")}, well_known::memo_program)->key != numbered(1).key);
    }

    TEST_CASE("points of small order are on the curve") {
        for (const char* hex : {"0100000000000000000000000000000000000000000000000000000000000000",
                                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                "0000000000000000000000000000000000000000000000000000000000000000",
                                "0000000000000000000000000000000000000000000000000000000000000080",
                                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                                "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                                "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
                                // The same y spelled by a number from p on, and an x of 0 with a sign.
                                "0100000000000000000000000000000000000000000000000000000000000080",
                                "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}) {
            CAPTURE(hex);
            CHECK(is_on_curve(raw_key(hex_bytes(hex))));
        }
    }

    TEST_CASE("a key is on the curve exactly when the curve's equation says so") {
        Random random(5);
        int on = 0;
        constexpr int keys = 150;
        for (int i = 0; i < keys; ++i) {
            PublicKey::Bytes bytes{};
            for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
            const PublicKey key(bytes);
            CAPTURE(key.to_string());
            CHECK(is_on_curve(key) == has_point(key));
            on += is_on_curve(key);
        }
        CHECK(on > keys / 3);
        CHECK(on < keys * 2 / 3);
        // Every y from p to 2^255 - 1, with either sign.
        for (int low = 0xed; low <= 0xff; ++low) {
            for (const int top : {0x7f, 0xff}) {
                PublicKey::Bytes bytes;
                bytes.fill(0xff);
                bytes[0] = static_cast<std::uint8_t>(low);
                bytes[31] = static_cast<std::uint8_t>(top);
                CAPTURE(low);
                CHECK(is_on_curve(PublicKey(bytes)) == has_point(PublicKey(bytes)));
            }
        }
    }

    TEST_CASE("what the compiler spells is what is read") {
        for (const auto& [key, words] :
             {std::pair(well_known::system_program, "11111111111111111111111111111111"),
              std::pair(well_known::token_program, "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"),
              std::pair(well_known::wrapped_sol, "So11111111111111111111111111111111111111112"),
              std::pair(well_known::memo_program, "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr")}) {
            CHECK(key == PublicKey::parse(words));
            CHECK(key.to_string() == words);
        }
    }
}
