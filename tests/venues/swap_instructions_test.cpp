#include <doctest/doctest.h>

#include <initializer_list>
#include <set>

#include "libexec/solana/address.hpp"
#include "libexec/solana/instructions.hpp"
#include "libexec/venues/pools/swap_instructions.hpp"
#include "libexec/venues/pools/swap_words.hpp"
#include "read_back.hpp"
#include "synthetic_clmm.hpp"
#include "synthetic_damm.hpp"
#include "synthetic_dlmm.hpp"

using namespace libexec;
using test::key_numbered;

namespace {

constexpr PublicKey cpmm_program = "CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C"_key;
constexpr PublicKey amm_program = "675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8"_key;

struct World {
    AccountStates accounts;
    std::unique_ptr<Pool> pool;
    SwapOrder order;
    ChainClock clock{1, 1'800'000'000, 1};

    explicit World(const test::SyntheticCpmm& made) : accounts(made.encode()) {
        auto opened = family_of(accounts.at(made.address))->open(made.address, accounts);
        REQUIRE(opened);
        pool = std::move(opened).value();
        order.user = key_numbered(500);
        order.amount_in = 1'000'000;
        order.min_out = 17;
    }
    std::vector<Instruction> build() const {
        auto built = swap_instructions(*pool, order, accounts, clock);
        REQUIRE(built);
        return std::move(built).value();
    }
};

test::SyntheticCpmm pool_of(bool with_sol) {
    test::SyntheticCpmm made;
    for (auto& token : made.tokens) token.held = 1'000'000'000;
    if (with_sol) made.tokens[0].mint = well_known::wrapped_sol;
    made.tokens[1].program = well_known::token_2022_program;
    return made;
}

std::vector<std::string> names_of(const std::vector<Instruction>& all) {
    std::vector<std::string> names;
    for (const Instruction& one : all) {
        const InstructionWords words = describe_swap(one.program, one.data, one.accounts.size());
        names.push_back(words.program + "." + words.name);
    }
    return names;
}

Bytes data_of(std::initializer_list<int> start, std::size_t size) {
    Bytes data;
    for (const int byte : start) data.push_back(static_cast<std::uint8_t>(byte));
    data.resize(size);
    return data;
}

}  // namespace

TEST_SUITE("venues/swap instructions") {
    TEST_CASE("SOL that is given is wrapped before and what is left unwrapped after") {
        const auto made = pool_of(true);
        World world(made);
        world.order.mint_in = well_known::wrapped_sol;
        world.order.compute_unit_limit = 120'000;
        world.order.compute_unit_price = 25'000;
        const auto all = world.build();
        CHECK(names_of(all) == std::vector<std::string>{
                                   "compute_budget.set_compute_unit_limit",
                                   "compute_budget.set_compute_unit_price",
                                   "associated_token.create_idempotent", "associated_token.create_idempotent",
                                   "system.transfer", "token.sync_native", "raydium_cpmm.swap_base_input",
                                   "token.close_account"});
        const PublicKey user = world.order.user;
        const PublicKey sol =
            associated_token_address(user, well_known::token_program, well_known::wrapped_sol);
        const PublicKey out =
            associated_token_address(user, well_known::token_2022_program, made.tokens[1].mint);
        CHECK(all[2] == instructions::create_token_account(user, user, well_known::wrapped_sol));
        CHECK(all[3] == instructions::create_token_account(user, user, made.tokens[1].mint,
                                                           well_known::token_2022_program));
        CHECK(all[4] == instructions::transfer(user, sol, 1'000'000));
        CHECK(all[7] == instructions::close_account(sol, user, user));
        PoolSwap swap{user, well_known::wrapped_sol, sol, out, 1'000'000, 17};
        CHECK(all[6] == world.pool->swap(swap, world.clock).value());
    }

    TEST_CASE("SOL that is bought is unwrapped; other tokens need the account of what is bought alone") {
        World sol(pool_of(true));
        sol.order.mint_in = sol.pool->mint_b();
        CHECK(names_of(sol.build()) == std::vector<std::string>{"associated_token.create_idempotent",
                                                                "raydium_cpmm.swap_base_input",
                                                                "token.close_account"});
        World plain(pool_of(false));
        plain.order.mint_in = plain.pool->mint_a();
        CHECK(names_of(plain.build()) ==
              std::vector<std::string>{"associated_token.create_idempotent", "raydium_cpmm.swap_base_input"});
    }

    TEST_CASE("mints that are missing or are none are refused, and so is what the pool refuses") {
        World world(pool_of(false));
        world.order.mint_in = world.pool->mint_a();
        const auto reason = [&world] {
            const auto built = swap_instructions(*world.pool, world.order, world.accounts, world.clock);
            REQUIRE_FALSE(built);
            return built.error().reason;
        };
        world.order.mint_in = key_numbered(999);
        CHECK(reason() == Reason::bad_account);
        world.accounts[key_numbered(999)] = world.accounts.at(world.pool->mint_a());
        CHECK(reason() == Reason::no_route);
        world.order.mint_in = world.pool->mint_a();
        world.accounts.at(world.pool->mint_b()).owner = well_known::system_program;
        CHECK(reason() == Reason::bad_account);
        auto closed = pool_of(false);
        closed.status = 4;
        World shut(closed);
        shut.order.mint_in = shut.pool->mint_a();
        const auto refused = swap_instructions(*shut.pool, shut.order, shut.accounts, shut.clock);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().reason == Reason::pool_closed);
    }

    TEST_CASE("a swap is told from others by its program and its bytes") {
        const auto name = [](const PublicKey& program, const Bytes& data, std::size_t accounts) {
            const InstructionWords words = describe_swap(program, data, accounts);
            return words.program + "." + words.name;
        };
        const Bytes amm = data_of({9, 5}, 17);
        CHECK(name(amm_program, amm, 17) == "raydium_amm_v4.swap_base_in");
        CHECK(describe_swap(amm_program, amm, 17).roles.back() == "user");
        CHECK(describe_swap(amm_program, amm, 18).roles.size() == 18);
        CHECK(describe_swap(amm_program, amm, 3).roles.empty());  // named, and no role is guessed
        CHECK(describe_swap(amm_program, amm, 17).fields[0] == InstructionWords::Field{"amount_in", "5"});
        CHECK(name(amm_program, data_of({9, 5}, 16), 17) == "raydium_amm_v4.");
        CHECK(name(cpmm_program, amm, 13) == "raydium_cpmm.");
        CHECK(name(key_numbered(4), amm, 17) == ".");
        // The same number is another instruction for each of these programs.
        const Bytes v2 = data_of({0x2b, 0x04, 0xed, 0x0b, 0x1a, 0xc9, 0x1e, 0x62}, 43);
        CHECK(describe_swap("whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"_key, v2, 15).roles.back() ==
              "oracle");
        CHECK(describe_swap("CAMMCzo5YL8w4VFF8KVHrK22GGUsp5VTaW7grrKgrWqK"_key, v2, 13).roles[2] == "pool");
        Bytes price = v2;
        price[39] = 1;  // the last of its bytes
        CHECK(describe_swap("whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"_key, price, 15).fields[2].value ==
              "1329227995784915872903807060280344576");
        price[40] = 2;  // neither yes nor no
        CHECK(name("whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"_key, price, 15) == "orca_whirlpool.");
    }

    TEST_CASE("what every family builds is a swap that is known, with its pool and user in their roles") {
        test::SyntheticAmm amm;
        test::SyntheticWhirlpool whirlpool;
        whirlpool.liquidity = 1'000'000;
        test::SyntheticDamm damm;
        test::SyntheticDamm limited;  // its fee grows with the amount of a sale of the second token
        limited.mode = 2;
        limited.cliff = 10'000'000;
        limited.collects = 1;
        limited.periods = 50;
        limited.reduction = 300'000;
        limited.duration = 1'000;
        limited.limit_most = 4'000;
        limited.opens_at = 1'799'999'750;
        for (test::SyntheticPool* one :
             std::initializer_list<test::SyntheticPool*>{&amm, &whirlpool, &damm, &limited}) {
            for (auto& token : one->tokens) token.held = 1'000'000'000'000;
        }
        test::SyntheticClmm near = test::small_clmm();
        near.has_extension = false;
        test::SyntheticClmm far = test::small_clmm();  // more arrays than are named
        far.ticks.clear();
        for (std::int32_t i = 0; i < 9; ++i) {
            far.ticks[-600 * i - 300] = 1'000;
            far.ticks[600 * i + 300] = -1'000;
        }
        test::SyntheticDlmm extended = test::small_dlmm();
        extended.has_bitmap_account = true;
        const AccountStates states[] = {pool_of(false).encode(),
                                        amm.encode(),
                                        whirlpool.encode(),
                                        damm.encode(),
                                        limited.encode(),
                                        near.encode(),
                                        test::small_clmm().encode(),
                                        far.encode(),
                                        extended.encode(),
                                        test::small_dlmm().encode()};
        const PublicKey address = test::SyntheticPool().address;
        std::set<std::size_t> counts;
        std::set<const PoolFamily*> families;
        for (const AccountStates& accounts : states) {
            const PoolFamily& family = *family_of(accounts.at(address));
            CAPTURE(family.name());
            auto opened = family.open(address, accounts);
            REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().detail));
            for (const bool forward : {true, false}) {
                PoolSwap swap;
                swap.user = key_numbered(500);
                swap.mint_in = forward ? opened.value()->mint_a() : opened.value()->mint_b();
                swap.user_token_in = key_numbered(501);
                swap.user_token_out = key_numbered(502);
                swap.amount_in = 0x0102030405060708;
                swap.min_out = 0x1112131415161718;
                const auto built = opened.value()->swap(swap, {1'000, 1'800'000'000, 900});
                REQUIRE_MESSAGE(built, (built ? "" : built.error().detail));
                const Instruction& made = built.value();
                const bool is_extended =
                    accounts.contains(near.extension_key()) && family.name() == "raydium_clmm";
                test::check_read_back(family, swap, made, is_extended);
                counts.insert(made.accounts.size());
                families.insert(&family);

                const auto words = describe_swap(made.program, made.data, made.accounts.size());
                CHECK(words.fields[0].value == "72623859790382856");
                CHECK(words.fields[1].value == "1230066625199609624");
                REQUIRE(words.roles.size() <= made.accounts.size());
                std::size_t found = 0;
                for (std::size_t i = 0; i < words.roles.size(); ++i) {
                    const PublicKey& key = made.accounts[i].key;
                    const std::string& role = words.roles[i];
                    if (role == "pool") CHECK(key == address);
                    if (role == "user") CHECK(made.accounts[i].signer);
                    if (role == "user") CHECK(key == swap.user);
                    if (role == "user_in" || role == (forward ? "user_a" : "user_b"))
                        CHECK(key == swap.user_token_in);
                    if (role == "user_out" || role == (forward ? "user_b" : "user_a"))
                        CHECK(key == swap.user_token_out);
                    found += role == "pool" || role.starts_with("user") ? 1 : 0;
                }
                CHECK(found == 4);
            }
        }
        CHECK(families.size() == pool_families().size());
        // The most that a CLMM names among them, and a DAMM v2 with one more than is usual.
        CHECK(counts.contains(20));
        CHECK(counts.contains(15));
    }
}
