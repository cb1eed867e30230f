#include "daemon.hpp"
#include "banner.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "net/loopback.hpp"
#include "support/temp_dir.hpp"

using namespace libexec;
using namespace libexec::test;

namespace {

/// execd as a process of its own, what it says going to a file. Killed with the test if it still runs.
class Execd {
public:
    Execd(const TempDir& dir, const std::string& name, std::vector<std::string> arguments)
        : out_(dir.file(name)) {
        arguments.insert(arguments.begin(), EXECD_PATH);
        std::vector<char*> words;
        for (std::string& argument : arguments) words.push_back(argument.data());
        words.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 1, out_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        posix_spawn_file_actions_adddup2(&actions, 1, 2);
        if (posix_spawn(&pid_, EXECD_PATH, &actions, nullptr, words.data(), environ) != 0) {
            throw std::runtime_error("cannot start " EXECD_PATH);
        }
        posix_spawn_file_actions_destroy(&actions);
    }
    ~Execd() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    Execd(const Execd&) = delete;
    Execd& operator=(const Execd&) = delete;

    std::string said() const {
        std::ifstream file(out_);
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }
    /// The port it listens on, once it does.
    std::uint16_t port() {
        const std::string mark = "serves http://127.0.0.1:";
        TestServer::eventually([&] { return said().find(mark) != std::string::npos; });
        const std::string text = said();
        const std::size_t at = text.find(mark);
        if (at == std::string::npos) throw std::runtime_error("not started: " + text);
        return static_cast<std::uint16_t>(std::stoi(text.substr(at + mark.size())));
    }
    void signal(int number) { ::kill(pid_, number); }
    pid_t pid() const { return pid_; }
    /// The exit status, or minus the signal that ended it.
    int wait() {
        int status = 0;
        ::waitpid(std::exchange(pid_, 0), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }

private:
    std::string out_;
    pid_t pid_ = 0;
};

std::vector<std::string> usual(const TempDir& dir) {
    return {"--port", "0", "--database", "sqlite:" + dir.file("exec.db"), "--mock-time-scale", "0"};
}

std::string ask(std::uint16_t port, const std::string& request) {
    RawClient client(port);
    client.send(request);
    return client.read_to_end();
}

}  // namespace

TEST_SUITE("server/daemon") {
    TEST_CASE("execd takes an order and stops cleanly when asked") {
        TempDir dir;
        Execd execd(dir, "out", usual(dir));
        const std::string body = R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":"1"})";
        const std::string answer =
            ask(execd.port(),
                "POST /api/orders/execute HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + body);
        CHECK(answer.starts_with("HTTP/1.1 202 "));
        execd.signal(SIGTERM);
        CHECK(execd.wait() == 0);
        CHECK(execd.said().find("3 attempts, pauses 1 s, 2 s, each up to a tenth longer") !=
              std::string::npos);
        CHECK(execd.said().find("mockSeed\":\"") != std::string::npos);
    }

    TEST_CASE("a bad setting starts nothing and is status 2") {
        TempDir dir;
        for (const auto& arguments : {std::vector<std::string>{"--max-retries", "0"},
                                      {"--prot", "1"},
                                      {"--port", "x"},
                                      {"--config", dir.file("none.toml")},
                                      {"--tokens-file", dir.file("none.txt")},
                                      {"--host", "0.0.0.0"}}) {
            CAPTURE(arguments[0]);
            Execd refused(dir, "refused", arguments);
            CHECK(refused.wait() == 2);
        }
    }

    TEST_CASE("a port or a database that somebody else has is status 3") {
        TempDir dir;
        Execd first(dir, "first", usual(dir));
        const std::string port = std::to_string(first.port());
        Execd same_database(dir, "second", usual(dir));
        CHECK(same_database.wait() == 3);
        TempDir other;
        Execd same_port(other, "third", {"--port", port, "--database", "sqlite:" + other.file("exec.db")});
        CHECK(same_port.wait() == 3);
        CHECK(same_port.said().find(port) != std::string::npos);
        first.signal(SIGINT);
        CHECK(first.wait() == 0);
    }

    TEST_CASE("a question about the settings is answered without starting") {
        TempDir dir;
        Execd print(dir, "print", {"--print-config", "--port", "4000"});
        CHECK(print.wait() == 0);
        CHECK(print.said().find("flag") != std::string::npos);
        Execd list(dir, "list", {"--list-settings"});
        CHECK(list.wait() == 0);
        CHECK(list.said().find("| `PORT` | `--port` | `port` | `3000` |") != std::string::npos);
        Execd help(dir, "help", {"--help"});
        CHECK(help.wait() == 0);
    }

    TEST_CASE("the retry plan is said in full") {
        server::Options options;
        options.engine.max_retries = 4;
        options.engine.retry_base = std::chrono::milliseconds(500);
        CHECK(server::describe_retries(options) ==
              "4 attempts, pauses 500 ms, 1 s, 2 s, each up to a tenth longer; nothing new later than 30 s "
              "after "
              "the start");
        options.engine.max_retries = 1;
        CHECK(server::describe_retries(options).starts_with("1 attempt; "));
    }

    TEST_CASE("a person is greeted with all there is to know, the last line a command to try") {
        server::Options options;
        server::StartFacts facts;
        facts.version = "1.2.3";
        facts.pid = 77;
        facts.port = 3000;
        for (const char* name : {"raydium", "orca"}) {
            VenueStatus venue;
            venue.name = name;
            venue.kind = "simulated";
            facts.venues.push_back(venue);
        }
        const std::string usual = server::start_banner(options, facts);
        for (const char* part :
             {"execd 1.2.3, process 77\n", "http://127.0.0.1:3000  (this machine only)", "/openapi.json",
              "/metrics", "/readyz", "exec.db (SQLite, kept when execd stops)", "raydium, orca (simulated)\n",
              "3 attempts, pauses 1 s, 2 s;", "30 submissions a minute and address", "10 orders at once",
              "\ntry:  execctl submit SOL USDC 10\n"}) {
            CAPTURE(part);
            CHECK(usual.find(part) != std::string::npos);
        }
        CHECK(usual.find("seed") == std::string::npos);
        for (std::size_t from = 0; from < usual.size();) {
            const std::size_t end = usual.find('\n', from);
            CHECK(end - from <= 100);
            from = end + 1;
        }
        options.engine.mock_seed = 42;
        facts.seed_given = true;
        facts.port = 4000;
        options.rate_limit = 0;
        const std::string other = server::start_banner(options, facts);
        CHECK(other.find(", seed 42\n") != std::string::npos);
        CHECK(other.find("no limit of submissions") != std::string::npos);
        CHECK(other.find("try:  execctl --server http://127.0.0.1:4000 submit SOL USDC 10\n") !=
              std::string::npos);
    }

    TEST_CASE("a port that is taken is answered with its holder and the command for another port") {
        TempDir dir;
        Execd first(dir, "first", usual(dir));
        const std::string port = std::to_string(first.port());
        TempDir other;
        const std::string database = "sqlite:" + other.file("exec.db");
        Execd second(other, "second", {"--port", port, "--database", database, "--insecure"});
        CHECK(second.wait() == 3);
        const std::string said = second.said();
        CHECK(said.find("port " + port + " is in use by process " + std::to_string(first.pid()) +
                        " (execd)") != std::string::npos);
        const std::string command = "another port: execd --port ";
        const std::size_t at = said.find(command);
        REQUIRE(at != std::string::npos);
        const auto next = std::stoul(said.substr(at + command.size()));
        CHECK(next > std::stoul(port));
        CHECK(said.find(" --insecure --database " + database) != std::string::npos);
    }

    TEST_CASE("SIGHUP reads the file again; a mistake in it changes nothing") {
        TempDir dir;
        const std::string path = dir.file("exec.toml");
        std::ofstream(path) << "rate_limit = 0\n";
        auto arguments = usual(dir);
        arguments.insert(arguments.end(), {"--config", path});
        Execd execd(dir, "out", arguments);
        const std::uint16_t port = execd.port();
        const auto policy = [&] {
            const std::string answer =
                ask(port,
                    "POST /api/orders/execute HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: "
                    "0\r\n\r\n");
            const std::size_t at = answer.find("RateLimit-Policy: ");
            return at == std::string::npos ? std::string() : answer.substr(at, answer.find("\r\n", at) - at);
        };
        const auto heard = [&](const char* word) {
            TestServer::eventually([&] { return execd.said().find(word) != std::string::npos; });
            return execd.said().find(word) != std::string::npos;
        };
        CHECK(policy().empty());
        std::ofstream(path) << "rate_limit = 5\n";
        execd.signal(SIGHUP);
        CHECK(heard("config.reloaded"));
        CHECK(policy() == "RateLimit-Policy: \"submissions\";q=5;w=60");
        std::ofstream(path) << "rate_limt = 6\n";
        execd.signal(SIGHUP);
        CHECK(heard("config.reload_refused"));
        CHECK(execd.said().find("did you mean 'rate_limit'?") != std::string::npos);
        CHECK(policy() == "RateLimit-Policy: \"submissions\";q=5;w=60");
        execd.signal(SIGTERM);
        CHECK(execd.wait() == 0);
    }

    TEST_CASE("settings are checked without a start, under either name") {
        TempDir dir;
        const std::string good = dir.file("good.toml"), bad = dir.file("bad.toml");
        std::ofstream(good) << "port = 4000\nrate_limit = 5\n";
        std::ofstream(bad) << "prot = 4000\nlog_level = 'inof'\n";
        for (const auto& words : {std::vector<std::string>{"--check-config"}, {"config", "check"}}) {
            auto arguments = words;
            arguments.insert(arguments.end(), {"--config", good});
            Execd check(dir, words[0] + ".good", arguments);
            CHECK(check.wait() == 0);
            CHECK(check.said() == "the settings are valid: 0 from flags, 0 from the environment, 2 from " +
                                      good + ", " + std::to_string(libexec::server::settings().size() - 2) +
                                      " defaults\n");
            arguments.back() = bad;
            Execd refused(dir, words[0] + ".bad", arguments);
            CHECK(refused.wait() == 2);
            CHECK(refused.said() ==
                  "execd: " + bad + ":1: unknown key 'prot': did you mean 'port'?\n" +
                      "execd: log_level 'inof' (" + bad +
                      ":2): must be trace, debug, info, warn, error or off; did you mean 'info'?\n");
        }
        Execd show(dir, "show", {"config", "show", "--config", good});
        CHECK(show.wait() == 0);
        CHECK(show.said().find("file " + good + ":1\n") != std::string::npos);
        Execd unknown(dir, "unknown", {"config", "chekc"});
        CHECK(unknown.wait() == 2);
        CHECK(unknown.said().find("did you mean config check?") != std::string::npos);
        Execd flag(dir, "flag", {"--log-level", "inof"});
        CHECK(flag.wait() == 2);
        CHECK(flag.said().find("did you mean 'info'?") != std::string::npos);
        setenv("LOG_LEVEL", "inof", 1);
        Execd environment(dir, "environment", {});
        unsetenv("LOG_LEVEL");
        CHECK(environment.wait() == 2);
        CHECK(environment.said().find("LOG_LEVEL 'inof' (environment): must be trace") != std::string::npos);
    }
}
