#include "libexec/access/key_file.hpp"
#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "libexec/access/gate.hpp"
#include "support/temp_dir.hpp"

using namespace libexec;
using namespace std::chrono_literals;

namespace {

constexpr Time moment{std::chrono::microseconds(1'800'000'000'123'456)};

ApiKey some_key(const std::string& id) {
    ApiKey key;
    key.id = id;
    key.name = "desk \"one\"";
    key.account = "acme";
    key.scopes = Scopes::parse("read,trade").value();
    key.created_at = moment;
    give_secret(key);
    return key;
}

void write(const std::string& path, const std::string& text, mode_t mode = 0600) {
    std::ofstream(path) << text;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
}

std::string read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

std::string trouble_in(const std::string& text) {
    const auto parsed = parse_keys(text);
    return parsed ? std::string("none") : parsed.error().detail;
}

const std::string good =
    R"({"id":"abcd","name":"n","account":"a","scopes":["read"],"kind":"bearer","secretSha256":")" +
    std::string(64, '0') + R"(","createdAt":"2026-01-02T03:04:05Z"})";

std::string with(const std::string& from, const std::string& to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_SUITE("access/key file") {
    TEST_CASE("a key reads the same as it was written") {
        ApiKey full = some_key("full1");
        full.scopes.add(Scope::admin);
        full.expires_at = moment + 1h;
        full.revoked_at = moment + 1min;
        full.rate_per_minute = 0;
        full.addresses = {"10.0.0.0/8", "::1", "2001:db8::/32"};
        ApiKey signer = some_key("sign1");
        signer.kind = ApiKey::Kind::ed25519;
        signer.rate_per_minute = 600;
        const std::vector<ApiKey> keys{full, some_key("plain"), signer};
        CHECK(parse_keys(encode_keys(keys)).value() == keys);
        CHECK(parse_keys("").value().empty());
        CHECK(parse_keys("\n \r\n" + good + "\r\n\n").value().size() == 1);
        CHECK(parse_keys(good).value().size() == 1);
    }

    TEST_CASE("a line that is not a key is refused with its number, the field and the rule") {
        struct Row {
            std::string text;
            const char* part;
        };
        for (const Row& row : std::vector<Row>{
                 {"{", "line 1: is no JSON object on one line"},
                 {"[]", "line 1: must be a JSON object"},
                 {good + "\n\nx", "line 3: is no JSON"},
                 {good + "\n" + good, "line 2: id: abcd is on an earlier line already"},
                 {with("\"name\"", "\"naem\""), "naem: is no field of a key: did you mean name?"},
                 {with("\"name\":\"n\",", ""), "line 1: name: is missing"},
                 {with("\"name\":\"n\"", "\"name\":7"), "name: must be a string"},
                 {with("\"name\":\"n\"", "\"name\":\"\""), "name: must be 1 to 100 bytes"},
                 {with("\"name\":\"n\"", "\"name\":\"a\\nb\""), "without control characters"},
                 {with("\"id\":\"abcd\"", "\"id\":\"abc\""), "id: must be 4 to 32"},
                 {with("\"id\":\"abcd\"", "\"id\":\"ab_d\""), "id: must be 4 to 32"},
                 {with("\"id\":", "\"id\":\"zzzz\",\"id\":"), "id: is given twice"},
                 {with("\"account\":\"a\"", "\"account\":\"\""), "account: must be 1 to 64"},
                 {with("\"account\":\"a\"", "\"account\":\"a b\""), "account: must be 1 to 64"},
                 {with("[\"read\"]", "[]"), "scopes: must be of read, trade and admin"},
                 {with("[\"read\"]", "\"read\""), "scopes: must be a list"},
                 {with("[\"read\"]", "[\"reed\"]"), "did you mean read?"},
                 {with("[\"read\"]", "[\"read\",\"read\"]"), "scopes: names read twice"},
                 {with("\"bearer\"", "\"jwt\""), "kind: must be bearer or ed25519"},
                 {with("\"bearer\"", "\"ed25519\""), "secretSha256: does not belong"},
                 {with(std::string(64, '0'), std::string(64, 'G')), "secretSha256: must be 64 hexadecimal"},
                 {with(std::string(64, '0'), std::string(63, '0')), "secretSha256: must be 64 hexadecimal"},
                 {with("2026-01-02T03:04:05Z", "yesterday"), "createdAt: must be a time"},
                 {with("2026-01-02T03:04:05Z\"", "2026-01-02T03:04:05Z\",\"expiresAt\":5"),
                  "expiresAt: must be"},
                 {with("2026-01-02T03:04:05Z\"", "2026-01-02T03:04:05Z\",\"ratePerMinute\":\"5\""),
                  "ratePerMinute: must be a whole number"},
                 {with("2026-01-02T03:04:05Z\"", "2026-01-02T03:04:05Z\",\"ratePerMinute\":6000001"),
                  "ratePerMinute: must be a whole number"},
                 {with("2026-01-02T03:04:05Z\"", "2026-01-02T03:04:05Z\",\"addresses\":[]"),
                  "addresses: must be"},
                 {with("2026-01-02T03:04:05Z\"", "2026-01-02T03:04:05Z\",\"addresses\":[\"10.0.0.0/33\"]"),
                  "addresses: must be addresses or networks"}}) {
            CAPTURE(row.text);
            const std::string trouble = trouble_in(row.text);
            CAPTURE(trouble);
            CHECK(trouble.find(row.part) != std::string::npos);
        }
    }

    TEST_CASE("only a file that is its owner's alone is read") {
        const test::TempDir dir;
        const KeyFile file(dir.file("keys.jsonl"));
        CHECK(file.read().error().detail.find("No such file") != std::string::npos);
        CHECK(!file.mark());
        for (const mode_t mode : {0640, 0604, 0620, 0660, 0644, 0601}) {
            CAPTURE(mode);
            write(file.path(), good + "\n", mode);
            CHECK(file.read().error().detail ==
                  "'" + file.path() + "' can be reached by others than its owner: chmod 600 " + file.path());
        }
        write(file.path(), good + "\n", 0600);
        CHECK(file.read().value().size() == 1);
        CHECK(KeyFile(dir.file(".")).read().error().detail.find("is not a file") != std::string::npos);
        write(file.path(), good + "\nnonsense\n");
        CHECK(file.read().error().detail.find(file.path() + "' line 2: is no JSON") != std::string::npos);
    }

    TEST_CASE("a change is written whole, for the owner alone, and a refused one not at all") {
        const test::TempDir dir;
        const KeyFile file(dir.file("keys.jsonl"));
        const auto add = [](const std::string& id) {
            return [id](std::vector<ApiKey>& keys) -> Result<Done> {
                keys.push_back(some_key(id));
                return Done{};
            };
        };
        CHECK(file.update(add("aaaa"), false).error().detail.find("No such file") != std::string::npos);
        CHECK(static_cast<bool>(file.update(add("aaaa"), true)));
        struct stat found {};
        REQUIRE(::stat(file.path().c_str(), &found) == 0);
        CHECK((found.st_mode & 0777) == 0600);
        const auto before = file.mark();
        CHECK(static_cast<bool>(file.update(add("bbbb"), false)));
        CHECK(file.mark() != before);
        CHECK(file.read().value().size() == 2);

        const std::string text = read(file.path());
        const auto refused = file.update(
            [](std::vector<ApiKey>& keys) -> Result<Done> {
                keys.clear();
                return reject(Reason::not_found, "no such key");
            },
            true);
        CHECK(refused.error().detail == "no such key");
        CHECK(read(file.path()) == text);
        // A file that is broken is not overwritten, and one that was left by a crash is no hindrance.
        write(file.path() + ".new", "half a li", 0600);
        CHECK(static_cast<bool>(file.update(add("cccc"), true)));
        CHECK(!std::filesystem::exists(file.path() + ".new"));
        write(file.path(), "broken");
        CHECK(file.update(add("dddd"), true).error().detail.find("line 1") != std::string::npos);
        CHECK(read(file.path()) == "broken");
    }

    TEST_CASE("a link stays one: what it points to is replaced") {
        const test::TempDir dir;
        write(dir.file("real"), good + "\n");
        REQUIRE(::symlink(dir.file("real").c_str(), dir.file("link").c_str()) == 0);
        const KeyFile file(dir.file("link"));
        CHECK(static_cast<bool>(file.update(
            [](std::vector<ApiKey>& keys) -> Result<Done> {
                keys.push_back(some_key("eeee"));
                return Done{};
            },
            false)));
        CHECK(std::filesystem::is_symlink(dir.file("link")));
        CHECK(KeyFile(dir.file("real")).read().value().size() == 2);
    }

    TEST_CASE("writers at the same time lose nobody's key") {
        const test::TempDir dir;
        const std::string path = dir.file("keys.jsonl");
        std::vector<std::thread> writers;
        for (int writer = 0; writer < 4; ++writer) {
            writers.emplace_back([&path, writer] {
                for (int i = 0; i < 5; ++i) {
                    const std::string id = "key" + std::to_string(writer) + std::to_string(i);
                    const auto done = KeyFile(path).update(
                        [&id](std::vector<ApiKey>& keys) -> Result<Done> {
                            keys.push_back(some_key(id));
                            return Done{};
                        },
                        true);
                    if (!done) throw std::runtime_error(done.error().detail);
                }
            });
        }
        // Whoever reads meanwhile sees a whole file.
        std::size_t seen = 0;
        for (int i = 0; i < 200; ++i) {
            if (const auto keys = KeyFile(path).read()) {
                CHECK(keys.value().size() >= seen);
                seen = keys.value().size();
            } else {
                CHECK(keys.error().detail.find("No such file") != std::string::npos);
            }
        }
        for (std::thread& writer : writers) writer.join();
        std::set<std::string> ids;
        const auto all = KeyFile(path).read();
        for (const ApiKey& key : all.value()) ids.insert(key.id);
        CHECK(ids.size() == 20);
    }

    TEST_CASE("a key comes from the addresses it names, and from nowhere else") {
        ApiKey key = some_key("abcd");
        CHECK(key.may_come_from("203.0.113.7"));
        key.addresses = {"10.1.0.0/16", "192.0.2.5", "2001:db8::/33"};
        for (const char* inside :
             {"10.1.0.0", "10.1.255.255", "192.0.2.5", "::ffff:192.0.2.5", "2001:db8::1"}) {
            CAPTURE(inside);
            CHECK(key.may_come_from(inside));
        }
        for (const char* outside : {"10.2.0.0", "192.0.2.4", "2001:db8:8000::1", "::1", "", "nonsense"}) {
            CAPTURE(outside);
            CHECK(!key.may_come_from(outside));
        }
        key.addresses = {"0.0.0.0/0"};
        CHECK(key.may_come_from("8.8.8.8"));
        CHECK(!key.may_come_from("::1"));
    }

    TEST_CASE("scopes are a list of three words, and admin reads") {
        CHECK(Scopes::parse("read,trade,admin").value().to_string() == "read,trade,admin");
        CHECK(Scopes::parse("admin,read").value().to_string() == "read,admin");
        for (const char* bad : {"", ",", "read,", "read,read", "write", "read trade"}) {
            CAPTURE(bad);
            CHECK_FALSE(Scopes::parse(bad));
        }
        const Scopes admin = Scopes::parse("admin").value();
        CHECK(admin.allow(Scope::read));
        CHECK(!admin.names(Scope::read));
        CHECK(!admin.allow(Scope::trade));
        CHECK(!Scopes::parse("trade").value().allow(Scope::read));
        CHECK(!Scopes::parse("read,trade").value().allow(Scope::admin));
    }

    TEST_CASE("a secret is drawn anew each time and is not kept") {
        std::set<std::string> secrets;
        for (int i = 0; i < 50; ++i) {
            ApiKey key = some_key(new_key_id());
            const BearerToken token = give_secret(key);
            CHECK(describe_key_trouble(key).empty());
            CHECK(BearerToken::parse(token.to_string())->secret == token.secret);
            CHECK(BearerToken::parse(token.to_string())->id == key.id);
            CHECK(encode_keys({key}).find(token.secret) == std::string::npos);
            secrets.insert(token.secret);
        }
        CHECK(secrets.size() == 50);
        const std::string digits(64, 'a');
        CHECK(BearerToken::parse("lx_abcd_" + digits));
        for (const std::string& bad :
             {"lx_abcd_" + digits + "a", "lx_abcd_" + digits.substr(1), "abcd_" + digits, "lx_abc_" + digits,
              "lx_ABCD_" + digits, "lx_abcd" + digits, "lx_abcd_" + std::string(64, 'A'), std::string(),
              std::string("lx_")}) {
            CAPTURE(bad);
            CHECK(!BearerToken::parse(bad));
        }
    }
}
