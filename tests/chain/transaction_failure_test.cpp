#include <doctest/doctest.h>

#include "chain/solana/transaction_failure.hpp"
#include "libexec/solana/instructions.hpp"
#include "support/token_bytes.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

Message transfer_and_memo() {
    MessageDraft draft;
    draft.payer = key_number(1);
    draft.instructions = {instructions::transfer(key_number(1), key_number(2), 7),
                          instructions::memo("hello")};
    return compile_message(draft).value();
}

TransactionError error(std::string kind, std::string words) {
    TransactionError made;
    made.kind = std::move(kind);
    made.words = std::move(words);
    return made;
}

}  // namespace

TEST_SUITE("chain/transaction_failure") {
    TEST_CASE("a failure names the instruction, its program and the chain's words") {
        TransactionError of_transfer = error("InstructionError", R"({"InstructionError":[0,{"Custom":1}]})");
        of_transfer.instruction = 0;
        of_transfer.custom = 1;
        const Rejection why = failure_of(of_transfer, transfer_and_memo());
        CHECK(why.reason == Reason::insufficient_funds);
        CHECK(why.detail == "instruction 1 of 11111111111111111111111111111111 failed: " + of_transfer.words);

        of_transfer.custom.reset();
        CHECK(failure_of(of_transfer, transfer_and_memo()).reason == Reason::chain_rejected);
        of_transfer.instruction = 9;  // a node may say anything
        CHECK(failure_of(of_transfer, transfer_and_memo()).detail ==
              "the chain refused: " + of_transfer.words);
    }

    TEST_CASE("what is wrong with the whole transaction has a reason of its own") {
        struct Row {
            const char* kind;
            Reason reason;
        };
        const Row rows[] = {{"AccountInUse", Reason::account_in_use},
                            {"WouldExceedMaxAccountCostLimit", Reason::account_in_use},
                            {"BlockhashNotFound", Reason::stale_blockhash},
                            {"InsufficientFundsForFee", Reason::insufficient_funds},
                            {"InsufficientFundsForRent", Reason::insufficient_funds},
                            {"AccountNotFound", Reason::insufficient_funds},
                            {"InvalidAccountIndex", Reason::chain_rejected}};
        for (const Row& row : rows) {
            CAPTURE(row.kind);
            const Rejection why = failure_of(error(row.kind, row.kind), transfer_and_memo());
            CHECK(why.reason == row.reason);
            CHECK(why.detail == "the chain refused: " + std::string(row.kind));
        }
    }
}
