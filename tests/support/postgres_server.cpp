#include "postgres_server.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace libexec::test {
namespace {

std::string run(const std::string& words) {
    const std::string command = std::string(LIBEXEC_TESTS) + "/support/postgres.sh " + words;
    std::FILE* const pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
    std::string output;
    std::array<char, 4096> piece{};
    while (const std::size_t size = std::fread(piece.data(), 1, piece.size(), pipe))
        output.append(piece.data(), size);
    if (pclose(pipe) != 0) throw std::runtime_error(command + " failed");
    return output;
}

/// A process and all that descend from it.
std::vector<pid_t> family_of(pid_t head) {
    std::vector<pid_t> family{head};
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        std::ifstream file(entry.path() / "stat");
        std::string line;
        std::getline(file, line);
        const std::size_t end = line.rfind(')');
        if (end == std::string::npos) continue;
        std::istringstream rest(line.substr(end + 1));
        char state = 0;
        pid_t parent = 0;
        if (rest >> state >> parent && parent == head) family.push_back(static_cast<pid_t>(std::stol(name)));
    }
    return family;
}

}  // namespace

PostgresServer& PostgresServer::shared() {
    static PostgresServer server;
    return server;
}

PostgresServer::PostgresServer() {
    std::istringstream lines(run("start " + std::to_string(getpid())));
    if (!std::getline(lines, folder_) || !std::getline(lines, url_))
        throw std::runtime_error("postgres.sh did not say where the server is");
}

PostgresServer::~PostgresServer() {
    try {
        run("remove " + folder_);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
    }
}

void PostgresServer::run_sql(const std::string& statement) {
    run("sql " + folder_ + " \"" + statement + "\"");
}

void PostgresServer::stop() { run("stop " + folder_); }

void PostgresServer::start_again() { run("again " + folder_); }

void PostgresServer::signal(int number) {
    std::ifstream file(folder_ + "/data/postmaster.pid");
    pid_t head = 0;
    if (!(file >> head) || head <= 1) throw std::runtime_error("the server does not run");
    for (const pid_t process : family_of(head)) kill(process, number);
}

}  // namespace libexec::test
