#include "libexec/solana/transaction.hpp"
#include <doctest/doctest.h>
#include <map>
#include "libexec/base/random.hpp"
#include "libexec/solana/address.hpp"
#include "libexec/solana/base64.hpp"
#include "libexec/solana/instructions.hpp"
#include "support/golden.hpp"
#include "support/token_bytes.hpp"

using namespace libexec;
using test::key_number;

namespace {

KeyPair pair_of(const Bytes& seed) {
    REQUIRE(seed.size() == 32);
    return KeyPair::from_seed(std::span<const std::uint8_t, 32>(seed.data(), 32));
}

KeyPair pair_number(std::uint8_t number) { return pair_of(Bytes(32, number)); }

MessageDraft golden_draft(const JsonValue& line) {
    MessageDraft draft;
    draft.payer = test::key_of(line["fee_payer"].text());
    draft.blockhash = Blockhash::parse(line["recent_blockhash"].text()).value();
    for (const JsonValue& item : line["instructions"].items()) {
        Instruction instruction{.program = test::key_of(item["program_id"].text()),
                                .accounts = {},
                                .data = test::hex_bytes(item["data_hex"].text())};
        for (const JsonValue& account : item["accounts"].items())
            instruction.accounts.push_back({test::key_of(account["pubkey"].text()),
                                            account["signer"].is_true(), account["writable"].is_true()});
        draft.instructions.push_back(std::move(instruction));
    }
    for (const JsonValue& item : line["lookup_tables"].items()) {
        LookupTable table;
        table.key = test::key_of(item["key"].text());
        for (const JsonValue& address : item["addresses"].items())
            table.addresses.push_back(test::key_of(address.text()));
        draft.tables.push_back(std::move(table));
    }
    return draft;
}

/// The instructions around a golden transaction's own swap, by this room's builders.
std::vector<Instruction> built(const JsonValue& line, const std::vector<Instruction>& golden) {
    using namespace instructions;
    const PublicKey payer = test::key_of(line["fee_payer"].text());
    const std::string& kind = line["kind"].text();
    std::vector<Instruction> made;
    if (kind == "sol_transfer") {
        if (golden.size() == 3) made = {compute_unit_limit(1'000), compute_unit_price(50'000)};
        made.push_back(transfer(payer, test::key_of(line["to"].text()), test::number_of(line["lamports"])));
        return made;
    }
    const PublicKey sol = well_known::wrapped_sol;
    const PublicKey sol_account = associated_token_address(payer, well_known::token_program, sol);
    if (kind == "wrap_unwrap")
        return {create_token_account(payer, payer, sol),
                transfer(payer, sol_account, test::number_of(line["lamports"])), sync_native(sol_account),
                close_account(sol_account, payer, payer)};
    REQUIRE(kind == "swap");
    const PublicKey in = test::key_of(line["token_in"].text());
    const PublicKey out = test::key_of(line["token_out"].text());
    made = {compute_unit_limit(static_cast<std::uint32_t>(test::number_of(line["compute_unit_limit"]))),
            compute_unit_price(test::number_of(line["compute_unit_price"])),
            create_token_account(payer, payer, sol)};
    if (out != sol) made.push_back(create_token_account(payer, payer, out));
    if (in == sol) {
        made.push_back(transfer(payer, sol_account, test::number_of(line["amount_in"])));
        made.push_back(sync_native(sol_account));
    }
    made.push_back(golden.at(golden.size() - 2));  // the venue's
    made.push_back(close_account(sol_account, payer, payer));
    return made;
}

/// What any instruction says of a key holds for all of them once they are in one message.
void promote(std::vector<Instruction>& instructions, const PublicKey& payer) {
    std::map<PublicKey, AccountMeta> all;
    all[payer] = {payer, true, true};
    for (const Instruction& instruction : instructions) {
        for (const AccountMeta& account : instruction.accounts) {
            all[account.key].signer |= account.signer;
            all[account.key].writable |= account.writable;
        }
    }
    for (Instruction& instruction : instructions) {
        for (AccountMeta& account : instruction.accounts)
            account = {account.key, all[account.key].signer, all[account.key].writable};
    }
}

Message two_signers(const KeyPair& payer, const KeyPair& other) {
    return compile_message(
               {.payer = payer.public_key(),
                .instructions = {instructions::memo("both", {payer.public_key(), other.public_key()})},
                .blockhash = Blockhash(key_number(3).bytes())})
        .value();
}

}  // namespace

TEST_SUITE("solana/transaction") {
    TEST_CASE("transactions the chain executed are made again to the byte") {
        const auto root = test::fixtures_or_say();
        if (!root) return;
        const auto lines = test::read_golden(*root / "golden/transactions.jsonl");
        std::size_t same = 0;
        for (const JsonValue& line : lines) {
            CAPTURE(line["kind"].text());
            const MessageDraft draft = golden_draft(line);
            CHECK(built(line, draft.instructions) == draft.instructions);
            const auto message = compile_message(draft);
            if (!message) FAIL(message.error().detail);
            const Bytes message_bytes = encode_message(message.value());
            const KeyPair pair = pair_of(test::hex_bytes(line["fee_payer_seed_hex"].text()));
            const KeyPair* const pairs[] = {&pair};
            const auto transaction = sign_transaction(message.value(), pairs).value();
            const Bytes bytes = encode_transaction(transaction);
            const bool equal = test::to_hex(message_bytes) == line["message_hex"].text() &&
                               signature_of(transaction) == line["signature"].text() &&
                               to_base64(bytes) == line["transaction_base64"].text() &&
                               bytes.size() == test::number_of(line["wire_bytes"]) &&
                               transaction_size(message.value()) == bytes.size();
            CHECK(equal);
            same += equal;

            const auto decoded = decode_transaction(from_base64(line["transaction_base64"].text()).value());
            REQUIRE(decoded);
            CHECK(decoded.value() == transaction);
            CHECK(is_signed(decoded.value()));
            auto expected = draft.instructions;
            promote(expected, draft.payer);
            CHECK(instructions_of(decoded.value().message, draft.tables).value() == expected);
        }
        MESSAGE("golden transactions: ", same, " of ", lines.size());
        CHECK(same == lines.size());
        CHECK(lines.size() == 6);
    }

    TEST_CASE("a known transfer is signed to the byte") {
        // RFC 8032, section 7.1, test 1: the empty message.
        const KeyPair known =
            pair_of(test::hex_bytes("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
        CHECK(test::to_hex({known.public_key().bytes().begin(), known.public_key().bytes().end()}) ==
              "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        const Signature signature = known.sign({});
        CHECK(
            test::to_hex({signature.begin(), signature.end()}) ==
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b");
        CHECK(is_signed_by(known.public_key(), {}, signature));
    }

    TEST_CASE("everybody signs whom the message names, in its order") {
        const KeyPair payer = pair_number(1);
        const KeyPair other = pair_number(2);
        const KeyPair stranger = pair_number(3);
        const Message message = two_signers(payer, other);
        REQUIRE(message.signers == 2);
        const KeyPair* const both[] = {&other, &payer};
        const Transaction signed_by_both = sign_transaction(message, both).value();
        CHECK(is_signed(signed_by_both));
        CHECK(decode_transaction(encode_transaction(signed_by_both)).value() == signed_by_both);
        CHECK(signed_by_both.signatures[0] == payer.sign(encode_message(message)));
        CHECK(signature_of(signed_by_both) ==
              to_base58(signed_by_both.signatures[0].data(), signed_by_both.signatures[0].size()));

        const KeyPair* const one[] = {&payer};
        CHECK(sign_transaction(message, one).error().detail ==
              other.public_key().to_string() + " has to sign too");
        const KeyPair* const wrong[] = {&payer, &other, &stranger};
        CHECK(sign_transaction(message, wrong).error().detail ==
              stranger.public_key().to_string() + " does not sign this");

        Transaction bent = signed_by_both;
        bent.signatures[1][5] ^= 1;
        CHECK_FALSE(is_signed(bent));
        bent = signed_by_both;
        bent.message.instructions[0].data[0] ^= 1;
        CHECK_FALSE(is_signed(bent));
        bent = signed_by_both;
        bent.signatures.pop_back();
        CHECK_FALSE(is_signed(bent));
        CHECK(decode_transaction(encode_transaction(bent)).error().detail.find("2 sign, and there are 1") ==
              0);
        CHECK_FALSE(is_signed(Transaction{}));

        const Transaction bare = unsigned_transaction(message);
        CHECK_FALSE(is_signed(bare));
        CHECK(encode_transaction(bare).size() == transaction_size(message));
        CHECK(decode_transaction(encode_transaction(bare)).value() == bare);
    }

    TEST_CASE("cut or random bytes are no transaction") {
        const KeyPair payer = pair_number(1);
        const KeyPair other = pair_number(2);
        const KeyPair* const both[] = {&payer, &other};
        const Bytes bytes = encode_transaction(sign_transaction(two_signers(payer, other), both).value());
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            const auto decoded = decode_transaction(std::span(bytes).first(size));
            CAPTURE(size);
            REQUIRE_FALSE(decoded);
            CHECK(decoded.error().reason == Reason::invalid_body);
        }
        Random random(31);
        for (int i = 0; i < 2'000; ++i) {
            Bytes bent = bytes;
            for (std::uint64_t n = 1 + random.below(3); n > 0; --n)
                bent[random.below(bent.size())] = static_cast<std::uint8_t>(random.next());
            const auto decoded = decode_transaction(bent);
            if (!decoded) continue;
            CHECK(encode_transaction(decoded.value()) == bent);
            CHECK(is_signed(decoded.value()) == (bent == bytes));
        }
        CHECK_FALSE(decode_transaction(Bytes{0xff, 0xff, 0x03}));
    }

    TEST_CASE("base64 is read in its one form") {
        for (const auto& [text, hex] : {std::pair("", ""), std::pair("Zg==", "66"), std::pair("Zm8=", "666f"),
                                        std::pair("Zm9v", "666f6f"), std::pair("+/+/", "fbffbf")}) {
            CHECK(to_base64(test::hex_bytes(hex)) == text);
            CHECK(from_base64(text) == test::hex_bytes(hex));
        }
        for (const char* text : {"Zg", "Zg=", "Zh==", "Zm9v=", "Zm 9v", "Zm9v\n", "-_-_", "====", "Z",
                                 "Zm9v\xbf\xbe\xbe\xbe", "\x80m9v"}) {
            CAPTURE(text);
            CHECK_FALSE(from_base64(text));
        }
    }
}

TEST_SUITE("solana/instructions") {
    TEST_CASE("instructions are what the programs read") {
        using namespace instructions;
        const PublicKey a = key_number(1), b = key_number(2), c = key_number(3), d = key_number(4);
        const Instruction made = create_account(a, b, 0x0102, 165, c);
        CHECK(made.program == well_known::system_program);
        CHECK(made.accounts == std::vector<AccountMeta>{{a, true, true}, {b, true, true}});
        CHECK(test::to_hex(made.data) == "000000000201000000000000a500000000000000" +
                                             test::to_hex({c.bytes().begin(), c.bytes().end()}));

        const Instruction sent = transfer_checked({.from = a,
                                                   .mint = b,
                                                   .to = c,
                                                   .owner = d,
                                                   .amount = 1'000,
                                                   .decimals = 6,
                                                   .token_program = well_known::token_2022_program});
        CHECK(sent.program == well_known::token_2022_program);
        CHECK(sent.accounts == std::vector<AccountMeta>{
                                   {a, false, true}, {b, false, false}, {c, false, true}, {d, true, false}});
        CHECK(test::to_hex(sent.data) == "0ce80300000000000006");

        CHECK(test::to_hex(loaded_data_limit(65'536).data) == "0400000100");
        CHECK(test::to_hex(compute_unit_limit(120'000).data) == "02c0d40100");
        CHECK(test::to_hex(compute_unit_price(25'000).data) == "03a861000000000000");

        const Instruction note = memo("hi \xc3\xa9", {a});
        CHECK(note.program == test::key_of("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr"));
        CHECK(note.accounts == std::vector<AccountMeta>{{a, true, false}});
        CHECK(test::to_hex(note.data) == "686920c3a9");

        const Instruction ours = create_token_account(a, b, c, well_known::token_2022_program);
        CHECK(ours.accounts[1].key == associated_token_address(b, well_known::token_2022_program, c));
        CHECK(ours.accounts[5].key == well_known::token_2022_program);
        CHECK(test::to_hex(ours.data) == "01");
    }
}
