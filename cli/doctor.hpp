#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "context.hpp"

namespace libexec::cli {

/// One thing doctor looked at.
struct Finding {
    enum class State { ok, warn, fail };
    State state = State::ok;
    std::string check;   ///< what was looked at: "port 3000"
    std::string detail;  ///< what was seen
    std::string fix;     ///< a command, or what to do; empty when all is well
};

/// Who has the address that execd would listen on.
enum class PortState { free, taken, forbidden, impossible };

struct PortFacts {
    std::string host;
    std::uint16_t port = 0;
    PortState state = PortState::free;
    std::string trouble;  ///< the system's words when forbidden or impossible
};

struct DatabaseFacts {
    std::string server;   ///< on PostgreSQL: its address without the password
    std::string trouble;  ///< of that server; empty: none
    std::string path;     ///< of a SQLite file; empty: no sqlite: address
    bool exists = false;
    bool writable = false;
    bool folder_writable = false;
    bool sqlite = false;  ///< begins as SQLite's files do; true also for an empty file
    bool wal = false;
    std::uint64_t bytes = 0;
    std::optional<std::uint64_t> free_bytes;  ///< of the disk it is on
};

/// What the machine says, gathered without changing anything: the port is bound for a moment, the database
/// is read as a file, never opened as one.
PortFacts look_at_port(const std::string& host, std::uint16_t port);
/// `path` as in sqlite:PATH.
DatabaseFacts look_at_database(const std::string& path);

/// What was seen, judged. Pure, so that a test can show every line of it.
Finding judge_port(const PortFacts& facts, const std::string& execd_version);
std::vector<Finding> judge_database(const DatabaseFacts& facts);
Finding judge_locale(const Style& style, const std::string& locale);
Finding judge_time_zone(const std::string& zone, bool known);
/// `left` until the certificate of an https:// server ends; `believed`: somebody trusted vouches for it.
Finding judge_certificate(std::chrono::seconds left, bool believed);
/// `offset` of this machine's clock from the server's, which is told in whole seconds.
Finding judge_clock(std::chrono::milliseconds offset);

/// "12 MB", "1.5 GB"; decimal units.
std::string size_text(std::uint64_t bytes);

}  // namespace libexec::cli
