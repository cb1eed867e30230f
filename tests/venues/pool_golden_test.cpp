#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>

#include "libexec/venues/pools/pool.hpp"
#include "read_back.hpp"
#include "support/golden.hpp"

using namespace libexec;
using test::key_of;

namespace {

/// What the deployed program paid, as text; empty when it refused.
std::string paid_by_program(const JsonValue& line) {
    // Where the build that ran rounds otherwise than the source that has replaced it, the source counts.
    constexpr const char* current = "amount_out_current_source";
    return line[line.has(current) ? current : "amount_out"].text();
}

/// What a refusal of a program is here.
Reason reason_of(const JsonValue& line) {
    // The build that ran paid one unit where the source that has replaced it pays nothing.
    if (line.has("amount_out_current_source")) return Reason::amount_too_small;
    static const std::map<std::string, Reason> reasons = {
        {"AccountNotEnoughKeys (3005)", Reason::insufficient_liquidity},
        {"BitmapExtensionAccountIsNotProvided (6036)", Reason::insufficient_liquidity},
        {"LiquidityUnderflow (6015)", Reason::bad_account},
        {"NotEnoughTickArrayAccount (6027)", Reason::insufficient_liquidity},
        {"PriceRangeViolation (6015)", Reason::insufficient_liquidity},
        {"RequireGtViolated (2505)", Reason::amount_too_small},
        {"TickArraySequenceInvalidIndex (6038)", Reason::insufficient_liquidity},
        {"TooSmallInputOrOutputAmount (6026)", Reason::amount_too_small},
        {"ZeroTradingTokens", Reason::amount_too_small},
    };
    const auto found = reasons.find(line["error"].text());
    REQUIRE_MESSAGE(found != reasons.end(), "no reason for " << line["error"].text());
    return found->second;
}

std::unique_ptr<Pool> open_pool(const std::filesystem::path& root, const JsonValue& line,
                                std::string_view family_name) {
    const AccountStates accounts = test::read_accounts(root, line["accounts"]);
    const PublicKey key = key_of(line["pool"].text());
    const PoolFamily* family = family_of(accounts.at(key));
    REQUIRE(family != nullptr);
    CHECK(family->name() == family_name);
    auto pool = family->open(key, accounts);
    INFO(line["name"].text());
    REQUIRE_MESSAGE(pool, (pool ? "" : pool.error().detail));
    return std::move(pool).value();
}

void check_quotes(const std::string& family, int expected) {
    const auto root = test::fixtures_or_say();
    if (!root) return;
    int lines = 0;
    int equal = 0;
    std::string opened;
    std::unique_ptr<Pool> pool;
    for (const JsonValue& line : test::read_golden(*root / "golden" / (family + ".jsonl"))) {
        if (line["name"].text() != opened) pool = open_pool(*root, line, family);
        opened = line["name"].text();
        ++lines;
        const std::uint64_t amount_in = test::number_of(line["amount_in"]);
        const auto trade =
            pool->sell(key_of(line["token_in"].text()), amount_in, test::read_clock(line["clock"]));
        const std::string paid = trade ? std::to_string(trade.value().amount_out) : "";
        CAPTURE(opened);
        CAPTURE(amount_in);
        CAPTURE((trade ? "" : trade.error().detail));
        CHECK(paid == paid_by_program(line));
        if (trade) CHECK(trade.value().amount_in == amount_in);
        const bool as_refused = trade || trade.error().reason == reason_of(line);
        CHECK(as_refused);
        equal += paid == paid_by_program(line) && as_refused ? 1 : 0;
    }
    MESSAGE(family << ": " << equal << " of " << lines);
    CHECK(equal == expected);
    CHECK(lines == expected);
}

Instruction instruction_of(const JsonValue& line) {
    Instruction made;
    made.program = key_of(line["program_id"].text());
    for (const JsonValue& account : line["accounts"].items())
        made.accounts.push_back(
            {key_of(account["pubkey"].text()), account["signer"].is_true(), account["writable"].is_true()});
    made.data = test::hex_bytes(line["data_hex"].text());
    return made;
}

void check_instructions(const std::string& family, int expected) {
    const auto root = test::fixtures_or_say();
    if (!root) return;
    int lines = 0;
    int equal = 0;
    for (const JsonValue& line : test::read_golden(*root / "golden/instructions.jsonl")) {
        if (line["venue"].text() != family) continue;
        const auto pool = open_pool(*root, line, family);
        const ChainClock clock = test::read_clock(line["clock"]);
        PoolSwap swap;
        swap.user = key_of(line["user"].text());
        swap.mint_in = key_of(line["token_in"].text());
        swap.user_token_in = key_of(line["user_token_in"].text());
        swap.user_token_out = key_of(line["user_token_out"].text());
        swap.amount_in = test::number_of(line["amount_in"]);
        swap.min_out = test::number_of(line["min_out"]);
        ++lines;
        CAPTURE(line["name"].text());
        const auto made = pool->swap(swap, clock);
        REQUIRE(made);
        CHECK(made.value() == instruction_of(line["expected"]));
        equal += made.value() == instruction_of(line["expected"]) ? 1 : 0;
        for (const PoolFamily* one : pool_families()) {
            if (one->name() != family) continue;
            // Raydium CLMM names its bitmap's extension before the arrays; it is the one account of its size.
            const AccountStates accounts = test::read_accounts(*root, line["accounts"]);
            const bool has_extension =
                family == "raydium_clmm" && std::ranges::any_of(accounts, [one](const auto& entry) {
                    return entry.second.owner == one->program() && entry.second.data.size() == 1832;
                });
            test::check_read_back(*one, swap, instruction_of(line["expected"]), has_extension);
        }
        const auto trade = pool->sell(swap.mint_in, swap.amount_in, clock);
        REQUIRE(trade);
        CHECK(trade.value().amount_out == test::number_of(line["amount_out"]));
    }
    MESSAGE(family << " instructions: " << equal << " of " << lines);
    CHECK(equal == expected);
    CHECK(lines == expected);
}

}  // namespace

TEST_SUITE("venues/golden") {
    TEST_CASE("Raydium CPMM pays what the program pays") {
        check_quotes("raydium_cpmm", 56);
        check_instructions("raydium_cpmm", 2);
    }

    TEST_CASE("Raydium AMM v4 pays what the program pays") {
        check_quotes("raydium_amm_v4", 26);
        check_instructions("raydium_amm_v4", 2);
    }

    TEST_CASE("Orca Whirlpools pay what the program pays") {
        check_quotes("orca_whirlpool", 392);
        check_instructions("orca_whirlpool", 3);
    }

    TEST_CASE("Raydium CLMM pays what the program pays") {
        check_quotes("raydium_clmm", 261);
        check_instructions("raydium_clmm", 3);
    }

    TEST_CASE("Meteora DAMM v2 pays what the program pays") {
        check_quotes("meteora_damm_v2", 140);
        check_instructions("meteora_damm_v2", 3);
    }

    TEST_CASE("Meteora DLMM pays what the program pays") {
        check_quotes("meteora_dlmm", 144);
        check_instructions("meteora_dlmm", 3);
    }

    TEST_CASE("what a pool wants is what its set of accounts has") {
        const auto root = test::fixtures_or_say();
        if (!root) return;
        for (const char* family : {"raydium_cpmm", "raydium_amm_v4", "orca_whirlpool", "raydium_clmm",
                                   "meteora_dlmm", "meteora_damm_v2"}) {
            const auto lines = test::read_golden(*root / "golden" / (std::string(family) + ".jsonl"));
            const AccountStates there = test::read_accounts(*root, lines.front()["accounts"]);
            const PublicKey pool = key_of(lines.front()["pool"].text());
            const PoolFamily& made = *family_of(there.at(pool));
            // Fetched as an engine does it: what is named, until nothing new is.
            AccountStates known;
            for (std::size_t asked = 0; asked < 100;) {
                const auto wanted = made.wanted(pool, known);
                REQUIRE(wanted);
                if (wanted.value().size() == asked) break;
                asked = wanted.value().size();
                for (const PublicKey& key : wanted.value()) {
                    if (there.contains(key)) known[key] = there.at(key);
                }
            }
            CAPTURE(family);
            const auto opened = made.open(pool, known);
            CHECK(opened);
        }
    }
}
