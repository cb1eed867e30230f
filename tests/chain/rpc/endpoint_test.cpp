#include "libexec/chain/rpc/endpoint.hpp"

#include <doctest/doctest.h>

#include "libexec/json/value.hpp"

using namespace libexec;

TEST_SUITE("chain/rpc/endpoint") {
    TEST_CASE("a URL gives a name that may be shown, and the way to subscriptions") {
        struct Row {
            const char* url;
            const char* name;
            const char* ws_url;
        };
        for (const Row& row : {
                 Row{"https://api.devnet.solana.com", "https://api.devnet.solana.com",
                     "wss://api.devnet.solana.com"},
                 Row{"http://127.0.0.1:8899", "http://127.0.0.1:8899", "ws://127.0.0.1:8900"},
                 Row{"http://127.0.0.1:65535/", "http://127.0.0.1:65535", "ws://127.0.0.1:65535/"},
                 Row{"HTTPS://Mainnet.Example.com/v2/0123456789abcdef", "https://mainnet.example.com",
                     "wss://mainnet.example.com/v2/0123456789abcdef"},
                 Row{"https://rpc.example.com/?api-key=0123-4567", "https://rpc.example.com",
                     "wss://rpc.example.com/?api-key=0123-4567"},
                 Row{"https://rpc.example.com?api-key=0123-4567", "https://rpc.example.com",
                     "wss://rpc.example.com?api-key=0123-4567"},
                 Row{"https://user:pass%40word@rpc.example.com:443/x", "https://rpc.example.com:443",
                     "wss://user:pass%40word@rpc.example.com:444/x"},
                 Row{"http://[::1]:8899/a", "http://[::1]:8899", "ws://[::1]:8900/a"},
             }) {
            CAPTURE(row.url);
            const Result<RpcEndpoint> endpoint = RpcEndpoint::parse(row.url);
            REQUIRE(endpoint);
            CHECK(endpoint.value().name() == row.name);
            CHECK(endpoint.value().http_url() == row.url);
            CHECK(endpoint.value().ws_url() == row.ws_url);
        }
    }

    TEST_CASE("what is no such URL is refused by its rule, and none of it is repeated") {
        for (const char* url :
             {"", "secretsecret", "ftp://secretsecret", "https://", "https:///secretsecret",
              "https://host/secretsecret#part", "https://ho st/secretsecret", "https://host:0/secretsecret",
              "https://host:65536/secretsecret", "https://host:/secretsecret", "https://host:1x/secretsecret",
              "https://secretsecret@", "https://[::1/secretsecret", "https://[secretsecret]/",
              "https://ho\\st/secretsecret", "https://host/secretsecret\n",
              "https://h\xc3\xb6st/secretsecret", "https://secretsecret:80:90/"}) {
            CAPTURE(url);
            const Result<RpcEndpoint> endpoint = RpcEndpoint::parse(url);
            REQUIRE_FALSE(endpoint);
            CHECK(endpoint.error().reason == Reason::invalid_parameter);
            CHECK(endpoint.error().detail.find("secret") == std::string::npos);
        }
        CHECK_FALSE(RpcEndpoint::parse("https://host/" + std::string(2'048, 'x')));
    }

    TEST_CASE("a list is split at its commas; what is there twice is one opinion and refused") {
        const auto three = RpcEndpoint::parse_list("https://a, https://b/key ,http://c:1");
        REQUIRE(three);
        REQUIRE(three.value().size() == 3);
        CHECK(three.value()[1].http_url() == "https://b/key");
        CHECK(RpcEndpoint::parse_list("https://a,https://a").error().detail.find("endpoint 2") == 0);
        CHECK_FALSE(RpcEndpoint::parse_list(""));
        CHECK_FALSE(RpcEndpoint::parse_list("https://a,"));
        std::string many = "https://h0";
        for (int i = 1; i <= 16; ++i) many += ",https://h" + std::to_string(i);
        CHECK_FALSE(RpcEndpoint::parse_list(many));
    }

    TEST_CASE("keys of a URL are blotted out wherever they turn up") {
        const RpcEndpoint endpoint =
            RpcEndpoint::parse("https://merchant:pa55word@rpc.example.com/v2/abcdef0123/x?api-key=zyxw9876")
                .value();
        CHECK(endpoint.redact("bad key zyxw9876 of merchant, pa55word, at /v2/abcdef0123, again zyxw9876") ==
              "bad key *** of ***, ***, at /v2/***, again ***");
        CHECK(endpoint.redact(endpoint.http_url()).find("zyxw") == std::string::npos);
        CHECK(endpoint.redact("nothing to hide") == "nothing to hide");
        for (const char* secret : {"merchant", "pa55word", "abcdef0123", "zyxw9876"})
            CHECK(endpoint.name().find(secret) == std::string::npos);
    }
}

TEST_SUITE("json/value") {
    TEST_CASE("numbers of 64 bits are exact, signed ones too, and anything else is none") {
        const auto read = [](const char* text) { return JsonValue::parse(text).value(); };
        CHECK(read("18446744073709551615").whole() == UINT64_MAX);
        CHECK_FALSE(read("18446744073709551616").whole());
        CHECK_FALSE(read("-1").whole());
        CHECK_FALSE(read("1.0").whole());
        CHECK_FALSE(read("1e3").whole());
        CHECK_FALSE(read("\"1\"").whole());
        CHECK(read("-9223372036854775808").signed_whole() == INT64_MIN);
        CHECK_FALSE(read("9223372036854775808").signed_whole());
        CHECK(read("[]").is_list());
        CHECK(read("\"\"").is_text());
        CHECK(read("false").is_false());
        CHECK_FALSE(read("null").is_false());
    }

    TEST_CASE("a text of countless tiny values is refused before they take the memory") {
        CHECK(JsonValue::parse("[1,[2],{\"a\":3}]", 6));
        CHECK(JsonValue::parse("[1,[2],{\"a\":3}]", 5).error().detail == "more than 5 values");
        std::string many = "[0";
        for (int i = 0; i < 100'000; ++i) many += ",0";
        CHECK_FALSE(JsonValue::parse(many + "]", 1'000));
        CHECK(JsonValue::parse(many + "]"));
    }
}
