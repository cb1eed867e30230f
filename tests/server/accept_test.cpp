#include "accept.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace libexec;
using namespace libexec::server;

namespace {

/// What a request with these Accept lines gets of JSON and text.
std::string chosen(const std::vector<std::string_view>& lines) {
    HttpRequest request;
    for (const std::string_view line : lines) request.fields.push_back({"Accept", line});
    return std::string(preferred_type(request, {"application/json", "text/plain"}).value_or("none"));
}

}  // namespace

TEST_SUITE("server/accept") {
    TEST_CASE("whoever does not say takes anything, the first offer then") {
        CHECK(chosen({}) == "application/json");
        CHECK(chosen({""}) == "application/json");
        CHECK(chosen({"*/*"}) == "application/json");
        CHECK(chosen({"application/*"}) == "application/json");
    }

    TEST_CASE("the closest range decides, whatever its place, and q=0 excludes") {
        CHECK(chosen({"application/json;q=0, */*"}) == "text/plain");
        CHECK(chosen({"*/*, application/json;q=0"}) == "text/plain");
        CHECK(chosen({"text/*"}) == "text/plain");
        CHECK(chosen({"text/*;q=0.5, application/json;q=0.4"}) == "text/plain");
        CHECK(chosen({"application/json;q=0.5", "text/plain;q=0.501"}) == "text/plain");
        CHECK(chosen({"TEXT/PLAIN , image/png"}) == "text/plain");
        CHECK(chosen({"*/*;q=0"}) == "none");
        CHECK(chosen({"text/html"}) == "none");
        CHECK(chosen({"application/json;q=0.000"}) == "none");
        CHECK(chosen({"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}) ==
              "application/json");
    }

    TEST_CASE("parameters are allowed, and a comma in quotes is no comma") {
        CHECK(chosen({"text/plain;charset=utf-8"}) == "text/plain");
        CHECK(chosen({R"(image/png;title="a, application/json", text/plain)"}) == "text/plain");
    }

    TEST_CASE("a range that cannot be read counts as not sent") {
        CHECK(chosen({"json"}) == "application/json");
        CHECK(chosen({"application/json;q=2, text/plain"}) == "text/plain");
        CHECK(chosen({"application/json;q=x"}) == "application/json");
        CHECK(chosen({"application/json;q=1.001, text/plain;q=0.1"}) == "text/plain");
        CHECK(chosen({",;, ;q=1,"}) == "application/json");
    }
}
