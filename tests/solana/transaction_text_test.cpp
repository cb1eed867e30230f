#include <doctest/doctest.h>

#include "libexec/solana/base64.hpp"
#include "libexec/solana/instructions.hpp"
#include "libexec/solana/transaction_text.hpp"
#include "support/token_bytes.hpp"

using namespace libexec;
using test::key_number;

namespace {

Transaction signed_transfer() {
    std::array<std::uint8_t, 32> seed{};
    seed.fill(7);
    const KeyPair pair = KeyPair::from_seed(seed);
    MessageDraft draft;
    draft.payer = pair.public_key();
    draft.instructions = {instructions::transfer(pair.public_key(), key_number(5), 42)};
    draft.blockhash = Blockhash(key_number(6).bytes());
    const KeyPair* const pairs[] = {&pair};
    auto made = sign_transaction(compile_message(draft).value(), pairs);
    REQUIRE(made);
    return std::move(made).value();
}

std::string text_of(const Bytes& bytes) { return std::string(bytes.begin(), bytes.end()); }

}  // namespace

TEST_SUITE("solana/transaction text") {
    TEST_CASE("bytes, base64 and base58 say the same, a message alone is unsigned") {
        const Transaction transaction = signed_transfer();
        const Bytes bytes = encode_transaction(transaction);
        const Bytes message = encode_message(transaction.message);
        for (const std::string& text : {text_of(bytes), to_base64(bytes), "\n " + to_base64(bytes) + "\r\n",
                                        to_base58(bytes.data(), bytes.size())}) {
            const auto read = read_transaction(text);
            REQUIRE(read);
            CHECK(read.value() == transaction);
        }
        for (const std::string& text :
             {text_of(message), to_base64(message), to_base58(message.data(), message.size())}) {
            const auto read = read_transaction(text);
            REQUIRE(read);
            CHECK(read.value() == unsigned_transaction(transaction.message));
        }
    }

    TEST_CASE("what is none says why") {
        const auto why = [](std::string_view text) {
            const auto read = read_transaction(text);
            REQUIRE_FALSE(read);
            CHECK(read.error().reason == Reason::invalid_body);
            return read.error().detail;
        };
        CHECK(why("") == "there is nothing in it");
        CHECK(why(" \n\t") == "there is nothing in it");
        CHECK(why("0O!l").find("neither base64 nor base58") != std::string::npos);
        CHECK(why(std::string(transaction_text_most + 1, 'A')).find("more than 4096 bytes") !=
              std::string::npos);
        Bytes bytes = encode_transaction(signed_transfer());
        bytes.pop_back();
        CHECK(why(to_base64(bytes)) == decode_transaction(bytes).error().detail);
        CHECK(why(text_of(bytes)) == decode_transaction(bytes).error().detail);
        Bytes message = encode_message(signed_transfer().message);
        message.pop_back();
        CHECK(why(to_base64(message)) == decode_message(message).error().detail);
    }
}
