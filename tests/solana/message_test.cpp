#include "libexec/solana/message.hpp"
#include <doctest/doctest.h>
#include <map>
#include <stdexcept>
#include "libexec/base/random.hpp"
#include "solana/wire.hpp"
#include "support/golden.hpp"
#include "support/token_bytes.hpp"

using namespace libexec;
using test::key_number;

namespace {

const PublicKey payer = key_number(1);
const PublicKey program = key_number(2);

AccountMeta read_only(std::uint64_t key) { return {key_number(key), false, false}; }
AccountMeta written(std::uint64_t key) { return {key_number(key), false, true}; }
AccountMeta signer(std::uint64_t key) { return {key_number(key), true, false}; }

MessageDraft draft(std::vector<Instruction> instructions, MessageVersion version = MessageVersion::v0) {
    return {.version = version,
            .payer = payer,
            .instructions = std::move(instructions),
            .blockhash = Blockhash(key_number(99).bytes())};
}

std::string refusal(const MessageDraft& of) {
    const auto compiled = compile_message(of);
    REQUIRE_FALSE(compiled);
    CHECK(compiled.error().reason == Reason::invalid_parameter);
    return compiled.error().detail;
}

std::string trouble_in(const Bytes& bytes) {
    const auto decoded = decode_message(bytes);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().reason == Reason::invalid_body);
    return decoded.error().detail;
}

LookupTable table(std::uint64_t key, std::vector<PublicKey> addresses) {
    LookupTable table;
    table.key = key_number(key);
    table.addresses = std::move(addresses);
    return table;
}

/// The instructions as the message must give them back: what any of them says of a key holds for all.
std::vector<Instruction> promoted(const MessageDraft& of) {
    std::map<PublicKey, AccountMeta> all;
    all[of.payer] = {of.payer, true, true};
    for (const Instruction& instruction : of.instructions) {
        for (const AccountMeta& account : instruction.accounts) {
            AccountMeta& known = all[account.key];
            known.signer |= account.signer;
            known.writable |= account.writable;
        }
    }
    std::vector<Instruction> result = of.instructions;
    for (Instruction& instruction : result) {
        for (AccountMeta& account : instruction.accounts)
            account = {account.key, all[account.key].signer, all[account.key].writable};
    }
    return result;
}

/// Any draft that compiles: some twenty keys in all roles, some of them in two tables.
MessageDraft random_draft(Random& random) {
    MessageDraft made = draft({}, random.below(3) == 0 ? MessageVersion::legacy : MessageVersion::v0);
    made.size_most = 100'000;
    for (std::uint64_t i = random.below(6); i > 0; --i) {
        Instruction instruction{.program = key_number(2 + random.below(10)), .accounts = {}, .data = {}};
        for (std::uint64_t n = random.below(12); n > 0; --n)
            instruction.accounts.push_back(
                {key_number(1 + random.below(24)), random.below(6) == 0, random.below(2) == 0});
        instruction.data.resize(random.below(3) == 0 ? random.below(400) : random.below(20));
        for (std::uint8_t& byte : instruction.data) byte = static_cast<std::uint8_t>(random.next());
        made.instructions.push_back(std::move(instruction));
    }
    if (made.version == MessageVersion::v0) {
        for (std::uint64_t key = 1'000; key < 1'000 + random.below(3); ++key) {
            std::vector<PublicKey> addresses;
            for (std::uint64_t n = random.below(20); n > 0; --n)
                addresses.push_back(key_number(random.below(30)));
            made.tables.push_back(table(key, std::move(addresses)));
        }
    }
    return made;
}

}  // namespace

TEST_SUITE("solana/wire") {
    TEST_CASE("lengths are written as short as they can be, and read in that form alone") {
        for (const auto& [length, hex] :
             {std::pair(0u, "00"), std::pair(1u, "01"), std::pair(127u, "7f"), std::pair(128u, "8001"),
              std::pair(255u, "ff01"), std::pair(256u, "8002"), std::pair(16'383u, "ff7f"),
              std::pair(16'384u, "808001"), std::pair(32'767u, "ffff01"), std::pair(65'535u, "ffff03")}) {
            CAPTURE(length);
            Bytes bytes;
            append_length(bytes, length);
            CHECK(test::to_hex(bytes) == hex);
            WireReader reader(bytes);
            CHECK(reader.length("it") == length);
            reader.end();
            CHECK_FALSE(reader.failed());
        }
        for (const char* hex : {"", "80", "8080", "ffff", "8000", "ff00", "808000", "ff8000", "808004",
                                "ffff7f", "80808001", "ffffff", "808080"}) {
            CAPTURE(hex);
            const Bytes bytes = test::hex_bytes(hex);
            WireReader reader(bytes);
            CHECK(reader.length("it") == 0);
            CHECK(reader.failed());
        }
        Bytes bytes;
        CHECK_THROWS_AS(append_length(bytes, 65'536), std::length_error);
    }

    TEST_CASE("every length is read as it was written") {
        for (std::size_t length = 0; length <= 65'535; ++length) {
            Bytes bytes;
            append_length(bytes, length);
            WireReader reader(bytes);
            const bool same = reader.length("it") == length && reader.rest().empty() && !reader.failed();
            if (!same) CHECK(length == 65'536);  // quiet unless it breaks
        }
    }
}

TEST_SUITE("solana/message") {
    TEST_CASE("keys stand by what they may do, then by who is named first") {
        const Message message =
            compile_message(
                draft({{program, {read_only(10), written(11), signer(12)}, {7}},
                       {key_number(3), {written(13), {key_number(14), true, true}, read_only(11)}, {}}}))
                .value();
        CHECK(message.keys == std::vector{payer, key_number(14), key_number(12), key_number(11),
                                          key_number(13), program, key_number(10), key_number(3)});
        CHECK(message.signers == 3);
        CHECK(message.readonly_signers == 1);
        CHECK(message.readonly_others == 3);
        CHECK(message.instructions[0] == CompiledInstruction{5, {6, 3, 2}, {7}});
        CHECK(message.instructions[1] == CompiledInstruction{7, {4, 1, 3}, {}});
    }

    TEST_CASE("a key may do whatever one instruction says of it") {
        const Message message = compile_message(draft({{program, {read_only(10), read_only(1)}, {}},
                                                       {program, {written(10)}, {}},
                                                       {program, {signer(10)}, {}}}))
                                    .value();
        CHECK(message.keys == std::vector{payer, key_number(10), program});
        CHECK(message.signers == 2);
        CHECK(message.readonly_signers == 0);
        const auto instructions = instructions_of(message).value();
        for (const Instruction& instruction : instructions) {
            for (const AccountMeta& account : instruction.accounts)
                CHECK((account.signer && account.writable));
        }
    }

    TEST_CASE("what neither signs nor runs is loaded from the first table that has it") {
        MessageDraft with =
            draft({{program, {read_only(10), written(11), signer(12), written(13), read_only(14)}, {}},
                   {key_number(3), {read_only(2), written(15)}, {}}});
        with.tables = {table(50, {key_number(1), key_number(11), key_number(10), program, key_number(12)}),
                       table(51, {key_number(7)}),
                       table(52, {key_number(10), key_number(14), key_number(13)})};
        const Message message = compile_message(with).value();
        CHECK(message.keys == std::vector{payer, key_number(12), key_number(15), program, key_number(3)});
        CHECK(message.lookups ==
              std::vector{TableLookup{key_number(50), {1}, {2}}, TableLookup{key_number(52), {2}, {1}}});
        CHECK(message.instructions[0].accounts == std::vector<std::uint8_t>{7, 5, 1, 6, 8});
        CHECK(instructions_of(message, with.tables).value() == promoted(with));
        CHECK(instructions_of(message, {}).error().detail.find(key_number(50).to_string()) !=
              std::string::npos);
        auto shorter = with.tables;
        shorter[2].addresses.resize(2);
        CHECK(instructions_of(message, shorter).error().detail.find("2 addresses, and no number 2") !=
              std::string::npos);
        shorter = with.tables;
        shorter[2].addresses[1] = payer;
        CHECK(instructions_of(message, shorter).error().detail.find("twice") != std::string::npos);
    }

    TEST_CASE("a transaction of one byte too many is refused with both numbers") {
        MessageDraft large = draft({{program, {written(10)}, Bytes(900)}});
        const std::size_t size = transaction_size(compile_message(large).value());
        large.size_most = size;
        CHECK(compile_message(large));
        large.size_most = size - 1;
        const std::string why = refusal(large);
        CHECK(why.find(std::to_string(size)) != std::string::npos);
        CHECK(why.find(std::to_string(size - 1)) != std::string::npos);
        CHECK(draft({}).size_most == 1232);
        CHECK(refusal(draft({{program, {}, Bytes(1'200)}})).find("1232") != std::string::npos);
    }

    TEST_CASE("drafts that make no message are refused") {
        MessageDraft bad = draft({{payer, {}, {}}});
        CHECK(refusal(bad).find("is a program") != std::string::npos);
        bad = draft({{program, {}, {}}}, MessageVersion::legacy);
        bad.tables = {table(50, {})};
        CHECK(refusal(bad).find("legacy") != std::string::npos);
        bad = draft({{program, {}, {}}});
        bad.size_most = 1'000'000;
        for (std::uint64_t key = 10; key < 10 + 254; ++key)
            bad.instructions[0].accounts.push_back(written(key));
        CHECK(compile_message(bad));  // 256 with the payer and the program
        bad.instructions[0].accounts.push_back(written(5'000));
        CHECK(refusal(bad).find("257 accounts") != std::string::npos);
        bad = draft({{program, {}, {}}});
        bad.size_most = 1'000'000;
        for (std::uint64_t key = 10; key < 10 + 126; ++key)
            bad.instructions[0].accounts.push_back(signer(key));
        CHECK(decode_message(encode_message(compile_message(bad).value())));
        bad.instructions[0].accounts.push_back(signer(5'000));
        CHECK(refusal(bad).find("128 signers") != std::string::npos);
        bad = draft({{program, {}, Bytes(65'536)}});
        bad.size_most = 1'000'000;
        CHECK(refusal(bad).find("65536") != std::string::npos);
        bad.instructions[0].data.pop_back();
        CHECK(decode_message(encode_message(compile_message(bad).value())));
    }

    TEST_CASE("a message reads as it was written, and gives its instructions back") {
        Random random(21);
        int refused = 0;
        for (int i = 0; i < 800; ++i) {
            const MessageDraft made = random_draft(random);
            const auto compiled = compile_message(made);
            CAPTURE(i);
            if (!compiled) {
                FAIL(compiled.error().detail);
            }
            const Bytes bytes = encode_message(compiled.value());
            const auto decoded = decode_message(bytes);
            if (!decoded) FAIL(decoded.error().detail);
            CHECK(decoded.value() == compiled.value());
            CHECK(instructions_of(decoded.value(), made.tables).value() == promoted(made));
            CHECK(transaction_size(compiled.value()) == 1 + 64u * compiled.value().signers + bytes.size());
            // Cut short it is nothing.
            const std::size_t cut = random.below(bytes.size());
            CHECK_FALSE(decode_message(std::span(bytes).first(cut)));
            // Bent, it is refused or another message with one spelling.
            Bytes bent = bytes;
            bent[random.below(bent.size())] ^= static_cast<std::uint8_t>(1 + random.below(255));
            const auto other = decode_message(bent);
            if (other) {
                CHECK(encode_message(other.value()) == bent);
            } else {
                CHECK_FALSE(other.error().detail.empty());
                ++refused;
            }
        }
        CHECK(refused > 25);
    }

    TEST_CASE("any bytes are a message or are refused") {
        Random random(22);
        for (int i = 0; i < 20'000; ++i) {
            Bytes bytes(random.below(200));
            // Small numbers get further.
            for (std::uint8_t& byte : bytes)
                byte = static_cast<std::uint8_t>(random.next() >> (random.below(2) == 0 ? 61 : 56));
            const auto decoded = decode_message(bytes);
            if (decoded) CHECK(encode_message(decoded.value()) == bytes);
        }
    }

    TEST_CASE("what is wrong with a message is said") {
        const Message good = compile_message(draft({{program, {written(10), signer(11)}, {1, 2}}})).value();
        CHECK(trouble_in({}).find("the header") != std::string::npos);
        CHECK(trouble_in({0x81, 1, 0, 0}).find("version 1") != std::string::npos);
        CHECK(trouble_in({1, 0, 0, 0xff, 0xff, 0x03}).find("a key has 32 bytes, and there are 0") !=
              std::string::npos);
        Bytes longer = encode_message(good);
        longer.push_back(0);
        CHECK(trouble_in(longer) == "1 bytes are left over");
        Message bad = good;
        bad.signers = 0;
        bad.readonly_signers = 0;
        CHECK(trouble_in(encode_message(bad)) == "nobody signs");
        bad = good;
        bad.readonly_signers = 2;
        CHECK(trouble_in(encode_message(bad)) == "the payer is not written");
        bad = good;
        bad.readonly_others = 3;
        CHECK(trouble_in(encode_message(bad)).find("speaks of 5 keys, and there are 4") != std::string::npos);
        bad = good;
        bad.keys[3] = bad.keys[1];
        CHECK(trouble_in(encode_message(bad)) == "a key is there twice");
        bad = good;
        bad.instructions[0].program = 0;
        CHECK(trouble_in(encode_message(bad)) == "instruction 1 has the payer as its program");
        bad = good;
        bad.instructions[0].program = 4;
        CHECK(trouble_in(encode_message(bad)) == "instruction 1 has program 4 of 4 keys");
        bad = good;
        bad.instructions[0].accounts[1] = 4;
        CHECK(trouble_in(encode_message(bad)) == "instruction 1 has account 4 of 4");
        bad = good;
        bad.lookups = {{key_number(50), {}, {}}};
        CHECK(trouble_in(encode_message(bad)) == "a lookup that loads nothing");
        bad = good;
        bad.lookups = {{key_number(50), std::vector<std::uint8_t>(200), std::vector<std::uint8_t>(53)}};
        CHECK(trouble_in(encode_message(bad)) == "257 accounts, more than 256");
        // A program that is loaded does not run.
        bad = good;
        bad.lookups = {{key_number(50), {1}, {}}};
        bad.instructions[0].program = 4;
        CHECK(trouble_in(encode_message(bad)) == "instruction 1 has program 4 of 4 keys");
    }
}

TEST_SUITE("solana/lookup_table") {
    TEST_CASE("a table's account says what it has and from when on") {
        AccountState account{
            .owner = well_known::lookup_table_program, .lamports = 1, .data = Bytes(56 + 3 * 32)};
        Bytes& data = account.data;
        data[0] = 1;
        test::put(data, 4, UINT64_MAX, 8);
        test::put(data, 12, 500, 8);
        data[20] = 2;
        data[21] = 1;
        test::put(data, 22, key_number(9));
        for (std::uint64_t i = 0; i < 3; ++i) test::put(data, 56 + 32 * i, key_number(20 + i));
        const LookupTable read = read_lookup_table(key_number(1), account).value();
        CHECK(read.key == key_number(1));
        CHECK(read.addresses == std::vector{key_number(20), key_number(21), key_number(22)});
        CHECK(read.authority == key_number(9));
        CHECK(read.usable_in(500) == 2);
        CHECK(read.usable_in(501) == 3);
        AccountState other = account;
        test::put(other.data, 4, 700, 8);
        CHECK(read_lookup_table(key_number(1), other).value().usable_in(600) == 0);
        other = account;
        other.data[21] = 0;
        CHECK_FALSE(read_lookup_table(key_number(1), other).value().authority);

        const auto refused = [](const AccountState& bad) {
            const auto answer = read_lookup_table(key_number(1), bad);
            return !answer && answer.error().reason == Reason::bad_account;
        };
        for (std::size_t size = 0; size < data.size(); ++size) {
            other = account;
            other.data.resize(size);
            CHECK(refused(other) == (size != 56 && size != 88 && size != 120));
        }
        other = account;
        other.data.resize(56 + 257 * 32);
        CHECK(refused(other));
        other.data.resize(56 + 256 * 32);
        CHECK_FALSE(refused(other));
        other = account;
        other.data[0] = 0;
        CHECK(refused(other));
        other = account;
        other.data[21] = 2;
        CHECK(refused(other));
        other = account;
        other.owner = well_known::system_program;
        CHECK(refused(other));
    }
}
