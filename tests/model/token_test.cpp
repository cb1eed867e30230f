#include "libexec/model/token.hpp"
#include <doctest/doctest.h>

using namespace libexec;

TEST_SUITE("model/token") {
    TEST_CASE("the common tokens are known by symbol and by mint") {
        const TokenRegistry tokens = TokenRegistry::with_defaults();
        for (const char* symbol :
             {"SOL", "USDC", "USDT", "JUP", "RAY", "BONK", "WIF", "JTO", "PYTH", "ORCA"}) {
            CAPTURE(symbol);
            const auto token = tokens.find(symbol);
            REQUIRE(token);
            CHECK(tokens.find(token->mint.to_string()) == token);
        }
        CHECK(tokens.find("SOL")->mint == wrapped_sol_mint());
        CHECK(tokens.find("SOL")->decimals == 9);
        CHECK(tokens.find("BONK")->decimals == 5);
        CHECK_FALSE(tokens.find("DOGE"));
        CHECK_FALSE(tokens.find("sol"));
    }

    TEST_CASE("a file adds tokens, all or none, and the error names the line") {
        TokenRegistry tokens = TokenRegistry::with_defaults();
        const std::string mint = "7vfCXTUXx5WJV5JADk17DUJ4ksgau7utNKj4b963voxs";
        CHECK(tokens.add_lines("# wrapped ether\n\nWETH " + mint + " 8\r\n"));
        CHECK(tokens.find("WETH")->decimals == 8);

        TokenRegistry fresh = TokenRegistry::with_defaults();
        const auto refused = fresh.add_lines("WETH " + mint + " 8\nBAD notamint 6\n");
        REQUIRE_FALSE(refused);
        CHECK(refused.error().detail.find("line 2") == 0);
        CHECK_FALSE(fresh.find("WETH"));

        CHECK(fresh.add_lines("WETH " + mint + "\n").error().detail ==
              "line 1: expected SYMBOL MINT DECIMALS");
        CHECK_FALSE(fresh.add_lines("WETH " + mint + " 19"));
        CHECK_FALSE(fresh.add_lines("USDC " + mint + " 6"));
        CHECK_FALSE(fresh.add_lines("<script> " + mint + " 6"));
    }
}
