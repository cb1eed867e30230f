#include "chain/rpc/answers.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "chain/rpc/answer_checks.hpp"
#include "libexec/solana/well_known.hpp"

using namespace libexec;
using namespace libexec::test;

TEST_SUITE("chain/rpc/answers") {
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
        const std::string good = R"({"context":{"slot":5},"value":)" + account_text + "}";
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
        const std::string good = R"({"context":{"slot":5},"value":[null,)" + account_text + "]}";
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
            R"({"pubkey":"So11111111111111111111111111111111111111112","account":)" + account_text + "}";
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
