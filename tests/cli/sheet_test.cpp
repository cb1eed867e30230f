#include "sheet.hpp"

#include <doctest/doctest.h>

#include "order_ref.hpp"
#include "scripted_wire.hpp"

using namespace libexec;
using namespace libexec::cli;
using namespace libexec::cli::test;

namespace {

Sheet pets() {
    Sheet sheet({{"name", "NAME"}, {"legs", "LEGS", true}, {"note", "NOTE", false, true}});
    sheet.add({"cat", "4", Cell("says \x1b[31m", "says, \"miaow\"")});
    sheet.add({"hen", "2", ""}, JsonValue::parse(R"({"name":"hen","eggs":1e3})").value());
    return sheet;
}

Outcome printed(Options options, Style style = {}) {
    ScriptedWire wire;
    return run_with(
        wire, options,
        [](const Context& context) {
            pets().print(context);
            return ExitCode::done;
        },
        style);
}

}  // namespace

TEST_SUITE("cli/sheet") {
    TEST_CASE("a list in each output") {
        Options options;
        CHECK(printed(options).out == "NAME  LEGS\ncat      4\nhen      2\n");
        options.wide = true;
        CHECK(printed(options).out == "NAME  LEGS  NOTE\ncat      4  says ?[31m\nhen      2  -\n");
        options.output = Output::csv;
        CHECK(printed(options).out == "name,legs,note\r\ncat,4,\"says, \"\"miaow\"\"\"\r\nhen,2,\r\n");
        options.output = Output::ndjson;
        CHECK(printed(options).out ==
              "{\"name\":\"cat\",\"legs\":\"4\",\"note\":\"says, \\\"miaow\\\"\"}\n"
              "{\"name\":\"hen\",\"eggs\":1e3}\n");
        options.output = Output::json;
        const auto document = JsonValue::parse(printed(options).out);
        REQUIRE(document);
        CHECK(document.value()["items"].items().size() == 2);
    }

    TEST_CASE("columns are chosen by key, unknown ones refused with the nearest") {
        Options options;
        options.columns = {"note", "name"};
        options.header = false;
        CHECK(printed(options).out == "says ?[31m  cat\n-           hen\n");
        options.columns = {"nmae"};
        const Outcome refused = printed(options);
        CHECK(refused.exit == ExitCode::usage);
        CHECK(refused.err.find("did you mean 'name'?") != std::string::npos);
        options.columns = {"x"};
        CHECK(printed(options).err.find("the columns are name, legs, note") != std::string::npos);
    }

    TEST_CASE("only a terminal cuts lines") {
        Style narrow;
        narrow.columns = 7;
        CHECK(printed({}, narrow).out == "NAME  LEGS\ncat      4\nhen      2\n");
        narrow.in_place = true;
        CHECK(printed({}, narrow).out == "NAME  L\ncat    \nhen    \n");
    }

    TEST_CASE("short ids are long enough to tell orders apart") {
        const std::vector<std::string> ids{"01890a5d-ac96-774b-bcce-b302099a8057",
                                           "01890a5d-ac96-774c-8000-000000000000",
                                           "01890a5e-0000-7000-8000-000000000000"};
        CHECK(short_ids(ids) ==
              std::vector<std::string>{"01890a5d-ac96-774b", "01890a5d-ac96-774c", "01890a5e"});
        CHECK(short_ids({ids[0]}) == std::vector<std::string>{"01890a5d"});
    }

    TEST_CASE("an order is named by its id, its beginning or @last") {
        const auto resolve = [](ScriptedWire& wire, const std::string& word) {
            return run_with(wire, {}, [&](const Context& context) {
                context.console.out << resolve_order(context, word);
                return ExitCode::done;
            });
        };
        ScriptedWire wire;
        CHECK(resolve(wire, order_id).out == order_id);
        const std::string one = R"({"items":[{"id":")" + order_id + R"("}],"nextCursor":null})";
        wire.answers(200, one);
        CHECK(resolve(wire, "01890A5D").out == order_id);
        CHECK(wire.calls.back().url == "http://localhost:3000/api/orders?limit=5&id=01890a5d");
        wire.answers(200, one);
        CHECK(resolve(wire, "@last").out == order_id);
        wire.answers(200, R"({"items":[]})");
        CHECK(resolve(wire, "@last").exit == ExitCode::not_found);
        wire.answers(200, R"({"items":[]})");
        CHECK(resolve(wire, "0189ffff").exit == ExitCode::not_found);
        wire.answers(200, R"({"items":[{"id":"a"},{"id":"b"}],"nextCursor":"x"})");
        const Outcome several = resolve(wire, "01890a");
        CHECK(several.exit == ExitCode::usage);
        CHECK(several.err.find("a, b, ...") != std::string::npos);
        for (const char* const bad :
             {"01890", "1-2-3-4-5", "last", "../../x", "01890a5d-ac96-774b-bcce-b302099a80570"}) {
            CAPTURE(bad);
            CHECK(resolve(wire, bad).exit == ExitCode::usage);
        }
    }
}
