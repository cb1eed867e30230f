#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "libexec/chain/saved_accounts.hpp"
#include "libexec/solana/well_known.hpp"
#include "support/temp_dir.hpp"
#include "support/text.hpp"

using namespace libexec;
using libexec::test::has;

namespace {

constexpr PublicKey key = "4fuUiYxTQ6QCrdSq9ouBYcTM7bqSwYTSyLueGZLTy4T4"_key;
constexpr PublicKey other = "BrZsp9piy5739vBN6CYssh4vfkY4xbhESZfe3tMQazvi"_key;
const std::string owner = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

/// An account file; `inner` is the account.
std::string file_of(const PublicKey& address, const std::string& inner) {
    return R"({"pubkey":")" + address.to_string() + R"(","account":)" + inner + "}";
}
const std::string good = R"({"owner":")" + owner + R"(","lamports":7,"data":["AQID","base64"]})";

std::string trouble_of(std::string_view text, const std::string& name = "x.json") {
    SavedAccounts saved;
    const auto added = saved.add(name, text);
    if (added) return "";
    CHECK(added.error().reason == Reason::invalid_body);
    CHECK(added.error().detail.starts_with("'" + name + "': "));
    CHECK(saved.accounts().empty());
    return added.error().detail;
}

}  // namespace

TEST_SUITE("chain/saved accounts") {
    TEST_CASE("an account is read in each of its three shapes") {
        SavedAccounts saved;
        REQUIRE(saved.add("a.json",
                          file_of(key, R"({"owner":")" + owner +
                                           R"(","lamports":18446744073709551615,"data":["AQID","base64"],)"
                                           R"("executable":true,"rentEpoch":1.5,"space":3})")));
        const AccountState& account = saved.accounts().at(key);
        CHECK(account.owner == well_known::token_program);
        CHECK(account.lamports == 18'446'744'073'709'551'615u);
        CHECK(account.data == Bytes{1, 2, 3});
        CHECK(account.executable);
        REQUIRE(saved.add("b.json", R"({"pubkey":")" + other.to_string() + R"(","owner":")" + owner +
                                        R"(","lamports":0,"data":""})"));
        CHECK(saved.accounts().at(other).data.empty());
        CHECK_FALSE(saved.slot());
        CHECK_FALSE(saved.clock());
        REQUIRE(saved.add("c.json", R"({"slot":9,"note":[],"accounts":{")" +
                                        well_known::wrapped_sol.to_string() + R"(":{"owner":")" + owner +
                                        R"(","lamports":1,"data":"AQ=="}}})"));
        CHECK(saved.accounts().at(well_known::wrapped_sol).data == Bytes{1});
        CHECK(saved.slot() == 9);
        CHECK(saved.accounts().size() == 3);
    }

    TEST_CASE("every wrong field is named with its rule") {
        const auto account = [](const std::string& inner) { return trouble_of(file_of(key, inner)); };
        const std::string head = R"({"owner":")" + owner + R"(","lamports":1,"data":)";
        CHECK(has(trouble_of(""), "is no JSON"));
        CHECK(has(trouble_of("[]"), "is no account: it has neither"));
        CHECK(has(trouble_of("{}"), "save it anew with `solana account"));
        CHECK(has(trouble_of(R"({"pubkey":"x","account":{}})"), "pubkey is \"x\", and has to be an address"));
        CHECK(has(account("[]"), "account is [], and has to be an object"));
        CHECK(has(account("{}"), "account.owner is absent"));
        CHECK(has(account(R"({"owner":")" + owner + R"("})"), "account.lamports is absent"));
        CHECK(has(account(R"({"owner":")" + owner + R"(","lamports":"1","data":""})"),
                  "account.lamports is \"1\""));
        CHECK(has(account(R"({"owner":")" + owner + R"(","lamports":18446744073709551616,"data":""})"),
                  "account.lamports"));
        CHECK(has(account(head + "1234}"), "account.data is 1234, and has to be base64"));
        CHECK(has(account(head + "[]}"), "account.data is []"));
        CHECK(has(account(head + R"(["AQID"]})"), "account.data"));
        CHECK(has(account(head + R"([1234,"base64"]})"), "account.data"));
        CHECK(has(account(head + R"(["AQID","base58"]})"), "is encoded as \"base58\""));
        CHECK(has(account(head + R"("AQI"})"), "base64 with its padding"));
        CHECK(has(account(head + R"("AQID","space":4})"), "account.space is 4, and the data has 3 bytes"));
        CHECK(has(account(head + R"("AQID","executable":0})"), "account.executable is 0"));
        CHECK(has(account(head + R"("AQID","data":"AQID"})"), "account.data is there twice"));
        CHECK(has(trouble_of(R"({"accounts":[]})"), "accounts is [], and has to be an object"));
        CHECK(has(trouble_of(R"({"accounts":{"x":{}}})"), "accounts has the name 'x'"));
        CHECK(has(trouble_of(R"({"accounts":{},"slot":-1})"), "slot is -1"));
        CHECK(has(trouble_of(R"({"accounts":{},"clock":{"slot":1,"epoch":1}})"),
                  "clock.unix_timestamp is absent"));
        CHECK(has(trouble_of(
                      R"({"accounts":{},"clock":{"slot":1,"epoch":1,"unix_timestamp":9223372036854775808}})"),
                  "63 bits"));
        // What is shown of a text is short.
        CHECK(account(head + "\"" + std::string(1000, '!') + "\"}").size() < 250);
    }

    TEST_CASE("an address is there once, and a file is called by the one it holds") {
        SavedAccounts saved;
        REQUIRE(saved.add("a.json", file_of(key, good)));
        const auto again = saved.add("b.json", file_of(key, good));
        REQUIRE_FALSE(again);
        CHECK(has(again.error().detail, "stands in 'a.json' already"));
        const std::string named = "dir/" + other.to_string() + ".json";
        CHECK(has(trouble_of(file_of(key, good), named), "which is not what it is called"));
        REQUIRE(saved.add(named, file_of(other, good)));
        // Twice in one bundle.
        const std::string entry =
            "\"" + key.to_string() + "\":" + R"({"owner":")" + owner + R"(","lamports":1,"data":""})";
        SavedAccounts bundle;
        const auto twice = bundle.add("c.json", R"({"accounts":{)" + entry + "," + entry + "}}");
        REQUIRE_FALSE(twice);
        CHECK(has(twice.error().detail, "already"));
    }

    TEST_CASE("the clock is of the bundle, else of the clock's account; slots agree") {
        const std::string sysvar = "Sysvar1111111111111111111111111111111111111";
        // Slot 258, epoch 3, time 4.
        const std::string data = "AgEAAAAAAAAAAAAAAAAAAAMAAAAAAAAAAAAAAAAAAAAEAAAAAAAAAA==";
        const auto clock_file = [&](const std::string& of, const std::string& bytes) {
            return file_of(well_known::clock_sysvar,
                           R"({"owner":")" + of + R"(","lamports":1,"data":[")" + bytes + R"(","base64"]})");
        };
        SavedAccounts saved;
        REQUIRE(saved.add("clock.json", clock_file(sysvar, data)));
        REQUIRE(saved.clock());
        CHECK(saved.clock()->slot == 258);
        CHECK(saved.clock()->epoch == 3);
        CHECK(saved.clock()->unix_timestamp == 4);
        CHECK(saved.slot() == 258);
        CHECK(has(trouble_of(clock_file(owner, data)), "is not the chain's clock"));
        CHECK(has(trouble_of(clock_file(sysvar, "AQID")), "has to have 40 bytes"));

        REQUIRE(saved.add("b.json", R"({"clock":{"slot":5,"unix_timestamp":6,"epoch":7},"accounts":{}})"));
        CHECK(saved.clock()->unix_timestamp == 6);
        CHECK(saved.slot() == 5);
        const auto other_slot = saved.add("c.json", R"({"slot":8,"accounts":{}})");
        REQUIRE_FALSE(other_slot);
        CHECK(has(other_slot.error().detail, "is of slot 8, and 'b.json' of slot 5"));
        CHECK(saved.slot() == 5);
    }

    TEST_CASE("a folder is read whole or refused") {
        const test::TempDir folder;
        const auto write = [&folder](const std::string& name, const std::string& text) {
            std::ofstream(folder.file(name)) << text;
        };
        const auto reason = [](const Result<SavedAccounts>& read) {
            REQUIRE_FALSE(read);
            return read.error().reason;
        };
        CHECK(reason(read_saved_accounts(folder.file("none"))) == Reason::not_found);
        CHECK(reason(read_saved_accounts(folder.file(""))) == Reason::invalid_parameter);
        write("a.json", file_of(key, good));
        write(".hidden", "x");
        const auto read = read_saved_accounts(folder.file(""));
        REQUIRE(read);
        CHECK(read.value().accounts().size() == 1);
        CHECK(reason(read_saved_accounts(folder.file("a.json"))) == Reason::invalid_parameter);
        write("notes.txt", "hello");
        CHECK(has(read_saved_accounts(folder.file("")).error().detail, "notes.txt': is no JSON"));
        std::filesystem::remove(folder.file("notes.txt"));
        std::filesystem::create_directory(folder.file("deep"));
        CHECK(has(read_saved_accounts(folder.file("")).error().detail, "deep': is no file"));
        std::filesystem::remove(folder.file("deep"));
        // A file that says it is larger than any that is read costs no memory.
        write("large.json", "");
        std::filesystem::resize_file(folder.file("large.json"), SavedAccounts::file_size_most + 1);
        CHECK(has(read_saved_accounts(folder.file("")).error().detail, "at most 67108864 are read"));
    }
}
