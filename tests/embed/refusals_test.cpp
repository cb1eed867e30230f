// What an engine is not opened with.

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "embed/open_world.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

/// A Solana cluster that is never asked: something else is wrong before.
Config unreached_cluster(const TempDir& dir) {
    Config config = unlucky_world(dir);
    config.chain = "solana";
    config.solana.rpc_urls = "http://127.0.0.1:1";
    config.solana.keypair_file = dir.file("no.json");
    return config;
}

}  // namespace

TEST_SUITE("embed/refusals") {
    TEST_CASE("a value that breaks its rule is named before anything is touched") {
        const TempDir dir;
        const auto log = make_silent_log();
        Config config = unlucky_world(dir);
        config.max_retries = 0;
        CHECK_THROWS_WITH_AS(
            libexec::open(config, *log),
            "configuration: max_retries counts attempts, the first included, and must be 1..100, got 0",
            std::runtime_error);
        CHECK_FALSE(std::filesystem::exists(dir.file("exec.db")));
        config = unlucky_world(dir);
        config.database_url = "mysql://x";
        CHECK_THROWS_AS(libexec::open(config, *log), std::runtime_error);
        config = unlucky_world(dir);
        config.tokens_file = dir.file("absent");
        CHECK_THROWS_AS(libexec::open(config, *log), std::runtime_error);
    }

    TEST_CASE("a second engine on the same file is refused") {
        const TempDir dir;
        const auto log = make_silent_log();
        const auto service = libexec::open(unlucky_world(dir), *log);
        CHECK_THROWS_AS(libexec::open(unlucky_world(dir), *log), std::runtime_error);
    }

    TEST_CASE("a tip that no block engine looks at is refused") {
        const TempDir dir;
        const auto log = make_silent_log();
        Config config = unreached_cluster(dir);
        config.solana.pools_file = dir.file("pools");
        config.solana.jito_url = "https://block-engine.example";
        config.solana.jito_tip_lamports = 999;
        CHECK_THROWS_WITH(libexec::open(config, *log),
                          "configuration: jito_tip_lamports must be at least 1000, or no block engine looks "
                          "at the bundle");
    }

    TEST_CASE("pairs whose pools are to be found are two known tokens each, once, and a cluster's") {
        const TempDir dir;
        const auto log = make_silent_log();
        Config config = unreached_cluster(dir);
        const auto refuses = [&](const std::string& pairs, const std::string& words) {
            config.solana.discover_pairs = pairs;
            CHECK_THROWS_WITH(libexec::open(config, *log), ("configuration: " + words).c_str());
        };
        refuses("", "chain solana needs a pools_file or discover_pairs, or there is nothing to trade in");
        const std::string no_pair =
            " is no pair: write two tokens such as SOL/USDC, with commas between pairs";
        for (const std::string& text : std::vector<std::string>{"SOL", "SOL/", "/SOL", "SOL/USDC/USDT", "/"})
            refuses(text, "discover_pairs: '" + text + "'" + no_pair);
        refuses("SOL/USDC,", "discover_pairs: ''" + no_pair);
        refuses("SOL/NONSENSE",
                "discover_pairs: 'NONSENSE' is no token known here: write its symbol as it is spelled in the "
                "list of tokens, or add it to tokens_file");
        refuses("SOL/So11111111111111111111111111111111111111112",
                "discover_pairs: SOL/So11111111111111111111111111111111111111112 is one token twice");
        refuses("SOL/USDC, USDC/SOL", "discover_pairs: USDC/SOL stands there already: remove one");
        std::string many = "SOL/USDC";
        for (int i = 0; i < 16; ++i) many += ",SOL/USDT";
        refuses(many, "discover_pairs: at most 16 pairs are searched, and there are 17");
        config.solana.discover_interval = std::chrono::milliseconds(29'999);
        refuses("SOL/USDC", "discover_interval must be 30 s..24 h");
    }
}
