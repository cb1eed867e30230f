// What Orca itself says of single swaps: extreme liquidity, prices and amounts, both ways, input and output
// fixed, in pools without any ticks.

#include <doctest/doctest.h>

#include <stdio.h>

#include <memory>
#include <string>
#include <vector>

#include "support/golden.hpp"
#include "venues/orca_whirlpool/tick_price.hpp"
#include "venues/orca_whirlpool/walk.hpp"

using namespace libexec;
using namespace libexec::orca_whirlpool_pool;

namespace {

std::string unzipped(const std::filesystem::path& file) {
    const std::string command = "gzip -dc '" + file.string() + "'";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    REQUIRE(pipe != nullptr);
    std::string text;
    std::vector<char> block(1 << 16);
    while (const std::size_t size = fread(block.data(), 1, block.size(), pipe.get()))
        text.append(block.data(), size);
    return text;
}

Wide wide_of(const JsonValue& digits) {
    Wide value = 0;
    for (const char digit : digits.text()) value = value * 10 + static_cast<unsigned>(digit - '0');
    return value;
}

std::int32_t tick_of(const JsonValue& number) { return std::stoi(number.text()); }

/// The side that was fixed was traded in full. Orca stops the others at a price limit, which sales here have
/// not.
bool is_whole(const JsonValue& line, bool a_to_b, bool input) {
    const JsonValue says = line["expectation"];
    return says[a_to_b == input ? "amountA" : "amountB"].text() == line["tradeAmount"].text();
}

void check_vectors(const std::filesystem::path& file, int expected) {
    const auto document = JsonValue::parse(unzipped(file));
    REQUIRE(document);
    int equal = 0;
    int refused = 0;
    int cases = 0;
    for (const JsonValue& line : document.value().items()) {
        const std::uint64_t amount = test::number_of(line["tradeAmount"]);
        const JsonValue says = line["expectation"];
        const bool refuses = !says["exception"].text().empty();
        const bool a_to_b = line["aToB"].is_true();
        const bool input = line["amountIsInput"].is_true();
        // A pool refuses an amount of 0 before it walks.
        if (amount == 0 || (!refuses && !is_whole(line, a_to_b, input))) continue;
        ++cases;
        Terrain terrain;
        terrain.tick = tick_of(line["currTickIndex"]);
        terrain.price = price_of_tick(terrain.tick);
        terrain.liquidity = wide_of(line["liquidity"]);
        terrain.spacing = static_cast<std::uint16_t>(test::number_of(line["tickSpacing"]));
        std::vector<TickArray> arrays;
        for (const std::int32_t start : arrays_on_the_way(terrain.tick, terrain.spacing, a_to_b))
            arrays.emplace_back().start = start;
        for (const TickArray& array : arrays) terrain.arrays.push_back(&array);
        const FeeRate rate(static_cast<std::uint32_t>(test::number_of(line["feeRate"])));
        const auto walked = walk(terrain, rate, amount, input ? Fixed::input : Fixed::output, a_to_b);
        bool same = refuses == !walked;
        if (walked && !refuses) {
            const Walk& got = walked.value();
            same = (a_to_b ? got.in : got.out) == test::number_of(says["amountA"]) &&
                   (a_to_b ? got.out : got.in) == test::number_of(says["amountB"]) &&
                   got.price == wide_of(says["nextSqrtPrice"]);
        }
        CAPTURE(line["description"].text());
        CHECK(same);
        equal += same ? 1 : 0;
        refused += refuses ? 1 : 0;
    }
    MESSAGE(file.filename().string() << ": " << equal << " of " << cases << ", " << refused
                                     << " of them refused");
    CHECK(equal == expected);
    CHECK(cases == expected);
}

}  // namespace

TEST_SUITE("venues/orca_vectors") {
    TEST_CASE("a swap goes as far as Orca says, at any price and with any liquidity") {
        const auto root = test::fixtures_or_say();
        if (!root) return;
        check_vectors(*root / "orca_whirlpool/swap_test_cases.json.gz", 808);
        check_vectors(*root / "orca_whirlpool/swap_test_cases_splash_pool.json.gz", 627);
    }
}
