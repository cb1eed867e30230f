#include "daemon.hpp"

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
        CHECK(execd.said().find("3 attempts with pauses of 1000 ms, 2000 ms") != std::string::npos);
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
              "4 attempts with pauses of 500 ms, 1000 ms, 2000 ms, each up to a tenth longer; no new attempt "
              "later "
              "than 30000 ms after the start");
        options.engine.max_retries = 1;
        CHECK(server::describe_retries(options).starts_with("1 attempt; "));
    }
}
