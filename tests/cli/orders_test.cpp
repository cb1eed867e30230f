// The commands that read orders: list, explain, stats, export, watch.
#include <doctest/doctest.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "amount_ratio.hpp"
#include "libexec/json/value.hpp"
#include "live_block.hpp"
#include "scripted_wire.hpp"

using namespace libexec;
using namespace libexec::cli;
using namespace libexec::cli::test;
using Kind = HttpOutcome::Kind;

namespace {

const std::string second_id = "01890a5d-ac97-774b-bcce-b302099a8057";

std::string order(const std::string& id, const std::string& status, const std::string& more = "") {
    return R"({"id":")" + id + R"(","type":"market","status":")" + status +
           R"(","inDoubt":false,"cancelRequested":false,"tokenIn":"SOL","tokenOut":"USDC","mode":"exact_in",)"
           R"("amountIn":"10.000000000","slippageBps":50,"attempt":1,"maxAttempts":3,)"
           R"("createdAt":"2026-01-02T03:04:00.000000Z","updatedAt":"2026-01-02T03:04:02.500000Z","lastSeq":6)" +
           more + "}";
}

std::string filled(const std::string& id) {
    return order(
        id, "confirmed",
        R"(,"amountOut":"999.770000","dexUsed":"meteora","txHash":"4kQm","failure":null,"attempts":[)"
        R"({"attempt":1,"resolution":"landed_ok","quotedIn":"10.000000000","quotedOut":"1000.000000",)"
        R"("amountIn":"10.000000000","amountOut":"999.770000","fee":"0.000005000"}])");
}

std::string failed(const std::string& id) {
    return order(
        id, "failed",
        R"(,"amountOut":null,"dexUsed":"orca","attempts":[],"failure":{"code":"venue_error",)"
        R"("title":"The venue reported an error","detail":"503","retryable":true,"fundsMoved":false,)"
        R"("hint":"submit again","txHash":null})");
}

std::string page(const std::string& items, const std::string& next = "") {
    return R"({"items":[)" + items + R"(],"nextCursor":)" + (next.empty() ? "null" : "\"" + next + "\"") +
           "}";
}

std::string events(const std::vector<std::string>& all) {
    std::string list;
    for (const std::string& one : all) list += (list.empty() ? "" : ",") + one;
    return R"({"events":[)" + list + R"(],"lastSeq":)" + std::to_string(all.size()) + "}";
}

const std::string decision =
    R"({"attempt":1,"decidedAt":"2026-01-02T03:04:01.482000Z","rule":"most output","chosenDex":"meteora",)"
    R"("tokenIn":{"symbol":"SOL"},"tokenOut":{"symbol":"USDC"},"mode":"exact_in","quotes":[)"
    R"({"venue":"meteora","price":"150.585600000000","feeBps":20,"net":"1000.000000","priceImpactBps":31,)"
    R"("liquidity":"1234567.000000","latencyMs":212.500,"why":"best"},)"
    R"({"venue":"raydium","price":"150.0","feeBps":30,"net":"997.770000","priceImpactBps":42,)"
    R"("liquidity":"90.000000","latencyMs":168,"why":"less"},)"
    R"({"venue":"orca","error":{"code":"breaker_open","detail":"until 14:02"},"why":"silent"}]})";

}  // namespace

TEST_SUITE("cli/orders") {
    TEST_CASE("amounts are compared as whole numbers, with a sign") {
        CHECK(signed_tenth_bps("997.770000", "1000.000000") == -223);
        CHECK(signed_tenth_bps("1000.000001", "1000.000000") == 0);
        CHECK_FALSE(signed_tenth_bps("1", "0"));
        CHECK_FALSE(signed_tenth_bps("1.0", "1.00"));
        CHECK(signed_bps_text(-223) == "-22.3 bps");
        CHECK(signed_bps_text(4) == "+0.4 bps");
        CHECK(rough_amount("84.99") == "84");
        CHECK(rough_amount("45600") == "45.6k");
        CHECK(rough_amount("1234567.000000") == "1.23M");
        CHECK(short_price("150.585600000000") == "150.5856");
        CHECK(short_price("0.000123456789") == "0.00012345678");
        CHECK(short_price("123456789012.5") == "123456789012");
    }

    TEST_CASE("a list asks for what was chosen, and says how to go on") {
        ScriptedWire wire;
        wire.answers(200, page(filled(order_id) + "," + failed(second_id), second_id));
        const Outcome outcome = run_line(wire, {"list", "--status", "failed", "--pair", "SOL/USDC", "--since",
                                                "5m", "--client-id", "a&b", "-n", "2"});
        CHECK(wire.calls[0].url ==
              "http://localhost:3000/api/orders?status=failed&pair=SOL%2FUSDC&clientId=a%26b&"
              "since=2026-01-02T03:00:00.000000Z&limit=2");
        CHECK(has(outcome.out, "01890a5d-ac96  SOL/USDC  10  999.77  confirmed  meteora"));
        CHECK(has(outcome.out, "01890a5d-ac97"));
        CHECK(has(outcome.out, "venue_error"));
        CHECK(has(outcome.err, "--cursor " + second_id));

        wire.answers(200, page(filled(order_id), second_id));
        const Outcome json = run_line(wire, {"list", "-o", "json"});
        CHECK(json.err.empty());
        CHECK(JsonValue::parse(json.out).value()["nextCursor"].text() == second_id);
        CHECK(JsonValue::parse(json.out).value()["items"].items().size() == 1);

        wire.answers(200, page(filled(order_id), order_id)).answers(200, page(failed(second_id)));
        const Outcome all = run_line(wire, {"list", "--all-pages", "-q"});
        CHECK(wire.calls.back().url == "http://localhost:3000/api/orders?limit=500&cursor=" + order_id);
        CHECK(all.out == order_id + "\n" + second_id + "\n");
        wire.answers(200, page(""));
        const Outcome none = run_line(wire, {"list"});
        CHECK(none.exit == ExitCode::done);
        CHECK(none.err == "no orders yet\n");
    }

    TEST_CASE("a mistyped state is refused before anything is asked") {
        ScriptedWire nothing;
        const Outcome outcome = run_line(nothing, {"list", "--status", "faild"});
        CHECK(outcome.exit == ExitCode::usage);
        CHECK(has(outcome.err, "did you mean 'failed'?"));
        CHECK(run_line(nothing, {"list", "--since", "yesterday"}).exit == ExitCode::usage);
    }

    TEST_CASE("explain shows every quote, every attempt, and what it all means") {
        ScriptedWire wire;
        const std::string routing = R"({"orderId":"x","rule":"most output","decisions":[)" + decision + "]}";
        const auto script = [&] {
            wire.answers(200, R"({"order":)" + filled(order_id) + "}")
                .answers(200, routing)
                .answers(200, events(good_life()));
        };
        script();
        const std::string out = run_line(wire, {"explain", order_id.c_str()}).out;
        CHECK(has(out, "meteora  150.5856  0.20 %    1000.000000  0.31 %  1.23M   212 ms  chosen"));
        CHECK(has(out, "-22.3 bps"));
        CHECK(has(out, "breaker_open: until 14:02"));
        CHECK(has(out, "#1  03:04:02.250Z  meteora  confirmed"));
        CHECK(has(out, "2.3 bps worse than quoted (50 bps were allowed)"));
        CHECK(has(out, "repeat   submitting it again would be a second trade"));

        script();
        const auto document =
            JsonValue::parse(run_line(wire, {"explain", order_id.c_str(), "-o", "json"}).out);
        REQUIRE(document);
        CHECK(document.value()["events"].items().size() == 6);
        CHECK(document.value()["routing"]["decisions"].items().size() == 1);
        CHECK(document.value()["order"]["id"].text() == order_id);
        CHECK(has(document.value()["verdict"]["what"].text(), "meteora, best by 2.230000 USDC (22.3 bps)"));
        CHECK(has(document.value()["verdict"]["funds"].text(), "moved once, in transaction 4kQm"));

        script();
        const Outcome csv =
            run_line(wire, {"explain", order_id.c_str(), "-o", "csv", "--columns", "attempt,venue,net"});
        CHECK(csv.out == "attempt,venue,net\r\n1,meteora,1000.000000\r\n1,raydium,997.770000\r\n1,orca,\r\n");
    }

    TEST_CASE("where transactions have a page, get and explain name it") {
        const std::string page = "https://explorer.solana.com/tx/4kQm?cluster=devnet";
        std::string order = filled(order_id);
        const std::string attempts = R"("attempts":[)";
        const std::size_t at = order.find(attempts);
        REQUIRE(at != std::string::npos);
        order.insert(at + attempts.size() + 1, R"("explorerUrl":")" + page + R"(",)");
        ScriptedWire wire;
        wire.answers(200, R"({"order":)" + order + "}").answers(200, events(good_life()));
        CHECK(has(run_line(wire, {"get", order_id.c_str()}).out, "      " + page + "\n"));
        wire.answers(200, R"({"order":)" + order + "}")
            .answers(200, R"({"decisions":[]})")
            .answers(200, events(good_life()));
        CHECK(has(run_line(wire, {"explain", order_id.c_str()}).out, "  look up  #1 " + page + "\n"));
    }

    TEST_CASE("rent is told by explain where there was any, and by export in its last columns") {
        const auto with_rent = [](const std::string& paid, const std::string& returned) {
            std::string order = filled(order_id);
            const std::string fee = R"("fee":"0.000005000")";
            const std::size_t at = order.find(fee);
            REQUIRE(at != std::string::npos);
            return order.insert(at, R"("rent":")" + paid + R"(","rentReturned":")" + returned + R"(",)");
        };
        const auto explained = [](const std::string& order) {
            ScriptedWire wire;
            wire.answers(200, R"({"order":)" + order + "}")
                .answers(200, R"({"decisions":[]})")
                .answers(200, events(good_life()));
            return run_line(wire, {"explain", order_id.c_str(), "-o", "json"}).out;
        };
        CHECK(has(explained(with_rent("0.002039280", "0.000000000")),
                  "; 0.00203928 SOL of rent now lies in new token accounts of the wallet\""));
        CHECK(has(explained(with_rent("0.000000000", "0.002039280")),
                  "; 0.00203928 SOL of rent came back from closed token accounts\""));
        CHECK_FALSE(has(explained(with_rent("0.000000000", "0.000000000")), " of rent "));
        CHECK_FALSE(has(explained(filled(order_id)), " of rent "));

        ScriptedWire wire;
        wire.answers(200, page(with_rent("0.002039280", "0.000000001")));
        const std::string csv = run_line(wire, {"export"}).out;
        CHECK(has(csv, ",retryOf,rentSol,rentReturnedSol\r\n"));
        CHECK(has(csv, ",0.002039280,0.000000001\r\n"));
    }

    TEST_CASE("a failed order is explained with its attempts, and what to do") {
        ScriptedWire wire;
        wire.answers(200, R"({"order":)" + failed(order_id) + "}")
            .answers(200, R"({"decisions":[]})")
            .answers(200, events({event(1, "pending"), event(2, "routing"),
                                  event(3, "pending", R"({"reason":"venue_error","detail":"503"})", "moved",
                                        R"(,"nextRetryAt":"2026-01-02T03:04:05.250000Z")"),
                                  event(4, "routing"),
                                  event(5, "failed", R"({"code":"venue_error","detail":"503"})")}));
        const std::string out = run_line(wire, {"explain", order_id.c_str()}).out;
        CHECK(has(out, "none yet: no venue was asked"));
        CHECK(has(out, "venue_error  -  waited 2.00 s  503"));
        CHECK(has(out, "all 2 attempts ended with venue_error"));
        CHECK(has(out, "none moved, nothing was swapped"));
        CHECK(has(out, "execctl retry " + order_id));
    }

    TEST_CASE("an order that just sits there says what it waits for") {
        const auto explained = [](const std::string& document, const std::vector<std::string>& life,
                                  const std::string& queue = "") {
            ScriptedWire wire;
            wire.answers(200, R"({"order":)" + document + "}")
                .answers(200, R"({"decisions":[]})")
                .answers(200, events(life));
            if (!queue.empty()) wire.answers(200, R"({"metrics":)" + queue + "}");
            Style wide;
            wide.columns = 400;
            wide.in_place = true;
            return run_line(wire, {"explain", order_id.c_str(), "-q"}, wide).out;
        };
        const std::string queue = R"({"waiting":4,"active":10})";
        CHECK(has(explained(order(order_id, "pending"), {event(1, "pending")}, queue),
                  "in the queue, waiting for a free worker: 3 others wait, 10 are being executed"));
        const std::string later =
            explained(order(order_id, "pending", R"(,"nextRetryAt":"2026-01-02T03:05:02.000000Z")"),
                      {event(1, "pending"), event(2, "pending", R"({"reason":"venue_timeout"})")}, queue);
        CHECK(has(later, "waiting to try again at 03:05:02.000Z, in 2.00 s (attempt 1 of 3)"));
        CHECK(has(later, "the last attempt ended with venue_timeout"));
        const std::string closed = explained(
            order(order_id, "pending", R"(,"nextRetryAt":"2026-01-02T03:05:02.000000Z")"),
            {event(1, "pending"),
             event(2, "pending", R"({"reason":"breaker_open","detail":"orca: held by an operator"})")},
            queue);
        CHECK(has(closed,
                  "its venues are left out for now, which uses up no attempt (orca: held by an operator)"));
        const std::string parking =
            R"(,"parked":{"reason":"a bug","since":"2026-01-02T03:04:50.000000Z","until":"2026-01-02T03:05:05.000000Z"})";
        const std::string parked =
            explained(order(order_id, "pending", parking),
                      {event(1, "pending"), event(2, "pending", R"({"note":"a bug"})", "parked")}, queue);
        CHECK(has(parked, "put aside: a bug; it is taken up again at 03:05:05.000Z"));
        CHECK(has(parked, "none moved: nothing of it is on its way"));
        CHECK(has(parked, "tell whoever runs the server"));
        const std::string sent =
            explained(order(order_id, "submitted", R"(,"txHash":"4kQm","dexUsed":"orca")" + parking),
                      {event(1, "submitted")});
        CHECK(has(sent, "may move at any moment: transaction 4kQm was sent"));
        std::string doubtful = order(order_id, "submitted", R"(,"txHash":"4kQm","dexUsed":"orca")");
        doubtful.replace(doubtful.find(R"("inDoubt":false)"), 15, R"("inDoubt":true)");
        const std::string doubt = explained(
            doubtful, {event(1, "submitted"), event(2, "submitted", R"({"note":"n"})", "in_doubt")});
        CHECK(has(doubt, "in doubt, since 03:04:02.250Z (57.7 s): transaction 4kQm was sent"));
        CHECK(has(doubt, "not safe: this order may still trade"));
    }

    TEST_CASE("stats count what there is, in whole numbers") {
        ScriptedWire wire;
        const std::string orders = filled(order_id) + "," + failed(second_id) + "," + filled(second_id);
        wire.answers(200, page(orders, order_id)).answers(200, page(filled(order_id)));
        const auto document = JsonValue::parse(run_line(wire, {"stats", "--by", "venue", "-o", "json"}).out);
        REQUIRE(document);
        CHECK(has(wire.calls[0].url, "since=2026-01-01T03:05:00.000000Z&limit=500"));
        const JsonValue total = document.value()["total"];
        CHECK(total["orders"].text() == "4");
        CHECK(total["fillRatePermille"].text() == "750");
        CHECK(total["slippageTenthBpsP95"].text() == "23");
        CHECK(total["latencyMsP50"].text() == "2500");
        CHECK(total["feesSol"].text() == "0.000015000");
        CHECK(document.value()["items"].items().size() == 2);

        wire.answers(200, page(orders));
        const std::string table = run_line(wire, {"stats", "--by", "pair"}).out;
        CHECK(has(table, "SOL/USDC       3          2       1     66.6 %"));
        CHECK(has(table, "2.50"));
    }

    TEST_CASE("an export goes page by page, and never over a file that is there") {
        ScriptedWire wire;
        wire.answers(200, page(filled(order_id), order_id)).answers(200, page(failed(second_id)));
        const Outcome csv =
            run_line(wire, {"export", "--columns", "id,slippageTenthBps,feesSol,reason,latencyMs"});
        CHECK(csv.out == "id,slippageTenthBps,feesSol,reason,latencyMs\r\n" + order_id +
                             ",23,0.000005000,,2500\r\n" + second_id + ",,,venue_error,2500\r\n");
        wire.answers(200, page(filled(order_id), order_id)).answers(200, page(failed(second_id)));
        const auto document = JsonValue::parse(run_line(wire, {"export", "-o", "json"}).out);
        REQUIRE(document);
        CHECK(document.value()["items"].items().size() == 2);
        wire.answers(200, page(filled(order_id), order_id)).answers(503, R"({"code":"service_unavailable"})");
        const Outcome half = run_line(wire, {"export", "-o", "json"});
        CHECK(half.exit == ExitCode::unreachable);
        CHECK(JsonValue::parse(half.out).value()["code"].text() == "service_unavailable");

        const std::string file =
            (std::filesystem::temp_directory_path() / ("export-" + std::to_string(::getpid()))).string();
        const auto content = [&file] {
            std::ifstream in(file);
            return std::string(std::istreambuf_iterator<char>(in), {});
        };
        std::ofstream(file) << "mine";
        CHECK(run_line(wire, {"export", "--file", file.c_str()}).exit == ExitCode::usage);
        wire.answers(200, page(filled(order_id), order_id)).fails(Kind::lost);
        const Outcome broken = run_line(wire, {"export", "--file", file.c_str(), "--force"});
        CHECK(broken.exit == ExitCode::unreachable);
        CHECK(content() == "mine");
        wire.answers(200, page(filled(order_id)));
        const Outcome whole =
            run_line(wire, {"export", "--file", file.c_str(), "--force", "--format", "ndjson", "-o", "json"});
        CHECK(JsonValue::parse(whole.out).value()["orders"].text() == "1");
        CHECK(JsonValue::parse(content()).value()["id"].text() == order_id);
        std::filesystem::remove(file);
        CHECK(run_line(wire, {"export", "--file", "/nonexistent/x"}).exit == ExitCode::unexpected);
    }

    TEST_CASE("events of several orders: each once, in order, until all have ended") {
        const auto told = [](std::string text, const std::string& id) {
            for (std::size_t at; (at = text.find(order_id)) != std::string::npos;)
                text.replace(at, order_id.size(), id);
            return text;
        };
        std::vector<std::string> life = good_life();
        const std::string first_half = events({life.begin(), life.begin() + 2});
        const std::string second_half = events({life.begin() + 2, life.end()});
        ScriptedWire wire;
        wire.answers(200, first_half)
            .answers(200, told(events(good_life()), second_id))
            .fails(Kind::not_sent)
            .answers(200, second_half);
        const Outcome outcome =
            run_line(wire, {"watch", order_id.c_str(), second_id.c_str(), "-o", "ndjson"});
        CHECK(outcome.exit == ExitCode::done);
        CHECK(has(wire.calls[3].url, order_id + "/events?after=2"));
        CHECK(has(outcome.err, "reconnecting (1)"));
        CHECK(std::count(outcome.out.begin(), outcome.out.end(), '\n') == 12);
    }

    TEST_CASE("without ids only what comes is shown") {
        ScriptedWire wire;
        for (int i = 0; i < 4; ++i) wire.answers(200, page(""));
        wire.answers(200, page(filled(order_id)))
            .answers(200, page(order(second_id, "routing", R"(,"failure":null)") + "," + filled(order_id)))
            .answers(200, events(good_life()))
            .answers(200, page(filled(order_id)));
        const Outcome outcome = run_line(wire, {"watch", "--timeout", "1s"});
        CHECK(outcome.exit == ExitCode::done);
        CHECK(has(wire.calls[5].url, "since=2026-01-02T03:03:50.000000Z"));
        CHECK(has(wire.calls[6].url, second_id + "/events?after=0"));
        CHECK(std::count(outcome.out.begin(), outcome.out.end(), '\n') == 6);
        CHECK(has(outcome.out, "CONFIRMED meteora"));
    }

    TEST_CASE("the live table is drawn over, never wider than the terminal, and stays") {
        ScriptedWire wire;
        Style terminal;
        terminal.in_place = true;
        terminal.columns = 64;
        const std::string queue = R"({"metrics":{"waiting":3,"active":7,"delayed":0}})";
        const std::string venues =
            R"({"venues":[{"name":"raydium","state":"active"},{"name":"orca","state":"open"}]})";
        wire.answers(200, page(order(order_id, "routing"))).answers(200, queue).answers(200, venues);
        wire.answers(200, page(filled(order_id))).answers(200, queue).answers(200, venues);
        wire.interrupt_pause(2);
        const Outcome outcome = run_line(wire, {"watch"}, terminal);
        CHECK(outcome.exit == ExitCode::interrupted);
        CHECK(has(outcome.err, "no order is cancelled by that"));
        CHECK(has(outcome.out, "queue 3 | workers 7"));
        CHECK(has(outcome.out, "raydium ok orca open"));
        CHECK(has(outcome.out, "\x1b[4A\r"));
        for (std::size_t begin = 0; begin < outcome.out.size();) {
            const std::size_t end = std::min(outcome.out.find('\n', begin), outcome.out.size());
            std::string line = outcome.out.substr(begin, end - begin);
            for (const std::string code : {"\x1b[K", "\x1b[J", "\x1b[4A\r"}) {
                for (std::size_t at; (at = line.find(code)) != std::string::npos;)
                    line.erase(at, code.size());
            }
            CHECK(line.size() < 64);
            begin = end + 1;
        }
    }

    TEST_CASE("an id out of a spreadsheet's row is the id, with what ended the row") {
        ScriptedWire wire;
        const std::string id = order_id + "\r";
        wire.answers(200, R"({"order":{"id":")" + order_id + R"(","status":"failed"}})");
        const Outcome outcome = run_line(wire, {"get", id.c_str(), "--quiet"});
        CHECK(outcome.out == "failed\n");
        REQUIRE(wire.calls.size() == 1);
        CHECK(wire.calls[0].url.ends_with("/api/orders/" + order_id));
    }
}
