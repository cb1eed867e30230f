#include "openapi_document.hpp"

#include <doctest/doctest.h>

#include <set>

#include "libexec/json/value.hpp"
#include "routes.hpp"

using namespace libexec;
using namespace libexec::server;

namespace {

/// "GET /api/orders/{}": what stands in the braces is a matter of taste.
std::string shape(std::string_view method, std::string_view path) {
    std::string text(method);
    for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    text += ' ';
    bool inside = false;
    for (const char c : path) {
        if (c == '}') inside = false;
        if (!inside) text += c;
        if (c == '{') inside = true;
    }
    return text;
}

}  // namespace

TEST_SUITE("server/openapi") {
    TEST_CASE("the document describes every route, and nothing that is not served") {
        const Result<JsonValue> document = JsonValue::parse(openapi_document());
        REQUIRE(document);
        std::set<std::string> described;
        for (const Routes::Served& route : Routes::served()) {
            const std::string wanted = shape(route.method, route.pattern);
            for (const std::string& path : document.value()["paths"].names()) {
                for (const std::string& method : document.value()["paths"][path].names()) {
                    if (shape(method, path) == wanted) described.insert(wanted);
                }
            }
            CHECK_MESSAGE(described.contains(wanted), wanted << " is not in docs/openapi.json");
        }
        for (const std::string& path : document.value()["paths"].names()) {
            for (const std::string& method : document.value()["paths"][path].names()) {
                CHECK_MESSAGE(described.contains(shape(method, path)), shape(method, path)
                                                                           << " is not served");
            }
        }
    }
}
