// What nodes say of transactions: why they were refused, where they are, what they did.

#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "chain/rpc/answer_checks.hpp"
#include "chain/rpc/answers.hpp"
#include "libexec/solana/base64.hpp"
#include "libexec/solana/well_known.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

/// 64 bytes of `fill`, a short message behind them.
Bytes some_transaction(std::uint8_t fill) {
    Bytes bytes(80, fill);
    bytes[0] = 1;
    return bytes;
}

}  // namespace

TEST_SUITE("chain/rpc/transaction_answers") {
    TEST_CASE("the chain's objections to a transaction are read in every form they have") {
        const auto read = [](const std::string& text) { return read_transaction_error(parsed(text)); };
        CHECK(read("\"BlockhashNotFound\"").value().kind == "BlockhashNotFound");
        const TransactionError custom = read(R"({"InstructionError":[3,{"Custom":4294967295}]})").value();
        CHECK(custom.kind == "InstructionError");
        CHECK(custom.instruction == 3);
        CHECK(custom.custom == UINT32_MAX);
        CHECK(custom.words == R"({"InstructionError":[3,{"Custom":4294967295}]})");
        const TransactionError named = read(R"({"InstructionError":[0,"InvalidAccountData"]})").value();
        CHECK(named.instruction == 0);
        CHECK_FALSE(named.custom);
        CHECK(read(R"({"InsufficientFundsForRent":{"account_index":2}})").value().kind ==
              "InsufficientFundsForRent");
        for (const char* bad : {"7", "[]", "{}", R"({"a":1,"b":2})", R"({"InstructionError":[256,"x"]})",
                                R"({"InstructionError":[1]})", R"({"InstructionError":["1","x"]})",
                                R"({"InstructionError":[1,{"Custom":4294967296}]})",
                                R"({"InstructionError":[1,{"Custom":-1}]})"}) {
            CAPTURE(bad);
            CHECK_FALSE(read(bad));
        }
        CHECK_FALSE(read("\"" + std::string(5'000, 'x') + "\""));
    }

    TEST_CASE("a status says where, how sure and with what end, and does not contradict itself") {
        Seen seen;
        const auto read = [&](const JsonValue& value) { return read_statuses(value, 2, seen); };
        const std::string good =
            R"({"context":{"slot":82},"value":[{"slot":72,"confirmations":10,"err":null,"status":{"Ok":null},)"
            R"("confirmationStatus":"confirmed"},null]})";
        check_refusals(good,
                       {{"\"slot\":72", "\"slot\":83", "/value/0/slot"},
                        {"\"slot\":72", "\"slot\":null", "/value/0/slot"},
                        {"\"err\":null,", "", "/value/0/err"},
                        {"\"err\":null", "\"err\":\"AccountInUse\"", "/value/0/status"},
                        {"{\"Ok\":null}", "{\"Err\":\"AccountInUse\"}", "/value/0/status"},
                        {"\"confirmed\"", "\"certain\"", "/value/0/confirmationStatus"},
                        {"10", "-10", "/value/0/confirmations"},
                        {",null]", "]", "/value"},
                        {",null]", ",null,null]", "/value"}},
                       read);
        const SignatureStatuses statuses = read(parsed(good)).value();
        CHECK(statuses.slot == 82);
        CHECK(statuses.statuses[0]->commitment == Commitment::confirmed);
        CHECK_FALSE(statuses.statuses[1]);
        const auto commitment = [&](const std::string& what, const std::string& instead) {
            return read(parsed(with(good, what, instead))).value().statuses[0]->commitment;
        };
        CHECK(commitment("10", "null") == Commitment::confirmed);
        CHECK(commitment("\"confirmed\"", "\"finalized\"") ==
              Commitment::confirmed);  // it still counts votes
        CHECK(commitment(R"(10,"err":null,"status":{"Ok":null},"confirmationStatus":"confirmed")",
                         R"(null,"err":null,"confirmationStatus":"finalized")") == Commitment::finalized);
        CHECK(commitment(",\"confirmationStatus\":\"confirmed\"", "") == Commitment::processed);
    }

    TEST_CASE("a transaction is the one that was asked for, with balances that fit together") {
        const Bytes bytes = some_transaction(9);
        const std::string signature = *first_signature(bytes);
        const auto read = [&](const JsonValue& value) { return read_transaction(value, signature); };
        const std::string good =
            R"({"slot":5,"blockTime":-1,"version":0,"transaction":[")" + to_base64(bytes) +
            R"(","base64"],"meta":{"err":null,"fee":5000,"status":{"Ok":null},"computeUnitsConsumed":150,)"
            R"("logMessages":["a"],"preBalances":[9,8],"postBalances":[7,6],"preTokenBalances":[],)"
            R"("postTokenBalances":[{"accountIndex":1,"mint":"So11111111111111111111111111111111111111112",)"
            R"("owner":"11111111111111111111111111111111","uiTokenAmount":{"amount":"18446744073709551615",)"
            R"("decimals":9,"uiAmount":1.8e10}}],"loadedAddresses":{"writable":[],"readonly":[]}}})";
        REQUIRE(read(parsed(good)));
        const LandedTransaction landed = *read(parsed(good)).value();
        CHECK(landed.slot == 5);
        CHECK(landed.block_time == -1);
        CHECK(landed.transaction == bytes);
        CHECK(landed.fee_lamports == 5'000);
        CHECK(landed.lamports_after == std::vector<std::uint64_t>{7, 6});
        CHECK(landed.tokens_after.front().amount == UINT64_MAX);
        CHECK_FALSE(read(parsed("null")).value());
        for (const AnswerChange& change : std::initializer_list<AnswerChange>{
                 {"\"fee\":5000", "\"fee\":\"5000\"", "/meta/fee"},
                 {"\"err\":null", "\"err\":\"x\"", "/meta/status"},
                 {"[7,6]", "[7]", "/meta/postBalances"},
                 {"[7,6]", "[7,-6]", "/meta/postBalances"},
                 {"\"accountIndex\":1", "\"accountIndex\":2", "/meta/postTokenBalances"},
                 {"\"18446744073709551615\"", "18446744073709551615",
                  "/meta/postTokenBalances/uiTokenAmount"},
                 {"\"18446744073709551615\"", "\"1.5\"", "/meta/postTokenBalances/uiTokenAmount"},
                 {"\"blockTime\":-1", "\"blockTime\":\"now\"", "/blockTime"},
                 {"\"meta\":{", "\"meta\":null,\"x\":{", "/meta"},
                 {"\"base64\"", "\"json\"", "/transaction"}}) {
            CAPTURE(change.what);
            const auto refused = read(parsed(with(good, change.what, change.instead)));
            REQUIRE_FALSE(refused);
            CHECK_MESSAGE(refused.error().detail.find(change.place) == 0, refused.error().detail);
        }
        const auto another = read_transaction(parsed(good), *first_signature(some_transaction(8)));
        REQUIRE_FALSE(another);
        CHECK(another.error().detail == "/transaction is another one than was asked for");
        CHECK_FALSE(first_signature(Bytes(80, 0)));
        CHECK_FALSE(first_signature(Bytes{1, 2, 3}));
    }

    TEST_CASE("a simulation brings the accounts that were asked for, or its error") {
        Seen seen;
        SimulationQuery query{Message()};
        query.accounts = {well_known::wrapped_sol};
        const auto read = [&](const JsonValue& value) { return read_simulation(value, query, seen); };
        const std::string good =
            R"({"context":{"slot":5},"value":{"err":null,"logs":["Program log: hi"],"accounts":[)" +
            account_text +
            R"(],"unitsConsumed":2366,"returnData":{"programId":"11111111111111111111111111111111",)"
            R"("data":["Kg==","base64"]},"replacementBlockhash":{)"
            R"("blockhash":"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA","lastValidBlockHeight":3090}}})";
        check_refusals(good,
                       {{"\"err\":null,", "", "/value/err"},
                        {"\"unitsConsumed\":2366", "\"unitsConsumed\":-1", "/value/unitsConsumed"},
                        {"[\"Program log: hi\"]", "[7]", "/value/logs"},
                        {"AQID", "A", "/value/accounts/0/data"},
                        {"\"accounts\":[", "\"accounts\":[null,", "/value/accounts"},
                        {"Kg==", "Kg=", "/value/returnData/data"},
                        {"3090", "null", "/value/replacementBlockhash/lastValidBlockHeight"}},
                       read);
        const Simulation simulation = read(parsed(good)).value();
        CHECK(simulation.units_consumed == 2'366);
        CHECK(simulation.accounts.size() == 1);
        CHECK(simulation.return_data->data == Bytes{0x2a});
        CHECK(simulation.replacement->last_valid_height == 3'090);
        const std::string failed =
            R"({"context":{"slot":5},"value":{"err":{"InstructionError":[0,{"Custom":1}]},"logs":null,)"
            R"("accounts":null,"unitsConsumed":0,"returnData":null}})";
        REQUIRE(read(parsed(failed)));
        CHECK(read(parsed(failed)).value().error->custom == 1);
        CHECK_FALSE(read(parsed(with(good, "\"accounts\":[" + account_text + "]", "\"accounts\":null"))));
    }
}
