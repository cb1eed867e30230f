#include "libexec/solana/jito.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <set>

#include "libexec/solana/instructions.hpp"

using namespace libexec;
namespace make = libexec::instructions;

namespace {

constexpr PublicKey payer_key = "9C6hybhQ6Aycep9jaUnP6uL9ZYvDjUp1aSkFWPUFJtpj"_key;
constexpr PublicKey other_key = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"_key;

Message with(std::vector<Instruction> all) {
    MessageDraft draft;
    draft.payer = payer_key;
    draft.instructions = std::move(all);
    return compile_message(draft).value();
}

}  // namespace

TEST_SUITE("solana/jito") {
    TEST_CASE("eight accounts, none twice") {
        CHECK(std::set<PublicKey>(jito_tip_accounts.begin(), jito_tip_accounts.end()).size() == 8);
    }

    TEST_CASE("what the payer sends to a tip account is a tip, and nothing else is") {
        CHECK(tips_in(Message()) == 0);
        CHECK(tips_in(with({make::memo("no tip")})) == 0);
        for (const PublicKey& account : jito_tip_accounts)
            CHECK(tips_in(with({make::transfer(payer_key, account, 12'345)})) == 12'345);
        CHECK(tips_in(with({make::transfer(payer_key, jito_tip_accounts[0], 1'000), make::memo("x"),
                            make::transfer(payer_key, jito_tip_accounts[7], 234)})) == 1'234);
        CHECK(tips_in(with({make::transfer(payer_key, other_key, 1'000)})) == 0);
        CHECK(tips_in(with({make::transfer(other_key, jito_tip_accounts[0], 1'000)})) == 0);

        // Another instruction of the same program, and one whose data is cut.
        Instruction odd = make::transfer(payer_key, jito_tip_accounts[0], 1'000);
        odd.data[0] = 3;
        CHECK(tips_in(with({odd})) == 0);
        odd = make::transfer(payer_key, jito_tip_accounts[0], 1'000);
        odd.data.pop_back();
        CHECK(tips_in(with({odd})) == 0);
    }

    TEST_CASE("tips beyond all lamports there are do not wrap") {
        constexpr auto most = std::numeric_limits<std::uint64_t>::max();
        CHECK(tips_in(with({make::transfer(payer_key, jito_tip_accounts[0], most - 5),
                            make::transfer(payer_key, jito_tip_accounts[1], 6)})) == most);
    }
}
