#include "chain/rpc/answers.hpp"

#include <doctest/doctest.h>

#include "chain/rpc/envelope.hpp"
#include "libexec/solana/base64.hpp"
#include "libexec/solana/well_known.hpp"

using namespace libexec;

namespace {

JsonValue parsed(const std::string& text) {
    const Result<JsonValue> value = JsonValue::parse(text);
    REQUIRE_MESSAGE(value, text);
    return value.value();
}

/// `text` with the first `what` replaced: what a node might say instead.
std::string with(std::string text, const std::string& what, const std::string& instead) {
    const std::size_t at = text.find(what);
    REQUIRE_MESSAGE(at != std::string::npos, what);
    return text.replace(at, what.size(), instead);
}

struct Change {
    const char* what;
    const char* instead;
    const char* place;  ///< that the refusal names
};

/// Each change alone makes the answer one that is refused by that place.
template <class Read>
void check_refusals(const std::string& good, std::initializer_list<Change> changes, Read read) {
    CHECK(read(parsed(good)));
    for (const Change& change : changes) {
        CAPTURE(change.what);
        CAPTURE(change.instead);
        const auto refused = read(parsed(with(good, change.what, change.instead)));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().reason == Reason::invalid_body);
        CHECK_MESSAGE(refused.error().detail.find(change.place) == 0, refused.error().detail);
    }
    for (const char* other : {"null", "true", "7.5", "-1", "\"x\"", "[]", "{}", "[null]"}) {
        CAPTURE(other);
        CHECK_FALSE(read(parsed(other)));
    }
}

const std::string key_text = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const std::string account =
    R"({"data":["AQID","base64"],"executable":false,"lamports":18446744073709551615,)"
    R"("owner":"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA","rentEpoch":0,"space":3})";

/// 64 bytes of `fill`, a short message behind them.
Bytes some_transaction(std::uint8_t fill) {
    Bytes bytes(80, fill);
    bytes[0] = 1;
    return bytes;
}

}  // namespace

TEST_SUITE("chain/rpc/answers") {
    TEST_CASE("an answer is to its own question, and is a result or an error") {
        const auto decode = [](const std::string& text) { return decode_rpc_answer(text, 7, 1'000); };
        const std::string good = R"({"jsonrpc":"2.0","result":{"a":1},"id":7})";
        REQUIRE(decode(good));
        CHECK(std::get<JsonValue>(decode(good).value())["a"].whole() == 1);
        CHECK(std::get<JsonValue>(decode(R"({"jsonrpc":"2.0","result":null,"id":7})").value()).is_null());
        const Result<RpcOutcome> error = decode(
            R"({"jsonrpc":"2.0","error":{"code":-32005,"message":"Node is\nbehind","data":{"numSlotsBehind":42}},"id":7})");
        REQUIRE(error);
        CHECK(std::get<RpcError>(error.value()).code == -32'005);
        CHECK(std::get<RpcError>(error.value()).message == "Node is behind");
        // A node that could not read the question does not know its number.
        CHECK(decode(R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null})"));

        for (const char* bad : {"",
                                "{",
                                "<html>busy</html>",
                                "[]",
                                "7",
                                "null",
                                R"([{"jsonrpc":"2.0","result":1,"id":7}])",
                                R"({"jsonrpc":"2.0","result":1,"id":8})",
                                R"({"jsonrpc":"2.0","result":1,"id":"7"})",
                                R"({"jsonrpc":"2.0","result":1,"id":7.0})",
                                R"({"jsonrpc":"2.0","result":1,"id":null})",
                                R"({"jsonrpc":"2.0","result":1})",
                                R"({"jsonrpc":"1.0","result":1,"id":7})",
                                R"({"result":1,"id":7})",
                                R"({"jsonrpc":"2.0","id":7})",
                                R"({"jsonrpc":"2.0","error":null,"id":7})",
                                R"({"jsonrpc":"2.0","error":{"code":1,"message":"x"},"id":8})",
                                R"({"jsonrpc":"2.0","error":{"code":1},"id":7})",
                                R"({"jsonrpc":"2.0","error":{"code":"1","message":"x"},"id":7})",
                                R"({"jsonrpc":"2.0","error":{"message":"x"},"id":7})",
                                R"({"jsonrpc":"2.0","error":"x","id":7})",
                                R"({"jsonrpc":"2.0","result":1,"error":{"code":1,"message":"x"},"id":7})"}) {
            CAPTURE(bad);
            CHECK_FALSE(decode(bad));
        }
        CHECK_FALSE(decode_rpc_answer(good, 7, 3));
    }

    TEST_CASE("an error's code says who is to blame, and its words are kept") {
        using Next = ErrorMeaning::Next;
        const auto meaning = [](std::int64_t code, const std::string& data = "null") {
            RpcError error;
            error.code = code;
            error.message = "the node's words";
            error.data = parsed(data);
            return meaning_of(error);
        };
        CHECK(meaning(-32602).next == Next::give_up);
        CHECK(meaning(-32602).why.reason == Reason::invalid_parameter);
        CHECK(meaning(-32005, R"({"numSlotsBehind":42})").next == Next::behind);
        CHECK(meaning(-32005, R"({"numSlotsBehind":42})").slots_behind == 42);
        CHECK_FALSE(meaning(-32005).slots_behind);
        CHECK(meaning(-32016).next == Next::ask_another);
        CHECK(meaning(-32601).next == Next::ask_another);
        CHECK(meaning(-32429).next == Next::rest);
        CHECK(meaning(-32429).why.reason == Reason::rate_limited);
        CHECK(meaning(-32603).next == Next::blame);
        CHECK(meaning(INT64_MIN).next == Next::blame);
        for (const std::int64_t code : {-32602, -32005, -32016, -32601, -32429, -32603, 7})
            CHECK(meaning(code).why.detail.find("the node's words") != std::string::npos);

        const ErrorMeaning refused = meaning(
            -32002, R"({"err":{"InstructionError":[2,{"Custom":6001}]},"logs":["a","b","Program log: )"
                    R"(Error: slippage","last"]})");
        CHECK(refused.next == Next::give_up);
        CHECK(refused.why.reason == Reason::chain_rejected);
        CHECK(refused.why.detail ==
              "the node's words; {\"InstructionError\":[2,{\"Custom\":6001}]}; log: b | Program log: Error: "
              "slippage | last");
        REQUIRE(refused.transaction_error);
        CHECK(refused.transaction_error->instruction == 2);
        CHECK(refused.transaction_error->custom == 6'001);
        CHECK(meaning(-32002, R"({"err":"BlockhashNotFound"})").why.reason == Reason::stale_blockhash);
        CHECK(meaning(-32003).why.reason == Reason::chain_rejected);
    }

    TEST_CASE("where a node stands is read to the bit or not at all") {
        Seen seen;
        const auto blockhash = [&](const JsonValue& value) { return read_latest_blockhash(value, seen); };
        const std::string good = R"({"context":{"apiVersion":"3.1.0","slot":9223372036854775807},"value":)"
                                 R"({"blockhash":"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",)"
                                 R"("lastValidBlockHeight":301}})";
        check_refusals(good,
                       {{"9223372036854775807", "9223372036854775808", "/context/slot"},
                        {"\"slot\"", "\"slots\"", "/context/slot"},
                        {"9223372036854775807", "\"5\"", "/context/slot"},
                        {"301", "-1", "/value/lastValidBlockHeight"},
                        {"301", "301.0", "/value/lastValidBlockHeight"},
                        {"301", "3e2", "/value/lastValidBlockHeight"},
                        {"Token", "0oken", "/value/blockhash"},
                        {"Tokenkeg", "Tokenkeg1", "/value/blockhash"},
                        {"DA\"", "D\"", "/value/blockhash"}},
                       blockhash);
        const LatestBlockhash latest = blockhash(parsed(good)).value();
        CHECK(latest.slot == INT64_MAX);
        CHECK(latest.last_valid_height == 301);
        CHECK(latest.blockhash.to_string() == key_text);
        CHECK(seen.slot == static_cast<std::uint64_t>(INT64_MAX));

        const auto epoch = [&](const JsonValue& value) { return read_epoch_info(value, seen); };
        const std::string info = R"({"absoluteSlot":1000,"blockHeight":900,"epoch":2,"slotIndex":3,)"
                                 R"("slotsInEpoch":4,"transactionCount":null})";
        check_refusals(info,
                       {{"1000", "null", "/absoluteSlot"},
                        {"900", "\"900\"", "/blockHeight"},
                        {"\"slotIndex\":3", "\"slotIndex\":4", "/slotIndex"},
                        {"\"epoch\":2,", "", "/epoch"}},
                       epoch);
        // A height beyond the slot is the board's to judge: it sees both.
        Seen told;
        CHECK(read_epoch_info(parsed(with(info, "900", "1000")), told));
        CHECK(told.height == 1'000);

        CHECK(read_slot(parsed("5"), seen).value() == 5);
        CHECK_FALSE(read_slot(parsed("\"5\""), seen));
        CHECK_FALSE(read_block_height(parsed("null"), seen));
        const auto flag = [&](const JsonValue& value) { return read_flag_at(value, seen); };
        check_refusals(R"({"context":{"slot":1},"value":true})",
                       {{"true", "1", "/value"}, {"true", "null", "/value"}}, flag);
        CHECK(read_genesis_hash(parsed("\"" + key_text + "\"")).value().to_string() == key_text);
        CHECK_FALSE(read_genesis_hash(parsed("\"" + key_text + "A\"")));
        CHECK(read_version(parsed(R"({"solana-core":"3.1.0","feature-set":4294967295})")).value().core ==
              "3.1.0");
        CHECK_FALSE(read_version(parsed(R"({"solana-core":3})")));
        CHECK(read_lamports(parsed("18446744073709551615")).value() == UINT64_MAX);
        CHECK_FALSE(read_lamports(parsed("18446744073709551616")));
    }

    TEST_CASE("an account has an owner, lamports and as many bytes as it says") {
        Seen seen;
        const PublicKey key = well_known::wrapped_sol;
        const auto read = [&](const JsonValue& value) { return read_account(value, key, seen); };
        const std::string good = R"({"context":{"slot":5},"value":)" + account + "}";
        check_refusals(good,
                       {{"AQID", "AQI", "/value/data"},
                        {"AQID", "AQID ", "/value/data"},
                        {"AQID", "AQ*D", "/value/data"},
                        {"AQID", "AQIDBA==", "/value/data"},
                        {"base64", "base58", "/value/data"},
                        {"[\"AQID\",\"base64\"]", "\"AQID\"", "/value/data"},
                        {"false", "0", "/value/executable"},
                        {"18446744073709551615", "18446744073709551616", "/value/lamports"},
                        {"Token", "Tok", "/value/owner"},
                        {"\"space\":3", "\"space\":4", "/value/data"},
                        {"\"space\":3", "\"space\":null", "/value/space"}},
                       read);
        const AccountSnapshot snapshot = read(parsed(good)).value();
        CHECK(snapshot.slot == 5);
        CHECK(snapshot.accounts.at(key).lamports == UINT64_MAX);
        CHECK(snapshot.accounts.at(key).data == Bytes{1, 2, 3});
        CHECK(snapshot.accounts.at(key).owner == well_known::token_program);
        CHECK(read(parsed(R"({"context":{"slot":5},"value":null})")).value().accounts.empty());
        // Nodes of a few years ago do not tell the length.
        CHECK(read(parsed(with(good, ",\"space\":3", ""))));
        CHECK_FALSE(read(parsed(R"({"context":{"slot":5}})")));
    }

    TEST_CASE("of several accounts there is one answer each") {
        Seen seen;
        const std::vector<PublicKey> keys{well_known::wrapped_sol, well_known::memo_program};
        const auto read = [&](const JsonValue& value) { return read_accounts(value, keys, seen); };
        const std::string good = R"({"context":{"slot":5},"value":[null,)" + account + "]}";
        check_refusals(good,
                       {{"null,", "", "/value"},
                        {"null,", "null,null,", "/value"},
                        {"AQID", "A", "/value/1/data"},
                        {"null,", "7,", "/value/0"}},
                       read);
        CHECK(read(parsed(good)).value().accounts.size() == 1);
        CHECK(read(parsed(good)).value().accounts.contains(well_known::memo_program));
    }

    TEST_CASE("a search's accounts are the program's, pass the filters and are there once") {
        Seen seen;
        ProgramAccountsQuery query(well_known::token_program);
        query.filters = {AccountFilter::of_size(3), AccountFilter::with_bytes(1, {2, 3})};
        const auto read = [&](const JsonValue& value) { return read_program_accounts(value, query, seen); };
        const std::string entry =
            R"({"pubkey":"So11111111111111111111111111111111111111112","account":)" + account + "}";
        const std::string good = R"({"context":{"slot":5},"value":[)" + entry + "]}";
        check_refusals(good,
                       {{"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA", "11111111111111111111111111111111",
                         "/value/0/account/owner"},
                        {"AQID", "AQIE", "/value/0/account does not pass"},
                        {"\"pubkey\":\"So1", "\"pubkey\":\"S", "/value/0/pubkey"}},
                       read);
        CHECK(read(parsed(good)).value().accounts.size() == 1);
        const auto twice = read(parsed(R"({"context":{"slot":5},"value":[)" + entry + "," + entry + "]}"));
        REQUIRE_FALSE(twice);
        CHECK(twice.error().detail == "/value/1/pubkey is there twice");
        query.slice = DataSlice{0, 2};
        CHECK_FALSE(read(parsed(good)));
        CHECK(read(parsed(with(good, "AQID", "AQI="))));
        query.filters = {AccountFilter::with_bytes(2, {3, 4})};
        query.slice.reset();
        CHECK_FALSE(read(parsed(good)));
    }

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
        for (const Change& change : std::initializer_list<Change>{
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
            R"({"context":{"slot":5},"value":{"err":null,"logs":["Program log: hi"],"accounts":[)" + account +
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
        CHECK_FALSE(read(parsed(with(good, "\"accounts\":[" + account + "]", "\"accounts\":null"))));
    }

    TEST_CASE("a sent transaction is answered with its own signature; balances and fees are whole") {
        CHECK(read_sent(parsed("\"abc\""), "abc"));
        CHECK_FALSE(read_sent(parsed("\"abd\""), "abc"));
        CHECK_FALSE(read_sent(parsed("null"), "abc"));
        Seen seen;
        const auto token = [&](const JsonValue& value) { return read_token_balance(value, seen); };
        check_refusals(R"({"context":{"slot":5},"value":{"amount":"9864","decimals":2,"uiAmount":98.64}})",
                       {{"\"9864\"", "9864", "/value/amount"},
                        {"\"9864\"", "\"\"", "/value/amount"},
                        {"\"9864\"", "\"+1\"", "/value/amount"},
                        {"\"9864\"", "\"18446744073709551616\"", "/value/amount"},
                        {"\"decimals\":2", "\"decimals\":256", "/value/decimals"}},
                       token);
        const auto balance = [&](const JsonValue& value) { return read_balance(value, seen); };
        check_refusals(R"({"context":{"slot":5},"value":18446744073709551615})",
                       {{"18446744073709551615", "null", "/value"}}, balance);
        const auto fees = read_prioritization_fees(
            parsed(R"([{"slot":1,"prioritizationFee":0},{"slot":2,"prioritizationFee":7}])"));
        REQUIRE(fees);
        CHECK(fees.value()[1].micro_lamports == 7);
        CHECK(read_prioritization_fees(parsed("[]")).value().empty());
        CHECK_FALSE(read_prioritization_fees(parsed(R"([{"slot":1}])")));
        CHECK_FALSE(read_prioritization_fees(parsed("{}")));
    }
}
