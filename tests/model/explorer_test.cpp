#include "libexec/model/explorer.hpp"

#include <doctest/doctest.h>

using namespace libexec;

TEST_SUITE("model/explorer") {
    TEST_CASE("the signature stands wherever the URL has a place for it") {
        const auto in_path = Explorer::of("https://explorer.solana.com/tx/{signature}?cluster=devnet");
        REQUIRE(in_path);
        CHECK(in_path.value().link_to("5sig") == "https://explorer.solana.com/tx/5sig?cluster=devnet");
        const auto twice = Explorer::of("http://127.0.0.1:3001/{signature}?again={signature}");
        REQUIRE(twice);
        CHECK(twice.value().link_to("5sig") == "http://127.0.0.1:3001/5sig?again=5sig");
    }

    TEST_CASE("without an explorer, and without a signature, there is no link") {
        CHECK(Explorer().link_to("5sig").empty());
        const Explorer explorer = Explorer::of("https://example.com/{signature}").value();
        CHECK(explorer.link_to("").empty());
        for (const char* text : {"5sig/../x", "\" onclick=\"", "{signature}", "5 sig"}) {
            CAPTURE(text);
            CHECK(explorer.link_to(text).empty());
        }
    }

    TEST_CASE("what is no http URL with a place for the signature is refused, with the rule") {
        struct Row {
            const char* url;
            const char* rule;
        };
        for (const Row& row :
             {Row{"", "begin"}, Row{"explorer.solana.com/{signature}", "begin"},
              Row{"javascript:alert({signature})", "begin"}, Row{"ftp://a/{signature}", "begin"},
              Row{"https:///{signature}", "host"}, Row{"https://{signature}", "host"},
              Row{"https://example.com/tx", "{signature} is missing"},
              Row{"https://example.com/{SIGNATURE}", "{signature} is missing"},
              Row{"https://example.com/ {signature}", "blank"},
              Row{"https://example.com/\"{signature}", "quote"},
              Row{"https://example.com/<{signature}", "character"}}) {
            CAPTURE(row.url);
            const auto explorer = Explorer::of(row.url);
            REQUIRE(!explorer);
            CHECK(explorer.error().reason == Reason::invalid_parameter);
            CHECK(explorer.error().detail.find(row.rule) != std::string::npos);
        }
        CHECK(!Explorer::of("https://a/{signature}" + std::string(2'048, 'x')));
    }
}
