#include "one_pool.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>
#include <vector>

#include "libexec/solana/clock_state.hpp"
#include "libexec/solana/token_state.hpp"
#include "libexec/venues/solana/pool_venue.hpp"
#include "support/golden.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

PoolQuestion ask(const KnownPool& pool, std::vector<PublicKey> also = {}) {
    PoolQuestion question;
    question.family = pool.family;
    question.mint_in = pool.mints[0];
    question.mint_out = pool.mints[1];
    question.also = std::move(also);
    return question;
}

bool names(const std::vector<PublicKey>& keys, const PublicKey& key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

SyntheticWhirlpool whirlpool() {
    SyntheticWhirlpool pool;
    pool.address = key_numbered(500);
    for (SyntheticToken& token : pool.tokens) token.held = 1'000'000'000'000;
    pool.liquidity = 1'500'000'000;
    pool.ticks = {{-640, 1'000'000'000}, {640, -1'000'000'000}};
    return pool;
}

/// A token as its mint describes it.
Token token_at(const PublicKey& mint, const AccountStates& accounts) {
    Token described;
    described.symbol = mint.to_string();
    described.mint = mint.mint();
    described.decimals = read_mint(accounts.at(mint)).value().decimals;
    return described;
}

}  // namespace

TEST_SUITE("venues/pool_book") {
    TEST_CASE("pools are told apart by their owner, and read in one snapshot with the clock and the wallet") {
        SolanaMarket market;
        const SyntheticCpmm sol_usdc = market.cpmm(1, token("SOL"), 1'000'000, token("USDC"), 150'000);
        const SyntheticCpmm deep = market.cpmm(2, token("SOL"), 9'000'000, token("USDC"), 1'350'000);
        const SyntheticCpmm other = market.cpmm(3, token("JUP"), 1'000'000, token("SOL"), 150'000);
        const SyntheticWhirlpool orca = whirlpool();
        for (const AccountStates& accounts :
             {sol_usdc.encode(), deep.encode(), other.encode(), orca.encode()})
            market.chain.add(accounts);
        PoolBook& book =
            market.book({sol_usdc.address, orca.address, deep.address, other.address, deep.address});
        REQUIRE(market.time.run(book.learn()));

        const std::vector<KnownPool> known = book.pools();
        REQUIRE(known.size() == 4);
        CHECK(known[0].family->name() == "raydium_cpmm");
        CHECK(known[1].family->name() == "orca_whirlpool");
        CHECK(known[0].mints == std::array{PublicKey(token("SOL").mint), PublicKey(token("USDC").mint)});
        for (const KnownPool& pool : known) CHECK_MESSAGE(pool.is_open, pool.left_out);
        CHECK(book.token_program(known[0].mints[1]) == well_known::token_program);
        CHECK(!book.token_program(key_numbered(4'711)));

        // Learning is done once; a question is one read of what it needs and nothing else.
        market.chain.reads.clear();
        const PublicKey wallet = market.wallet.public_key();
        const auto seen = market.time.run(book.read(ask(known[0], std::vector<PublicKey>{wallet})));
        REQUIRE(seen);
        CHECK(seen.value().slot == 1'000);
        CHECK(seen.value().clock.unix_timestamp == market.chain.unix_timestamp);
        CHECK(seen.value().clock.epoch == 900);
        REQUIRE(seen.value().pools.size() == 2);
        CHECK(seen.value().pools[0].pool->address() == sol_usdc.address);
        CHECK(seen.value().pools[1].pool->address() == deep.address);
        CHECK(seen.value().accounts.at(wallet).lamports == 50'000'000'000);
        REQUIRE(market.chain.reads.size() == 1);
        CHECK(names(market.chain.reads[0], well_known::clock_sysvar));
        CHECK(!names(market.chain.reads[0], other.address));
        CHECK(!names(market.chain.reads[0], orca.address));

        PoolQuestion one = ask(known[0]);
        one.only = deep.address;
        one.least_slot = 990;
        const auto alone = market.time.run(book.read(one));
        REQUIRE(alone);
        REQUIRE(alone.value().pools.size() == 1);
        CHECK(alone.value().pools[0].pool->address() == deep.address);
        CHECK(market.chain.least_slots.back() == 990);
    }

    TEST_CASE("a pool that cannot be opened is left out, told of once, and taken back when it can") {
        SolanaMarket market;
        const SyntheticCpmm good = market.cpmm(1, token("SOL"), 1'000'000, token("USDC"), 150'000);
        const SyntheticCpmm late = market.cpmm(2, token("SOL"), 1'000'000, token("USDC"), 150'000);
        const PublicKey foreign = key_numbered(600);
        market.chain.add(good.encode());
        market.chain.set_lamports(foreign, 5);
        PoolBook& book = market.book({good.address, late.address, foreign});
        REQUIRE(market.time.run(book.learn()));
        CHECK(book.pools()[1].left_out == "there is no such account");
        CHECK(book.pools()[2].left_out.find("it belongs to 11111111111111111111111111111111") == 0);
        CHECK(market.logged("\"pool.left_out\"") == 2);

        // Neither is asked for again before its time.
        market.chain.add(late.encode());
        const PoolQuestion question = ask(book.pools()[0]);
        CHECK(market.time.run(book.read(question)).value().pools.size() == 1);
        CHECK(!names(market.chain.reads.back(), late.address));
        market.time.pass(PoolBook::try_again);
        CHECK(market.time.run(book.read(question)).value().pools.size() == 2);
        CHECK(market.logged("\"pool.left_out\"") == 2);
        CHECK(market.logged("\"pool.opened\"") == 1);

        // One that was open is left out of what is read while it is broken.
        const AccountState vault = market.chain.state.at(late.tokens[0].vault);
        market.chain.state.erase(late.tokens[0].vault);
        for (int i = 0; i < 2; ++i) {
            const auto seen = market.time.run(book.read(question));
            REQUIRE(seen);
            CHECK(seen.value().pools.size() == 1);
            REQUIRE(seen.value().left_out.size() == 1);
            CHECK(seen.value().left_out[0].reason == Reason::bad_account);
            CHECK(seen.value().left_out[0].detail.find(late.address.to_string()) != std::string::npos);
        }
        CHECK(market.logged("\"pool.left_out\"") == 3);
        CHECK(!book.pools()[1].is_open);
        market.chain.state[late.tokens[0].vault] = vault;
        CHECK(market.time.run(book.read(question)).value().pools.size() == 2);
        CHECK(market.logged("\"pool.opened\"") == 2);

        // When none is left its reason is the answer.
        market.chain.state.erase(late.tokens[0].vault);
        market.chain.state[good.address].data.pop_back();
        CHECK(market.time.run(book.read(question)).error().reason == Reason::bad_account);
    }

    TEST_CASE("what a pool wants is followed when its price moves") {
        SolanaMarket market;
        SyntheticWhirlpool pool = whirlpool();
        market.chain.add(pool.encode());
        PoolBook& book = market.book({pool.address});
        REQUIRE(market.time.run(book.learn()));
        const PoolQuestion question = ask(book.pools()[0]);
        market.chain.reads.clear();
        REQUIRE(market.time.run(book.read(question)));
        CHECK(market.chain.reads.size() == 1);

        // Far up: other tick arrays. What was read for the old price is not enough, and is read anew as a
        // whole.
        pool.tick = 20'000;
        pool.price = Wide(50'142) * 1'000'000'000'000'000ull;  // between the prices of ticks 20000 and 20001
        pool.liquidity = 500'000'000;
        market.chain.add(pool.encode());
        market.chain.reads.clear();
        market.chain.slot = 1'010;
        const auto moved = market.time.run(book.read(question));
        REQUIRE_MESSAGE(moved, (moved ? "" : moved.error().detail));
        REQUIRE(market.chain.reads.size() == 2);
        CHECK(market.chain.least_slots.back() == 1'010);
        CHECK(names(market.chain.reads[1], pool.address));
        CHECK(names(market.chain.reads[1], well_known::clock_sysvar));
        for (const PublicKey& key : moved.value().pools[0].addresses)
            CHECK(names(market.chain.reads[1], key));
        market.chain.reads.clear();
        REQUIRE(market.time.run(book.read(question)));
        CHECK(market.chain.reads.size() == 1);
    }

    TEST_CASE("a chain that cannot be read is not a market without pools") {
        SolanaMarket market;
        const SyntheticCpmm pool = market.cpmm(1, token("SOL"), 1'000'000, token("USDC"), 150'000);
        market.chain.add(pool.encode());
        PoolBook& book = market.book({pool.address});
        PoolQuestion question;
        question.family = family_of(market.chain.state.at(pool.address));
        question.mint_in = pool.tokens[0].mint;
        question.mint_out = pool.tokens[1].mint;

        market.chain.reads_fail = reject(Reason::service_unavailable, "no node answers");
        CHECK(market.time.run(book.read(question)).error().reason == Reason::service_unavailable);
        market.chain.reads_fail.reset();
        REQUIRE(market.time.run(book.read(question)));
        market.chain.reads_fail = reject(Reason::rate_limited, "too often");
        CHECK(market.time.run(book.read(question)).error().reason == Reason::rate_limited);
        market.chain.reads_fail.reset();

        market.chain.state[well_known::clock_sysvar] = AccountState();
        CHECK(market.time.run(book.read(question)).error().reason == Reason::service_unavailable);
        market.chain.state.erase(well_known::clock_sysvar);

        question.mint_out = PublicKey(token("JUP").mint);
        CHECK(market.time.run(book.read(question)).error().reason == Reason::no_route);
        question.mint_out = pool.tokens[1].mint;
        question.only = key_numbered(9);
        CHECK(market.time.run(book.read(question)).error().reason == Reason::no_route);
    }

    TEST_CASE("a pool that was found and does not open yet is no market without pools") {
        SolanaMarket market;
        const SyntheticCpmm pool = market.cpmm(1, token("SOL"), 1'000'000, token("USDC"), 150'000);
        const MintPair pair(pool.tokens[0].mint, pool.tokens[1].mint);
        const PoolFamily* const family = pool_families().front();
        PoolBook& book = market.book({});
        book.keep_found(*family, pair, {pool.address});
        PoolQuestion question;
        question.family = family;
        question.mint_in = pair.a;
        question.mint_out = pair.b;
        // The node that is asked has not come as far as the one that searched.
        const auto early = market.time.run(book.read(question));
        REQUIRE_FALSE(early);
        CHECK(early.error().reason == Reason::service_unavailable);
        CHECK(early.error().detail.find("does not open yet: there is no such account") != std::string::npos);
        // Of another pair it says nothing.
        question.mint_in = PublicKey(token("JUP").mint);
        CHECK(market.time.run(book.read(question)).error().reason == Reason::no_route);
        question.mint_in = pair.a;
        market.chain.add(pool.encode());
        market.time.pass(PoolBook::try_again);
        CHECK(market.time.run(book.read(question)));
    }

    TEST_CASE("a pool that was found is forgotten when it is no longer named, whosever it is by then") {
        SolanaMarket market;
        const MintPair pair(PublicKey(token("SOL").mint), PublicKey(token("USDC").mint));
        const PoolFamily* const family = pool_families().front();
        PoolBook& book = market.book({});
        const PublicKey of_others = key_numbered(1);
        const PublicKey of_nobody = key_numbered(2);
        market.chain.add(whirlpool().encode());
        market.chain.state[of_others] = market.chain.state.at(whirlpool().address);
        market.chain.set_lamports(of_nobody, 5);
        book.keep_found(*family, pair, {of_others, of_nobody});
        REQUIRE(market.time.run(book.learn()));
        REQUIRE(book.pools().size() == 2);
        CHECK(book.pools()[0].family != family);
        CHECK(book.pools()[1].family != family);
        CHECK(book.found(*family, pair).size() == 2);
        book.keep_found(*family, pair, {});
        CHECK(book.pools().empty());
    }

    TEST_CASE("the clock of the chain is read from exactly its account") {
        AccountWriter bytes(40);
        bytes.number(0, 450'000'000, 8).number(8, 1, 8).number(16, 1'041, 8).number(24, 1'042, 8);
        bytes.number(32, 1'790'000'000, 8);
        AccountState account =
            bytes.owned_by(PublicKey::parse("Sysvar1111111111111111111111111111111111111").value());
        const auto clock = read_clock(account);
        REQUIRE(clock);
        CHECK(clock.value().slot == 450'000'000);
        CHECK(clock.value().epoch == 1'041);
        CHECK(clock.value().unix_timestamp == 1'790'000'000);
        account.data.push_back(0);
        CHECK(read_clock(account).error().reason == Reason::bad_account);
        account.data.resize(39);
        CHECK(read_clock(account).error().reason == Reason::bad_account);
        account.data.resize(40);
        account.owner = well_known::system_program;
        CHECK(read_clock(account).error().reason == Reason::bad_account);
    }

    TEST_CASE("two who ask before the pool was ever read both find it") {
        OnePool market;
        market.chain.latency = 10ms;
        std::vector<Result<Quote>> offers;
        const auto quote_beside = [](OnePool& place, std::vector<Result<Quote>>& to) -> Task<void> {
            QuoteRequest request = ask_for("SOL", "USDC", sol);
            Result<Quote> offer = co_await place.venue->quote(std::move(request));
            to.push_back(std::move(offer));
        };
        market.time.spawn(quote_beside(market, offers));
        market.time.spawn(quote_beside(market, offers));
        market.time.pass(1s);
        REQUIRE(offers.size() == 2);
        for (const Result<Quote>& offer : offers) CHECK_MESSAGE(offer, (offer ? "" : offer.error().detail));
        CHECK(market.logged("pool.left_out") == 0);
    }

    TEST_CASE("real pools are found, read and quoted as the deployed programs paid") {
        const auto root = fixtures_or_say();
        if (!root) return;
        for (const PoolFamily* family : pool_families()) {
            int lines = 0;
            int equal = 0;
            std::string set;
            std::unique_ptr<SolanaMarket> market;
            std::shared_ptr<Venue> venue;
            for (const JsonValue& line :
                 read_golden(*root / "golden" / (std::string(family->name()) + ".jsonl"))) {
                if (line["name"].text() != set) {
                    set = line["name"].text();
                    market = std::make_unique<SolanaMarket>();
                    market->chain.add(read_accounts(*root, line["accounts"]));
                    venue = make_pool_venue(*family, market->book({key_of(line["pool"].text())}),
                                            market->parts());
                }
                const ChainClock clock = test::read_clock(line["clock"]);
                market->chain.slot = clock.slot;
                market->chain.unix_timestamp = clock.unix_timestamp;
                market->chain.epoch = clock.epoch;
                QuoteRequest request;
                request.token_in = token_at(key_of(line["token_in"].text()), market->chain.state);
                request.token_out = token_at(key_of(line["token_out"].text()), market->chain.state);
                request.amount = Amount(number_of(line["amount_in"]));
                const Result<Quote> quote = market->quote(*venue, request);
                // Where the build that ran rounds otherwise than the source that has replaced it, the source
                // counts; and what is executed for nothing is no offer.
                constexpr const char* current = "amount_out_current_source";
                std::string paid = line[line.has(current) ? current : "amount_out"].text();
                if (paid == "0") paid.clear();
                ++lines;
                CAPTURE(set);
                CAPTURE(request.amount.base_units());
                const std::string offered = quote ? quote.value().amount_out.to_string() : "";
                CHECK_MESSAGE(offered == paid, (quote ? "" : quote.error().detail));
                equal += offered == paid ? 1 : 0;
            }
            MESSAGE(family->name() << " as a venue: " << equal << " of " << lines);
            CHECK(equal == lines);
            CHECK(lines > 0);
        }
    }
}
