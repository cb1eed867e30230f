#include <doctest/doctest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "doctor.hpp"
#include "libexec/json/value.hpp"
#include "scripted_wire.hpp"
#include "support/temp_dir.hpp"

using namespace libexec;
using namespace libexec::cli;
using namespace libexec::cli::test;
using namespace std::chrono_literals;
using Kind = HttpOutcome::Kind;
using State = Finding::State;

namespace {

/// Meets every call in the same way; time passes only in pauses, and not for ever.
class SameWire final : public Wire {
public:
    explicit SameWire(HttpOutcome outcome) : outcome_(std::move(outcome)) {}
    HttpOutcome exchange(const HttpCall&, HttpSink*) override { return outcome_; }
    bool pause(std::chrono::milliseconds time) override {
        now_ += time;
        return ++pauses_ < 500;
    }
    std::chrono::steady_clock::time_point now() const override { return now_; }

private:
    HttpOutcome outcome_;
    std::chrono::steady_clock::time_point now_;
    int pauses_ = 0;
};

HttpOutcome outcome_of(Kind kind, int status = 0, std::string body = {}) {
    HttpOutcome outcome;
    outcome.kind = kind;
    outcome.sent = kind != Kind::not_sent;
    outcome.trouble = "down";
    outcome.answer.status = status;
    outcome.answer.body = std::move(body);
    return outcome;
}

template <typename Visit>
void each_command(const CommandSpec& command, const std::string& path, Visit visit) {
    if (command.run != nullptr) visit(path);
    for (const CommandSpec* const child : command.children)
        each_command(*child, (path.empty() ? "" : path + " ") + std::string(child->name), visit);
}

/// What to type after each command's name so that it does something; empty: it can be run without a word.
const std::map<std::string, std::vector<const char*>>& words_of_commands() {
    static const char* const id = "01890a5d-ac96-774b-bcce-b302099a8057";
    static const char* const key = "So11111111111111111111111111111111111111112";
    static const std::map<std::string, std::vector<const char*>> words{
        {"submit", {"SOL", "USDC", "1"}},
        {"quote", {"SOL", "USDC", "1"}},
        {"watch", {id}},
        {"get", {id}},
        {"explain", {id}},
        {"list", {}},
        {"cancel", {id}},
        {"retry", {id}},
        {"stats", {}},
        {"export", {}},
        {"venues", {}},
        {"venues pause", {"raydium"}},
        {"venues resume", {"raydium"}},
        {"tokens", {}},
        {"queue", {}},
        {"pools", {"SOL", "USDC", "--rpc", "http://127.0.0.1:1"}},
        {"pool-quote", {"--accounts", "/no/such/folder", "--pool", key, "--in", key, "--amount", "1"}},
        {"tx build",
         {"--accounts", "/no/such/folder", "--pool", key, "--in", key, "--amount", "1", "--min-out", "1",
          "--user", key, "--blockhash", key}},
        {"tx decode", {"/no/such/file"}},
        {"bench", {"--orders", "1"}},
        {"bench compare", {"/no/such/a.json", "/no/such/b.json"}},
        {"fault set", {"raydium", "--mode", "error"}},
        {"fault clear", {"raydium"}},
        {"fault list", {}},
        {"doctor", {}},
        {"health", {}},
        {"keys create",
         {"--name", "n", "--account", "a", "--scopes", "read", "--keys-file", "/no/such/folder/keys"}},
        {"keys list", {"--keys-file", "/no/such/file"}},
        {"keys revoke", {"abcd", "--keys-file", "/no/such/folder/keys"}},
        {"config show", {"PROT"}},
        {"config init", {"--file", "/no/such/folder/exec.toml"}},
        {"config check", {"--config", "/no/such/file.toml"}},
        {"config path", {}},
        {"completion", {"tcsh"}},
        {"version", {}},
        {"help", {"sumbit"}},
        {"__complete", {}},
        {"__docs", {"man", "/no/such/folder"}},
    };
    return words;
}

/// What a command complains of; nothing when it does not.
std::optional<Complaint> complaint_of(const std::string& path, Wire& wire) {
    std::vector<std::string> words{"execctl"};
    for (std::size_t begin = 0; begin < path.size();) {
        const std::size_t end = std::min(path.find(' ', begin), path.size());
        words.push_back(path.substr(begin, end - begin));
        begin = end + 1;
    }
    for (const char* const word : words_of_commands().at(path)) words.emplace_back(word);
    if (path != "__complete") words.insert(words.end(), {"-s", "http://127.0.0.1:1", "--timeout", "2s"});
    std::vector<const char*> pointers;
    for (const std::string& word : words) pointers.push_back(word.c_str());
    RecordedConsole recorded;
    const StandingClock clock;
    try {
        const ParsedCommand parsed = parse_command_line(static_cast<int>(pointers.size()), pointers.data());
        const Context context{wire, parsed.options, recorded.console, clock};
        parsed.command->run(context, parsed.arguments);
    } catch (const Trouble& trouble) {
        return trouble.complaint();
    }
    return std::nullopt;
}

std::string completed(ScriptedWire& wire, std::vector<const char*> words) {
    words.insert(words.begin(), {"__complete", "--"});
    const Outcome outcome = run_line(wire, words);
    CHECK(outcome.exit == ExitCode::done);
    CHECK(outcome.err.empty());
    return outcome.out;
}

}  // namespace

TEST_SUITE("cli/complaints") {
    TEST_CASE("whatever meets whichever command: what happened, the funds, a repeat, what to do") {
        std::size_t complaints = 0;
        each_command(command_tree(), "", [&complaints](const std::string& path) {
            CAPTURE(path);
            REQUIRE_MESSAGE(words_of_commands().contains(path),
                            "a new command: give it a line in words_of_commands");
            for (const HttpOutcome& outcome :
                 {outcome_of(Kind::not_sent), outcome_of(Kind::lost), outcome_of(Kind::interrupted),
                  outcome_of(Kind::answered, 200, "<html>"),
                  outcome_of(Kind::answered, 400, R"({"code":"x","title":"No"})"),
                  outcome_of(Kind::answered, 404),
                  outcome_of(Kind::answered, 409, R"({"code":"not_failed","title":"No"})"),
                  outcome_of(Kind::answered, 429, R"({"code":"rate_limited","title":"Slowly"})"),
                  outcome_of(Kind::answered, 500), outcome_of(Kind::answered, 503)}) {
                CAPTURE(outcome.answer.status);
                SameWire wire(outcome);
                const std::optional<Complaint> complaint = complaint_of(path, wire);
                if (!complaint) continue;
                ++complaints;
                CAPTURE(complaint->what);
                CHECK_FALSE(complaint->what.empty());
                CHECK_FALSE(complaint->funds.empty());
                CHECK_FALSE(complaint->repeat.empty());
                CHECK_FALSE(complaint->next.empty());
                CHECK(complaint->exit != ExitCode::done);
                CHECK(JsonValue::parse(complaint_json(*complaint)));
            }
        });
        CHECK(complaints > 100);
    }
}

TEST_SUITE("cli/tools") {
    TEST_CASE("health is one line and an exit code") {
        ScriptedWire wire;
        const Outcome ready = run_line(wire.answers(200, "ready\n"), {"health"});
        CHECK(ready.exit == ExitCode::done);
        CHECK(ready.out == "ready  http://localhost:3000\n");
        CHECK(wire.calls.back().url == "http://localhost:3000/readyz");
        CHECK(wire.calls.back().timeout == 5s);
        const Outcome draining =
            run_line(wire.answers(503, "not ready: draining\n"), {"health", "-o", "json"});
        CHECK(draining.exit == ExitCode::unreachable);
        CHECK(has(draining.out, R"("code":"not_ready")"));
        CHECK(has(draining.err, "not ready: draining"));
        CHECK(run_line(wire.fails(Kind::not_sent), {"health"}).exit == ExitCode::unreachable);
        CHECK(run_line(wire.answers(200, "<html>welcome</html>"), {"health"}).exit == ExitCode::unreachable);
    }

    TEST_CASE("a fault is set in the words of the server's interface, and how to undo it is said") {
        ScriptedWire wire;
        wire.answers(
            200,
            R"({"target":"raydium","mode":"timeout","rate":"0.3","until":"2026-01-02T03:06:00.000000Z"})");
        const Outcome set =
            run_line(wire, {"fault", "set", "Raydium", "--mode", "timeout", "--rate", "0.3", "--for", "60s"});
        CHECK(wire.calls.back().method == "PUT");
        CHECK(wire.calls.back().url == "http://localhost:3000/api/faults/raydium");
        CHECK(wire.calls.back().body == R"({"mode":"timeout","rate":"0.300000","forMs":60000})");
        CHECK(set.out ==
              "raydium: 30 % of quotes will time out until 03:06:00.000Z\n  undo: execctl fault clear "
              "raydium\n");

        wire.answers(404, R"({"code":"not_found","title":"Not found","detail":"nothing is called x"})");
        const Outcome unknown = run_line(wire, {"fault", "set", "x", "--mode", "error"});
        CHECK(unknown.exit == ExitCode::not_found);
        CHECK(has(unknown.err, "execctl venues"));

        for (const auto& line : std::vector<std::vector<const char*>>{
                 {"fault", "set", "raydium"},
                 {"fault", "set", "../x", "--mode", "error"},
                 {"fault", "set", "raydium", "--mode", "eror"},
                 {"fault", "set", "raydium", "--mode", "error", "--rate", "0"},
                 {"fault", "set", "raydium", "--mode", "error", "--rate", "1.1"},
                 {"fault", "set", "raydium", "--mode", "error", "--for", "60"},
                 {"fault", "set", "raydium", "--mode", "error", "--for", "2d"},
                 {"fault", "clear"},
                 {"fault", "clear", "raydium", "--all"},
                 {"fault"}})
            CHECK(run_line(wire, line).exit == ExitCode::usage);
    }

    TEST_CASE("all faults are cleared, those that end meanwhile are no error") {
        ScriptedWire wire;
        wire.answers(200, R"({"faults":[{"target":"orca","mode":"error","rate":"1","until":null},
                              {"target":"chain","mode":"stall","rate":"1","until":null}]})");
        wire.answers(404).answers(200, R"({"target":"chain","mode":"stall","rate":"1","until":null})");
        const Outcome cleared = run_line(wire, {"fault", "clear", "--all"});
        CHECK(cleared.exit == ExitCode::done);
        CHECK(wire.calls.back().method == "DELETE");
        CHECK(cleared.out == "chain: behaves again (was: no slots: nothing lands, nothing expires)\n");
    }

    TEST_CASE("a configuration is written once, checked, and shown with where it came from") {
        const libexec::test::TempDir folder;
        const std::string file = folder.file("exec.toml");
        ScriptedWire nothing;
        CHECK(run_line(nothing, {"config", "init", "--file", file.c_str()}).exit == ExitCode::done);
        const Outcome again = run_line(nothing, {"config", "init", "--file", file.c_str()});
        CHECK(again.exit == ExitCode::usage);
        CHECK(has(again.err, "--force"));
        CHECK(run_line(nothing, {"config", "check", "-c", file.c_str()}).exit == ExitCode::done);
        std::ofstream(file) << "port = 4000\nmax_retires = 3\nrate_limit = -1\n";
        const Outcome bad = run_line(nothing, {"config", "check", "-c", file.c_str(), "-o", "json"});
        CHECK(bad.exit == ExitCode::usage);
        const auto document = JsonValue::parse(bad.out);
        REQUIRE(document);
        CHECK(document.value()["errors"].items().size() == 2);
        CHECK(has(bad.err, "did you mean 'max_retries'?"));
        const Outcome shown = run_line(nothing, {"config", "show", "PORT", "--origin", "-c", file.c_str()});
        CHECK(shown.exit == ExitCode::usage);
        CHECK(has(shown.out, "4000"));
        CHECK(has(shown.out, "exec.toml:1"));
        CHECK(has(shown.err, "must be a whole number"));
        CHECK(run_line(nothing, {"config", "init", "--file", file.c_str(), "--force"}).exit ==
              ExitCode::done);
        CHECK(run_line(nothing, {"config", "path", "-c", file.c_str(), "-o", "csv"}).out ==
              "file,namedBy,readable\r\n" + file + ",--config,true\r\n");
    }
}

TEST_SUITE("cli/doctor") {
    TEST_CASE("a port is free, held by somebody, or nobody's") {
        const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), length) == 0);
        REQUIRE(::listen(listener, 1) == 0);
        REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0);
        const std::uint16_t port = ntohs(address.sin_port);
        const PortFacts taken = look_at_port("127.0.0.1", port);
        CHECK(taken.state == PortState::taken);
        CHECK(judge_port(taken, "").state == State::fail);
        CHECK(judge_port(taken, "0.1.0").state == State::ok);
        ::close(listener);
        CHECK(look_at_port("127.0.0.1", port).state == PortState::free);
        const PortFacts strange = look_at_port("203.0.113.1", 0);
        CHECK(strange.state == PortState::impossible);
        CHECK(look_at_port("no such host", 1).state == PortState::impossible);
        CHECK(judge_port({"h", 80, PortState::forbidden, "Permission denied"}, "").state == State::fail);
    }

    TEST_CASE("a database is read as a file and left as it was") {
        const libexec::test::TempDir folder;
        const std::string path = folder.file("exec.db");
        CHECK(judge_database(look_at_database(path)).front().state == State::ok);
        CHECK_FALSE(std::filesystem::exists(path));
        std::ofstream(path) << "this is a letter, no database";
        CHECK(judge_database(look_at_database(path)).front().state == State::fail);
        std::ofstream(path) << std::string("SQLite format 3\0\x10\0\2\2", 20) << std::string(80, '\0');
        const DatabaseFacts good = look_at_database(path);
        CHECK(good.wal);
        CHECK(judge_database(good).front().detail == "sqlite " + path + ", 100 B, writable, WAL");
        CHECK(judge_database(look_at_database(folder.file("none/exec.db"))).front().state == State::fail);
        CHECK(judge_database(look_at_database(folder.file("."))).front().state == State::fail);
        CHECK(judge_database({}).front().state == State::fail);
        DatabaseFacts server;
        server.server = "postgres://u:****@db/orders";
        CHECK(judge_database(server).front().state == State::ok);
        server.trouble = "Connection refused";
        CHECK(judge_database(server).front().state == State::fail);
        CHECK(has(judge_database(server).front().detail, "Connection refused"));
        DatabaseFacts full = good;
        full.free_bytes = 5'000'000;
        CHECK(judge_database(full).back().state == State::fail);
        full.free_bytes = 500'000'000;
        CHECK(judge_database(full).back().state == State::warn);
    }

    TEST_CASE("clocks, locales and zones") {
        CHECK(judge_clock(-1900ms).state == State::ok);
        CHECK(judge_clock(-3100ms).detail == "3 s behind the server's");
        CHECK(judge_clock(60s).state == State::warn);
        Style ascii;
        CHECK(judge_locale(ascii, "C").state == State::warn);
        ascii.utf8 = true;
        CHECK(judge_locale(ascii, "C.UTF-8").state == State::ok);
        CHECK(judge_time_zone("Mars/Olympus", false).state == State::warn);
        CHECK(judge_time_zone("UTC", true).state == State::ok);
        CHECK(size_text(999) == "999 B");
        CHECK(size_text(1'560'000) == "1.5 MB");
        CHECK(size_text(12'345'678) == "12 MB");
    }

    TEST_CASE("a server that is down, foreign, of another version or not ready is found out") {
        ::setenv("PORT", "0", 1);
        const auto doctor = [](ScriptedWire& wire) { return run_line(wire, {"doctor", "-o", "ndjson"}); };
        ScriptedWire down;
        const Outcome unreachable = doctor(down.fails(Kind::not_sent, "refused"));
        CHECK(unreachable.exit == ExitCode::unhealthy);
        CHECK(has(unreachable.out, R"("check":"server","state":"FAIL")"));
        ScriptedWire foreign;
        CHECK(has(doctor(foreign.answers(200, "<html>")).out, "is no execd"));
        ScriptedWire other;
        other.answers(200, R"({"name":"execd","version":"9.9.9"})");
        other.answers(503, "[-] accepting: this node is stopping\n[+] store ok\nnot ready\n");
        other.answers(200, R"({"venues":[{"name":"orca","state":"open","lastQuote":null},
            {"name":"raydium","state":"active","lastQuote":{"outcome":"venue_timeout"}},
            {"name":"meteora","state":"half_open","lastQuote":null}]})");
        const Outcome sick = doctor(other);
        ::unsetenv("PORT");
        CHECK(sick.exit == ExitCode::unhealthy);
        for (const char* const row :
             {R"("check":"server","state":"warn")",
              R"("check":"server's accepting","state":"FAIL","detail":"this node is stopping")",
              R"("check":"server's store","state":"ok")", R"("check":"readiness","state":"FAIL")",
              R"("check":"venue orca","state":"FAIL")", R"("check":"venue raydium","state":"warn")",
              R"("check":"venue meteora","state":"warn")"}) {
            CAPTURE(row);
            CHECK(has(sick.out, row));
        }
    }
}

TEST_SUITE("cli/complete") {
    TEST_CASE("commands, options and choices come from the tree") {
        ScriptedWire nothing;
        CHECK(has(completed(nothing, {"ver"}), "version\tPrint the version\n"));
        CHECK(completed(nothing, {"__"}).empty());
        CHECK(has(completed(nothing, {"config", ""}), "init\t"));
        CHECK(has(completed(nothing, {"submit", "--idem"}), "--idempotency-key\t"));
        CHECK(completed(nothing, {"get", "-o", "nd"}) == "ndjson\n");
        CHECK(completed(nothing, {"get", "--output=nd"}) == "--output=ndjson\n");
        CHECK(completed(nothing, {"--color", "al"}) == "always\n");
        CHECK(completed(nothing, {"completion", ""}) == "bash\nzsh\nfish\n");
        CHECK(completed(nothing, {"completion", "bash", ""}).empty());
        CHECK(has(completed(nothing, {"help", "config", "ch"}), "check\t"));
        CHECK(has(completed(nothing, {"config", "show", "MOCK_S"}), "MOCK_SEED\t"));
        CHECK(completed(nothing, {"config", "check", "--config", "a"}) == ":files\n");
        CHECK(completed(nothing, {"sumbit", ""}).empty());
        CHECK(completed(nothing, {"get", "@"}) == "@last\tthe newest order\n");
        CHECK(has(completed(nothing, {}), "submit\t"));
    }

    TEST_CASE("orders, tokens and venues come from the server, for 300 ms at most") {
        ScriptedWire wire;
        wire.answers(200, R"({"items":[{"id":")" + order_id + R"(","status":"failed"}]})");
        CHECK(completed(wire, {"get", ""}) == "@last\tthe newest order\n" + order_id + "\tfailed\n");
        CHECK(wire.calls.back().timeout == 300ms);
        wire.answers(200, R"({"items":[{"id":")" + order_id + R"(","status":"failed"}]})");
        CHECK(completed(wire, {"-s", "h:1", "get", "01890a5"}) == order_id + "\tfailed\n");
        CHECK(wire.calls.back().url == "http://h:1/api/orders?limit=20&id=01890a5");
        wire.answers(200, R"({"tokens":[{"symbol":"SOL","mint":"So1"},{"symbol":"S;rm","mint":"x"},)"
                          R"({"symbol":"SRM"}]})");
        CHECK(completed(wire, {"submit", "S"}) == "SOL\tSo1\nSRM\n");
        wire.answers(200, R"({"venues":[{"name":"orca","state":"active"}]})");
        CHECK(completed(wire, {"fault", "set", ""}) == "orca\tactive\nchain\tthe simulated chain\n");
    }

    TEST_CASE("without a server, and with a bad address, nothing is offered and nothing is said") {
        ScriptedWire wire;
        CHECK(completed(wire.fails(Kind::not_sent), {"get", "01890a"}).empty());
        CHECK(completed(wire.answers(500), {"submit", "S"}).empty());
        CHECK(completed(wire, {"-s", "ftp://x", "get", "0"}).empty());
    }
}
