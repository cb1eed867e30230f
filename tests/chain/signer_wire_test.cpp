#include "libexec/chain/solana/signer_wire.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

#include "support/wallet_swaps.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

SignerRequest some_request(const std::string& name = "tokens by transfers") {
    const WalletSwap swap = wallet_swap(name);
    SignerRequest request(SignerOp::sign);
    request.terms = swap.terms;
    request.terms.attempt = 3;
    request.transaction = swap.to_sign();
    return request;
}

/// The text with one piece in another's place.
std::string with(std::string text, const std::string& piece, const std::string& other) {
    const std::size_t at = text.find(piece);
    REQUIRE(at != std::string::npos);
    return text.replace(at, piece.size(), other);
}

}  // namespace

TEST_SUITE("chain/solana/signer_wire") {
    TEST_CASE("requests and answers come back as they were sent") {
        for (const WalletSwap& swap : wallet_swaps()) {
            const SignerRequest sent = some_request(swap.name);
            const auto read = decode_signer_request(encode_signer_request(sent));
            REQUIRE(read);
            CHECK(read.value().op == SignerOp::sign);
            CHECK(encode_signer_request(read.value()) == encode_signer_request(sent));
            CHECK(read.value().transaction.message == sent.transaction.message);
            CHECK(read.value().transaction.cosigned.size() == sent.transaction.cosigned.size());
            CHECK(read.value().terms.order == sent.terms.order);
            CHECK(read.value().terms.attempt == 3);
            CHECK(read.value().terms.most_in == sent.terms.most_in);
            CHECK(read.value().terms.least_out == sent.terms.least_out);
            CHECK(read.value().terms.wraps_sol == sent.terms.wraps_sol);
            CHECK(read.value().terms.unwraps_sol == sent.terms.unwraps_sol);
        }
        const auto question =
            decode_signer_request(encode_signer_request(SignerRequest(SignerOp::public_key)));
        REQUIRE(question);
        CHECK(question.value().op == SignerOp::public_key);

        SignerAnswer answer;
        answer.wallet = plain_key(3);
        CHECK(decode_signer_answer(encode_signer_answer(answer)).value().wallet == plain_key(3));
        answer = SignerAnswer();
        answer.transaction = SignedTransaction{.signature = "abc", .bytes = {1, 2, 3}};
        const auto signed_one = decode_signer_answer(encode_signer_answer(answer)).value();
        CHECK(signed_one.transaction->signature == "abc");
        CHECK(signed_one.transaction->bytes == Bytes{1, 2, 3});
        answer = SignerAnswer();
        answer.error = reject(Reason::policy_refused, "spend: \"much\"");
        const auto refused = decode_signer_answer(encode_signer_answer(answer)).value();
        CHECK(refused.error->reason == Reason::policy_refused);
        CHECK(refused.error->detail == "spend: \"much\"");
    }

    TEST_CASE("a request that is not in order names its field") {
        const std::string good = encode_signer_request(some_request());
        const std::pair<std::string, std::string> cases[] = {
            {"{", "["},
            {"\"v\":1", "\"v\":2"},
            {"\"v\":1", "\"v\":\"1\""},
            {"\"op\":\"sign\"", "\"op\":\"steal\""},
            {"\"order\":\"0", "\"order\":\"x"},
            {"\"attempt\":3", "\"attempt\":4294967296"},
            {"\"attempt\":3", "\"attempt\":-1"},
            {"\"mostIn\":\"1000000\"", "\"mostIn\":1000000"},
            {"\"mostIn\":\"1000000\"", "\"mostIn\":\"-1\""},
            {"\"mostIn\":\"1000000\"", "\"mostIn\":\"9223372036854775808\""},
            {"\"leastOut\":\"995000\"", "\"leastOut\":null"},
            {"\"wrapsSol\":false", "\"wrapsSol\":0"},
            {"\"wrapsSol\":false,", ""},
            {"\"wrapsSol\":false", "\"wrapsSol\":false,\"wrapsSol\":true"},
            {"\"wrapsSol\":false", "\"wrapsSol\":false,\"more\":true"},
            {"\"message\":\"", "\"message\":\"*"},
            {"\"cosigned\":[", "\"cosigned\":{}, \"x\":["},
            {"\"signer\":\"", "\"signer\":\"0"},
            {"\"signature\":\"", "\"signature\":\"AAAA"},
        };
        for (const auto& [piece, other] : cases) {
            CAPTURE(other);
            const auto read = decode_signer_request(with(good, piece, other));
            REQUIRE(!read);
            CHECK(read.error().reason == Reason::invalid_body);
            CHECK(!read.error().detail.empty());
            CHECK(read.error().detail.size() < 300);
        }
        CHECK(!decode_signer_request(""));
        CHECK(!decode_signer_request("{\"v\":1,\"op\":\"publicKey\",\"order\":\"x\"}"));
        CHECK(
            decode_signer_request(with(good, "\"mostIn\":\"1000000\"", "\"mostIn\":\"x\"")).error().detail ==
            "mostIn is a string of digits below 2^63");
    }

    TEST_CASE("an answer says one thing") {
        for (const char* text :
             {"{}", "{\"v\":1}", "{\"v\":1,\"error\":{}}", "{\"v\":1,\"error\":[]}",
              "{\"v\":2,\"publicKey\":\"11111111111111111111111111111111\"}", "{\"v\":1,\"publicKey\":\"1\"}",
              "{\"v\":1,\"transaction\":\"AAAA\"}",
              "{\"v\":1,\"error\":{\"code\":\"nonsense\",\"detail\":\"\"}}",
              "{\"v\":1,\"publicKey\":\"11111111111111111111111111111111\",\"signature\":\"\"}"}) {
            CAPTURE(text);
            const auto read = decode_signer_answer(text);
            REQUIRE(!read);
            CHECK(read.error().reason == Reason::invalid_body);
        }
    }

    TEST_CASE("a frame says its length first and has at most 16 KiB") {
        CHECK(to_signer_frame("{}") == std::string("\0\0\0\2{}", 6));
        CHECK(signer_frame_size({0, 0, 0x40, 0}).value() == signer_frame_bytes_max);
        CHECK(!signer_frame_size({0, 0, 0x40, 1}));
        CHECK(!signer_frame_size({0, 0, 0, 0}));
        CHECK(!signer_frame_size({255, 255, 255, 255}));
        CHECK_THROWS_AS(to_signer_frame(""), std::length_error);
        CHECK_THROWS_AS(to_signer_frame(std::string(signer_frame_bytes_max + 1, 'x')), std::length_error);
        for (const WalletSwap& swap : wallet_swaps())
            CHECK(encode_signer_request(some_request(swap.name)).size() < signer_frame_bytes_max / 4);
    }
}
