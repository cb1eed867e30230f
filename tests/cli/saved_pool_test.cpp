#include <doctest/doctest.h>

#include "pool_snapshot.hpp"
#include "scripted_wire.hpp"
#include "tx_signer.hpp"

using namespace libexec;
using namespace libexec::cli;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t known_time = 1'790'000'000;

Time at(std::int64_t seconds) { return Time(std::chrono::seconds(seconds)); }

SavedAccounts saved(std::string_view bundle) {
    SavedAccounts accounts;
    REQUIRE(accounts.add("b.json", bundle));
    return accounts;
}

}  // namespace

TEST_SUITE("cli/saved pools") {
    TEST_CASE("the clock is what was said, then what was saved, then a guess") {
        const SavedAccounts none = saved(R"({"accounts":{}})");
        const SavedAccounts slot = saved(R"({"slot":864005,"accounts":{}})");
        const SavedAccounts clock =
            saved(R"({"clock":{"slot":5,"unix_timestamp":6,"epoch":7},"accounts":{}})");
        const auto resolve = [](const AskedClock& asked, const SavedAccounts& from, bool guess) {
            bool guessed = false;
            const ChainClock made = asked.resolve(from, at(known_time + 10), guessed);
            CHECK(guessed == guess);
            return std::tuple{made.slot, made.unix_timestamp, made.epoch};
        };
        CHECK(resolve({}, clock, false) == std::tuple{5u, 6, 7u});
        CHECK(resolve({{}, 8, {}}, clock, false) == std::tuple{5u, 8, 7u});
        CHECK(resolve({432'001, {}, {}}, clock, false) == std::tuple{432'001u, 6, 1u});
        CHECK(resolve({1, 2, 3}, none, false) == std::tuple{1u, 2, 3u});
        CHECK(resolve({}, slot, true) == std::tuple{864'005u, known_time + 10, 2u});
        CHECK(resolve({{}, 9, {}}, slot, false) == std::tuple{864'005u, 9, 2u});
        CHECK(resolve({}, none, true) == std::tuple{449'280'025u, known_time + 10, 1040u});
        // No time is too early or too late for it.
        CHECK(resolve({{}, 0, {}}, none, true) == std::tuple{0u, 0, 0u});
        CHECK(resolve({{}, 9'223'372'036'854'775'807u, 1}, none, true) ==
              std::tuple{2'500'449'280'000u, 9'223'372'036'854'775'807, 1u});
    }

    TEST_CASE("a seed is 64 hexadecimal digits, and is wiped whatever it was") {
        std::string good = " \n0102030405060708090A0b0c0d0e0f101112131415161718191a1b1c1d1e1f20\r\n";
        const auto pair = pair_of_seed(good);
        REQUIRE(pair);
        CHECK(pair->public_key().to_string() == "9C6hybhQ6Aycep9jaUnP6uL9ZYvDjUp1aSkFWPUFJtpj");
        CHECK(good == std::string(good.size(), '\0'));
        for (std::string bad :
             {std::string(), std::string(63, '0'), std::string(65, '0'), std::string(63, '0') + "g",
              std::string(32, '0') + " " + std::string(31, '0')}) {
            CHECK_FALSE(pair_of_seed(bad));
            CHECK(bad == std::string(bad.size(), '\0'));
        }
    }

    TEST_CASE("whole base units and nothing else") {
        CHECK(base_units_of("--amount", "18446744073709551615") == 18'446'744'073'709'551'615u);
        CHECK(base_units_of("--amount", "0") == 0);
        for (const char* const bad :
             {"", "-1", "+1", "1.0", "1e3", " 1", "1 ", "18446744073709551616", "0x1", "1_000"})
            CHECK_THROWS_AS(base_units_of("--amount", bad), Trouble);
    }

    TEST_CASE("a refusal is one document for programs, and names what is absent where that may be why") {
        const std::vector<PublicKey> absent{PublicKey(), PublicKey()};
        const Complaint poor = pool_refusal(reject(Reason::insufficient_liquidity, "no more"), absent);
        CHECK(poor.exit == ExitCode::order_failed);
        CHECK(poor.problem ==
              R"({"error":{"code":"insufficient_liquidity","detail":"no more; the snapshot does not have )"
              "11111111111111111111111111111111, 11111111111111111111111111111111, which the pool reads "
              "where they "
              R"(exist"}})");
        const Complaint small = pool_refusal(reject(Reason::amount_too_small, "too \"small\""), absent);
        CHECK(small.problem == R"({"error":{"code":"amount_too_small","detail":"too \"small\""}})");
        CHECK(complaint_json(small) == small.problem);
    }
}
