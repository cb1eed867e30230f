#pragma once

#include <string>

namespace libexec::test {

/// A PostgreSQL server of this process's own, started at the first use and gone with the process.
class PostgresServer {
public:
    /// Throws std::runtime_error when there is none to start.
    static PostgresServer& shared();
    PostgresServer();
    ~PostgresServer();
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;

    const std::string& url() const { return url_; }
    /// One statement without quotation marks, as somebody at the server's own console.
    void run_sql(const std::string& statement);
    /// As a crash of the machine would, but for the disk.
    void stop();
    void start_again();
    /// Sends a signal to the postmaster and to every process it has started: SIGSTOP, SIGCONT, SIGKILL.
    void signal(int number);

private:
    std::string folder_;
    std::string url_;
};

}  // namespace libexec::test
