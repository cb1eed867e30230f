#include <doctest/doctest.h>

#include <iostream>
#include <map>

#include "server/key_holders.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

// Every endpoint that is served, as every sort of caller: what must happen is said here a second time, by
// hand.

namespace {

/// What an endpoint is asked with and what a caller who may gets.
struct Endpoint {
    const char* needs;   ///< the scope; "key": any; "": nothing
    std::string target;  ///< ID stands for the order's id
    std::string body;
    int good = 200;       ///< its answer for an order of the caller's own
    bool socket = false;  ///< asked for with an upgrade
    bool lists = false;   ///< its answer holds the orders that are seen
};

const std::map<std::string, Endpoint>& endpoints() {
    static const std::string nothing;
    static const std::map<std::string, Endpoint> table{
        {"POST /api/orders/execute", {"trade", "/api/orders/execute", ten_sol, 202}},
        {"GET /api/orders/execute", {"read", "/api/orders/execute?orderId=ID", nothing, 101, true}},
        {"GET /api/orders/ws", {"trade", "/api/orders/ws", nothing, 101, true}},
        {"GET /api/stream", {"read", "/api/stream", nothing, 101, true}},
        {"GET /api/orders", {"read", "/api/orders", nothing, 200, false, true}},
        {"POST /api/orders", {"trade", "/api/orders", ten_sol, 202}},
        {"GET /api/orders/{id}", {"read", "/api/orders/ID", nothing}},
        {"DELETE /api/orders/{id}", {"trade", "/api/orders/ID", nothing}},
        {"POST /api/orders/{id}/cancel", {"trade", "/api/orders/ID/cancel", nothing}},
        {"POST /api/orders/{id}/retry", {"trade", "/api/orders/ID/retry", nothing, 202}},
        {"GET /api/orders/{id}/events", {"read", "/api/orders/ID/events", nothing}},
        {"GET /api/orders/{id}/routing", {"read", "/api/orders/ID/routing", nothing}},
        {"GET /api/orders/{id}/attempts", {"read", "/api/orders/ID/attempts", nothing}},
        {"GET /api/orders/{id}/stream", {"read", "/api/orders/ID/stream", nothing, 101, true}},
        {"GET /ws/orders/{id}", {"read", "/ws/orders/ID?after=1", nothing, 101, true}},
        {"POST /api/quotes", {"trade", "/api/quotes", ten_sol}},
        {"GET /api/quote", {"read", "/api/quote?tokenIn=SOL&tokenOut=USDC&amountIn=1", nothing}},
        {"GET /api/venues", {"read", "/api/venues", nothing}},
        {"POST /api/venues/{id}/pause", {"admin", "/api/venues/nowhere/pause", nothing, 404}},
        {"POST /api/venues/{id}/resume", {"admin", "/api/venues/nowhere/resume", nothing, 404}},
        {"GET /api/faults", {"admin", "/api/faults", nothing}},
        {"PUT /api/faults/{id}", {"admin", "/api/faults/raydium", R"({"mode":"slow"})"}},
        {"DELETE /api/faults/{id}", {"admin", "/api/faults/meteora", nothing, 404}},  // it has none
        {"POST /api/tickets", {"key", "/api/tickets", nothing}},
        {"GET /api/queue/metrics", {"read", "/api/queue/metrics", nothing}},
        {"GET /api/nodes", {"admin", "/api/nodes", nothing}},
        {"GET /api/tokens", {"read", "/api/tokens", nothing}},
        {"GET /api/health", {"", "/api/health", nothing}},
        {"GET /health", {"", "/health", nothing}},
        {"GET /livez", {"", "/livez", nothing}},
        {"GET /readyz", {"", "/readyz", nothing}},
        {"GET /metrics", {"read", "/metrics", nothing}},
        {"GET /version", {"", "/version", nothing}},
        {"GET /problems/{id}", {"", "/problems/unauthorized", nothing}},
        {"GET /openapi.json", {"", "/openapi.json", nothing}},
    };
    return table;
}

/// What the caller shows.
enum class Shown {
    nothing,
    bearer,
    wrong_secret,
    expired,
    revoked,
    signature,
    replayed,
    skewed,
    signed_expired
};

struct Keys {
    Keys(const HandClock& clock) {
        for (const char* scope : {"read", "trade", "admin"}) {
            const std::string name(scope);
            holders.bearer(name + "bearer", "acme", scope);
            holders.bearer(name + "expired", "acme", scope).expires_at = clock.now() - 1s;
            holders.bearer(name + "revoked", "acme", scope).revoked_at = clock.now() - 1s;
            holders.signer(name + "signer", "acme", scope);
            holders.signer(name + "signedexpired", "acme", scope).expires_at = clock.now();
        }
    }
    KeyHolders holders;
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

class Matrix {
public:
    Matrix()
        : api(ApiServer::usual(), HttpServerConfig(), keys.holders.all()),
          faults(api.clock, {"raydium", "meteora"}) {
        api.service.sim_faults = &faults;
        own = placed("acme");
        foreign = placed("zeta");
    }

    OrderId placed(const std::string& account) {
        const OrderId id = api.service.place({}, account);
        api.service.happen(id, OrderStatus::failed, FailedData{});
        return id;
    }

    /// Header lines; `target` and `body` are what will be sent with them.
    std::string headers(Shown shown, const std::string& scope, const std::string& method,
                        const std::string& target, const std::string& body) {
        const KeyHolders& holders = keys.holders;
        switch (shown) {
            case Shown::nothing:
                return {};
            case Shown::bearer:
                return holders.bearing(scope + "bearer");
            case Shown::wrong_secret: {
                std::string token = holders.token(scope + "bearer");
                token.back() = token.back() == '0' ? '1' : '0';
                return "Authorization: Bearer " + token + "\r\n";
            }
            case Shown::expired:
                return holders.bearing(scope + "expired");
            case Shown::revoked:
                return holders.bearing(scope + "revoked");
            case Shown::signature:
            case Shown::replayed:
                return holders.signing(scope + "signer", method, target, body, api.clock.now());
            case Shown::skewed:
                return holders.signing(scope + "signer", method, target, body, api.clock.now() + 1001ms);
            case Shown::signed_expired:
                return holders.signing(scope + "signedexpired", method, target, body, api.clock.now());
        }
        return {};
    }

    ApiAnswer ask(const Endpoint& endpoint, const std::string& method, const std::string& target,
                  const std::string& proof) {
        if (!endpoint.socket)
            return api.call(method, target, proof + (endpoint.body.empty() ? "" : json_type), endpoint.body);
        return refused(api, target, proof);  // 101 comes out of it as well
    }

    void check_cell(const std::string& served, const Endpoint& endpoint, Shown shown,
                    const std::string& scope, bool of_own) {
        const std::string method = served.substr(0, served.find(' '));
        const OrderId& order = of_own ? own : foreign;
        const std::string target = replaced(endpoint.target, "ID", order.to_string());
        const std::string proof = headers(shown, scope, method, target, endpoint.body);
        if (shown == Shown::replayed) ask(endpoint, method, target, proof);
        const ApiAnswer answer = ask(endpoint, method, target, proof);
        ++cells;
        CAPTURE(served);
        CAPTURE(static_cast<int>(shown));
        CAPTURE(scope);
        CAPTURE(of_own);
        CAPTURE(answer.body);
        const std::string needs = endpoint.needs;
        if (needs.empty()) {
            CHECK(answer.status == endpoint.good);
            return;
        }
        if (shown != Shown::bearer && shown != Shown::signature) {
            CHECK(answer.status == 401);
            CHECK(answer.json()["code"].text() == "unauthorized");
            CHECK(answer.header("WWW-Authenticate") == "Bearer realm=\"execd\"");
            return;
        }
        const bool may = needs == "key" || needs == scope || (needs == "read" && scope == "admin");
        if (!may) {
            CHECK(answer.status == 403);
            CHECK(answer.json()["code"].text() == "forbidden");
            CHECK(answer.json()["detail"].text().find("the scope " + needs) != std::string::npos);
            return;
        }
        const bool hidden = !of_own && scope != "admin" && endpoint.target.find("ID") != std::string::npos;
        if (hidden) {
            CHECK(answer.status == 404);
            const std::string nobodys = "01890000-0000-7000-8000-000000000000";
            const std::string other = replaced(endpoint.target, "ID", nobodys);
            const ApiAnswer unknown =
                ask(endpoint, method, other, headers(shown, scope, method, other, endpoint.body));
            // The same words, but for the id and the request's own.
            CHECK(without_ids(answer.body, order.to_string()) == without_ids(unknown.body, nobodys));
            return;
        }
        CHECK(answer.status == endpoint.good);
        if (endpoint.lists) {
            const bool shows_own = answer.body.find(own.to_string()) != std::string::npos;
            const bool shows_foreign = answer.body.find(foreign.to_string()) != std::string::npos;
            CHECK(shows_own);
            CHECK(shows_foreign == (scope == "admin"));
        }
    }

    static std::string without_ids(std::string body, const std::string& id) {
        for (std::size_t at = body.find(id); at != std::string::npos; at = body.find(id))
            body.replace(at, id.size(), "ID");
        const std::size_t request = body.find("\"requestId\"");
        return body.substr(0, request);
    }

    HandClock set_up_clock;
    Keys keys{set_up_clock};
    ApiServer api;
    SimFaults faults;
    OrderId own, foreign;
    std::size_t cells = 0;
};

}  // namespace

TEST_SUITE("server/access matrix") {
    TEST_CASE("every endpoint, to every caller, gives what the table says and nothing else") {
        Matrix matrix;
        std::size_t expected = 0;
        for (const server::Routes::Served& route : server::Routes::served()) {
            const std::string served = std::string(route.method) + " " + std::string(route.pattern);
            const auto found = endpoints().find(served);
            REQUIRE_MESSAGE(found != endpoints().end(), served << " has no line in the table of this test");
            const Endpoint& endpoint = found->second;
            matrix.check_cell(served, endpoint, Shown::nothing, "", true);
            matrix.check_cell(served, endpoint, Shown::nothing, "", false);
            expected += 2;
            for (const char* scope : {"read", "trade", "admin"}) {
                for (const bool of_own : {true, false}) {
                    for (const Shown shown :
                         {Shown::bearer, Shown::wrong_secret, Shown::expired, Shown::revoked,
                          Shown::signature, Shown::replayed, Shown::skewed, Shown::signed_expired}) {
                        matrix.check_cell(served, endpoint, shown, scope, of_own);
                        ++expected;
                    }
                }
            }
        }
        CHECK(endpoints().size() == server::Routes::served().size());
        CHECK(matrix.cells == expected);
        std::cout << "access matrix: " << matrix.cells << " of " << expected << " cells\n";
    }
}
