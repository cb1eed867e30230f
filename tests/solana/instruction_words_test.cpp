#include <doctest/doctest.h>

#include <string>

#include "libexec/solana/instruction_words.hpp"
#include "libexec/solana/instructions.hpp"
#include "support/token_bytes.hpp"

using namespace libexec;
using test::key_number;

namespace {

/// "token.transfer_checked amount=5 decimals=6"
std::string line_of(const InstructionWords& words) {
    std::string line = words.program + "." + words.name;
    for (const auto& field : words.fields) line += " " + field.name + "=" + field.value;
    return line;
}
std::string line_of(const Instruction& instruction) {
    return line_of(describe_instruction(instruction.program, instruction.data));
}
std::string line_of(const PublicKey& program, const Bytes& data) {
    return line_of(describe_instruction(program, data));
}

Bytes joined(Bytes front, const PublicKey& key) {
    front.insert(front.end(), key.bytes().begin(), key.bytes().end());
    return front;
}

}  // namespace

TEST_SUITE("solana/instruction words") {
    TEST_CASE("what is built is read back") {
        namespace make = instructions;
        const PublicKey a = key_number(1), b = key_number(2), c = key_number(3);
        CHECK(line_of(make::transfer(a, b, 5'000'000'000)) == "system.transfer lamports=5000000000");
        CHECK(line_of(make::create_account(a, b, 7, 165, c)) ==
              "system.create_account lamports=7 space=165 owner=" + c.to_string());
        CHECK(line_of(make::create_token_account(a, b, c)) == "associated_token.create_idempotent");
        CHECK(line_of(make::sync_native(a)) == "token.sync_native");
        CHECK(line_of(make::close_account(a, b, c, well_known::token_2022_program)) ==
              "token_2022.close_account");
        CHECK(line_of(make::transfer_checked({a, b, c, a, 18'446'744'073'709'551'615u, 9})) ==
              "token.transfer_checked amount=18446744073709551615 decimals=9");
        CHECK(line_of(make::compute_unit_limit(1'400'000)) ==
              "compute_budget.set_compute_unit_limit units=1400000");
        CHECK(line_of(make::compute_unit_price(25'000)) ==
              "compute_budget.set_compute_unit_price micro_lamports=25000");
        CHECK(line_of(make::loaded_data_limit(65'536)) ==
              "compute_budget.set_loaded_accounts_data_size_limit bytes=65536");
        CHECK(line_of(make::memo("für Ömer\n")) == "memo.memo text=für Ömer\n");
        // Every account that is built has a role.
        for (const Instruction& made :
             {make::transfer(a, b, 1), make::create_account(a, b, 1, 1, c),
              make::create_token_account(a, b, c), make::sync_native(a), make::close_account(a, b, c),
              make::transfer_checked({a, b, c, a, 1, 1})})
            CHECK(describe_instruction(made.program, made.data).roles.size() == made.accounts.size());
    }

    TEST_CASE("addresses that may be missing, texts, lists and the numbers of extensions") {
        const PublicKey authority = key_number(9);
        const auto& token = well_known::token_2022_program;
        CHECK(line_of(token, {6, 2, 0}) == "token_2022.set_authority authority_type=2 new_authority=none");
        CHECK(line_of(token, joined({6, 3, 1}, authority)) ==
              "token_2022.set_authority authority_type=3 new_authority=" + authority.to_string());
        CHECK(line_of(token, {6, 2, 2}) == "token_2022.");
        CHECK(line_of(token, {26, 1, 1, 0, 0, 0, 0, 0, 0, 0, 6, 2, 0, 0, 0, 0, 0, 0, 0}) ==
              "token_2022.transfer_checked_with_fee amount=1 decimals=6 fee=2");
        CHECK(line_of(token, {44, 1}) == "token_2022.pause");
        CHECK(line_of(token, {29, 7, 0, 8, 0}) == "token_2022.reallocate extensions=7, 8");
        CHECK(line_of(token, {29, 7}) == "token_2022.");
        CHECK(line_of(well_known::token_program, {44, 1}) == "token.");
        CHECK(line_of(well_known::token_program, {24, '1', '.', '5'}) ==
              "token.ui_amount_to_amount amount=1.5");
        Bytes extend{2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0};
        CHECK(line_of(well_known::lookup_table_program, joined(extend, authority)) ==
              "address_lookup_table.extend_lookup_table addresses=" + authority.to_string());
        extend[4] = 2;
        CHECK(line_of(well_known::lookup_table_program, joined(extend, authority)) ==
              "address_lookup_table.");
        Bytes seeded = joined({9, 0, 0, 0}, authority);
        for (const std::uint8_t byte : Bytes{2, 0, 0, 0, 0, 0, 0, 0, 0x68, 0x69, 5, 0, 0, 0, 0, 0, 0, 0})
            seeded.push_back(byte);
        CHECK(line_of(well_known::system_program, joined(seeded, authority)) ==
              "system.allocate_with_seed base=" + authority.to_string() +
                  " seed=hi space=5 owner=" + authority.to_string());
    }

    TEST_CASE("what is cut, unknown or no text has no name; what stands behind is more") {
        CHECK(line_of(well_known::system_program, {2, 0, 0, 0, 1, 0}) == "system.");
        CHECK(line_of(well_known::system_program, {2, 0, 0}) == "system.");
        CHECK(line_of(well_known::system_program, {99, 0, 0, 0}) == "system.");
        CHECK(line_of(well_known::system_program, {2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xab}) ==
              "system.transfer lamports=1 more=0xab");
        CHECK(line_of(well_known::associated_token_program, {}) == "associated_token.create");
        CHECK(line_of(well_known::token_program, {}) == "token.");
        CHECK(line_of(well_known::memo_program, {0xff}) == "memo.");
        CHECK(line_of(well_known::memo_program, {0x1b, '[', '2', 'J'}) ==
              "memo.");                                                           // an escape for a terminal
        CHECK(line_of(well_known::memo_program, {0xed, 0xa0, 0x80}) == "memo.");  // half of a surrogate pair
        CHECK(line_of(well_known::memo_program, {0xc0, 0x80}) == "memo.");        // a longer spelling of zero
        CHECK(line_of(well_known::memo_program, {0xf4, 0x90, 0x80, 0x80}) ==
              "memo.");  // beyond the last character
        CHECK(line_of(key_number(5), {1, 2, 3}) == ".");
    }
}
