#include "libexec/chain/solana/key_pair_signer.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

#include "libexec/solana/transaction.hpp"
#include "support/sim_time.hpp"
#include "support/wallet_swaps.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

KeyPairSigner::Check policy() {
    return [policy = SwapPolicy(wallet_pair().public_key(), exact_ceilings())](
               const Message& message, const SwapTerms& terms) { return policy.check(message, terms); };
}

KeyPairSigner::Check anything() {
    return [](const Message&, const SwapTerms&) -> Result<Done> { return Done(); };
}

std::string refusal(const UnsignedTransaction& transaction, const SwapTerms& terms,
                    const KeyPairSigner::Check& check = anything()) {
    const auto made = KeyPairSigner(wallet_pair(), check).sign_now(transaction, terms);
    if (made) return "signed";
    CHECK(made.error().reason == Reason::policy_refused);
    return made.error().detail.substr(0, made.error().detail.find(':'));
}

}  // namespace

TEST_SUITE("chain/solana/key_pair_signer") {
    TEST_CASE("what passes the check is signed, whole, and by everybody") {
        for (const WalletSwap& swap : wallet_swaps()) {
            CAPTURE(swap.name);
            SimTime time;
            KeyPairSigner signer(wallet_pair(), policy());
            const UnsignedTransaction sent = swap.to_sign();
            const auto made = time.run(signer.sign(sent, swap.terms));
            REQUIRE(made);
            const auto transaction = decode_transaction(made.value().bytes);
            REQUIRE(transaction);
            CHECK(is_signed(transaction.value()));
            CHECK(encode_message(transaction.value().message) == sent.message);
            CHECK(made.value().signature == signature_of(transaction.value()));
            CHECK(transaction.value().signatures.size() == 1 + sent.cosigned.size());
        }
        CHECK(wallet_swap("tokens by transfers").to_sign().cosigned.size() == 1);
    }

    TEST_CASE("the check sees the message and the terms, and its refusal stands") {
        const WalletSwap swap = wallet_swap("tokens by cpmm");
        SwapTerms narrow = swap.terms;
        narrow.most_in = Amount(999'999);
        CHECK(refusal(swap.to_sign(), swap.terms, policy()) == "signed");
        CHECK(refusal(swap.to_sign(), narrow, policy()) == "spend");
        CHECK_THROWS_AS(KeyPairSigner(wallet_pair(), nullptr), std::invalid_argument);
    }

    TEST_CASE("what cannot be read, is too large or is paid by others is not signed") {
        const WalletSwap swap = wallet_swap("tokens by cpmm");
        UnsignedTransaction sent;
        CHECK(refusal(sent, swap.terms) == "message");
        sent.message = {1, 2, 3};
        CHECK(refusal(sent, swap.terms) == "message");
        sent = swap.to_sign();
        sent.message.push_back(0);
        CHECK(refusal(sent, swap.terms) == "message");

        Message message = swap.message();
        message.keys.front() = plain_key(5);
        sent.message = encode_message(message);
        CHECK(refusal(sent, swap.terms) == "fee_payer");

        message = swap.message();
        const std::size_t room = transaction_size_most - transaction_size(message);
        CompiledInstruction& memo = message.instructions[2];
        memo.data.insert(memo.data.end(), room - 1, 'x');  // its length takes a byte more
        sent.message = encode_message(message);
        CHECK(transaction_size(message) == transaction_size_most);
        CHECK(refusal(sent, swap.terms) == "signed");
        memo.data.push_back('x');
        sent.message = encode_message(message);
        CHECK(refusal(sent, swap.terms) == "size");
    }

    TEST_CASE("every other signer has signed this very message, once, and nobody else has") {
        const WalletSwap swap = wallet_swap("tokens by transfers");
        const UnsignedTransaction good = swap.to_sign();
        REQUIRE(refusal(good, swap.terms) == "signed");
        const KeyPair stranger = KeyPair::from_seed(std::array<std::uint8_t, 32>{1});

        UnsignedTransaction sent = good;
        sent.cosigned.clear();
        CHECK(refusal(sent, swap.terms) == "cosigner");
        sent = good;
        sent.cosigned.front().signature[5] ^= 1;
        CHECK(refusal(sent, swap.terms) == "cosigner");
        sent = good;
        sent.cosigned.front().signature = counterparty_pair().sign(Bytes{1, 2, 3});
        CHECK(refusal(sent, swap.terms) == "cosigner");
        sent = good;
        sent.cosigned.push_back(good.cosigned.front());
        CHECK(refusal(sent, swap.terms) == "cosigner");
        sent = good;
        sent.cosigned.push_back(
            {.signer = stranger.public_key().bytes(), .signature = stranger.sign(good.message)});
        CHECK(refusal(sent, swap.terms) == "cosigner");
        sent = good;
        sent.cosigned.front() = {.signer = stranger.public_key().bytes(),
                                 .signature = stranger.sign(good.message)};
        CHECK(refusal(sent, swap.terms) == "cosigner");
        sent = good;  // the wallet's own place is not for others to fill
        sent.cosigned.push_back({.signer = wallet_pair().public_key().bytes(), .signature = {}});
        CHECK(refusal(sent, swap.terms) == "cosigner");
    }
}
