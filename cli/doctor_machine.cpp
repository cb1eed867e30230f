#include "doctor.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <memory>
#include <string_view>
#include <system_error>

namespace libexec::cli {
namespace {

constexpr std::string_view sqlite_magic{"SQLite format 3\0", 16};
constexpr std::size_t write_version_at = 18;  // of SQLite's file format; 2 means a write-ahead log
constexpr std::uint64_t little_space = 1'000'000'000;
constexpr std::uint64_t no_space = 100'000'000;

int try_to_bind(const addrinfo& address) {
    const int socket = ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC, address.ai_protocol);
    if (socket < 0) return errno;
    const int on = 1;
    int error = 0;
    // As servers do: connections that have ended and only wait for stragglers are no reason to refuse.
    if (::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) error = errno;
    if (error == 0 && ::bind(socket, address.ai_addr, address.ai_addrlen) != 0) error = errno;
    if (error == 0 && ::listen(socket, 1) != 0) error = errno;
    ::close(socket);
    return error;
}

Finding finding(Finding::State state, std::string check, std::string detail, std::string fix = {}) {
    return {state, std::move(check), std::move(detail), std::move(fix)};
}

Finding judge_space(const DatabaseFacts& facts) {
    const std::string detail = size_text(*facts.free_bytes) + " free beside the database";
    if (*facts.free_bytes >= little_space) return finding(Finding::State::ok, "disk", detail);
    return finding(*facts.free_bytes < no_space ? Finding::State::fail : Finding::State::warn, "disk", detail,
                   "make room there, or move the database with DATABASE_URL");
}

}  // namespace

PortFacts look_at_port(const std::string& host, std::uint16_t port) {
    PortFacts facts{host, port, PortState::free, {}};
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int trouble = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (trouble != 0) {
        facts.state = PortState::impossible;
        facts.trouble = ::gai_strerror(trouble);
        return facts;
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
    const int error = try_to_bind(*found);
    if (error != 0) {
        facts.trouble = std::generic_category().message(error);
        facts.state = error == EADDRINUSE                 ? PortState::taken
                      : error == EACCES || error == EPERM ? PortState::forbidden
                                                          : PortState::impossible;
    }
    return facts;
}

DatabaseFacts look_at_database(const std::string& path) {
    DatabaseFacts facts;
    facts.path = path;
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
    facts.folder_writable = ::access(folder.c_str(), W_OK | X_OK) == 0;
    struct statvfs disk {};
    if (::statvfs(folder.c_str(), &disk) == 0)
        facts.free_bytes = std::uint64_t(disk.f_bavail) * disk.f_frsize;
    struct stat file {};
    facts.exists = ::stat(path.c_str(), &file) == 0;
    if (!facts.exists) return facts;
    facts.bytes = static_cast<std::uint64_t>(file.st_size);
    facts.writable = S_ISREG(file.st_mode) && ::access(path.c_str(), R_OK | W_OK) == 0;
    std::array<char, 100> header{};
    std::ifstream stream(path, std::ios::binary);
    stream.read(header.data(), header.size());
    facts.sqlite = facts.bytes == 0 || std::string_view(header.data(), sqlite_magic.size()) == sqlite_magic;
    facts.wal = header[write_version_at] == 2;
    return facts;
}

Finding judge_port(const PortFacts& facts, const std::string& execd_version) {
    const std::string check = "port " + std::to_string(facts.port);
    if (facts.port == 0) return finding(Finding::State::ok, "port", "any free one (PORT is 0)");
    switch (facts.state) {
        case PortState::free:
            return finding(Finding::State::ok, check, "free on " + facts.host);
        case PortState::taken:
            if (!execd_version.empty()) {
                return finding(Finding::State::ok, check,
                               "held by execd " + execd_version + ", which answers");
            }
            return finding(
                Finding::State::fail, check, "held by another program",
                "stop it (ss -ltnp 'sport = :" + std::to_string(facts.port) + "' names it), or set PORT");
        case PortState::forbidden:
            return finding(Finding::State::fail, check, "not for this user: " + facts.trouble,
                           "set PORT to 1024 or more");
        case PortState::impossible:
            break;
    }
    return finding(Finding::State::fail, check, "cannot listen on " + facts.host + ": " + facts.trouble,
                   "set HOST to an address of this machine, such as 127.0.0.1");
}

std::vector<Finding> judge_database(const DatabaseFacts& facts) {
    using State = Finding::State;
    if (!facts.server.empty()) {
        if (facts.trouble.empty())
            return {finding(State::ok, "database", facts.server + " answers and makes commits durable")};
        return {finding(State::fail, "database", facts.server + ": " + facts.trouble,
                        "start the server, or correct DATABASE_URL")};
    }
    if (facts.path.empty()) {
        return {finding(State::fail, "database", "DATABASE_URL is neither sqlite:PATH nor postgres://",
                        "execctl config show DATABASE_URL --origin")};
    }
    std::vector<Finding> findings;
    if (!facts.folder_writable) {
        findings.push_back(finding(State::fail, "database",
                                   "the folder of " + facts.path + " cannot be written to",
                                   "give it to execd's user, or set DATABASE_URL"));
    } else if (!facts.exists) {
        findings.push_back(finding(State::ok, "database", facts.path + " will be made at the first start"));
    } else if (!facts.writable) {
        findings.push_back(finding(State::fail, "database", facts.path + " cannot be read and written",
                                   "give it to execd's user, or set DATABASE_URL"));
    } else if (!facts.sqlite) {
        findings.push_back(finding(State::fail, "database", facts.path + " is no SQLite database",
                                   "set DATABASE_URL to another file"));
    } else {
        findings.push_back(finding(State::ok, "database",
                                   "sqlite " + facts.path + ", " + size_text(facts.bytes) + ", writable" +
                                       (facts.wal ? ", WAL" : "")));
    }
    if (facts.free_bytes) findings.push_back(judge_space(facts));
    return findings;
}

Finding judge_locale(const Style& style, const std::string& locale) {
    if (style.utf8) return finding(Finding::State::ok, "locale", locale);
    return finding(Finding::State::warn, "locale",
                   (locale.empty() ? "none" : locale) + ", without UTF-8: signs are shown in ASCII",
                   "export LC_ALL=C.UTF-8");
}

Finding judge_time_zone(const std::string& zone, bool known) {
    if (zone.empty()) return finding(Finding::State::ok, "time zone", "the system's; execctl shows UTC");
    if (known) return finding(Finding::State::ok, "time zone", zone + "; execctl shows UTC");
    return finding(Finding::State::warn, "time zone",
                   "TZ names '" + zone + "', which this machine does not know",
                   "unset TZ, or install tzdata");
}

Finding judge_certificate(std::chrono::seconds left, bool believed) {
    constexpr std::chrono::days renewal_time{14};
    const auto days = std::chrono::floor<std::chrono::days>(left).count();
    const std::string ends = left < left.zero() ? "expired " + std::to_string(-days) + " days ago"
                                                : "expires in " + std::to_string(days) + " days";
    if (!believed)
        return finding(Finding::State::warn, "certificate", ends + ", and nobody was asked whose it is",
                       "leave out --insecure-tls; --ca-cert FILE names who vouches for it");
    if (left < renewal_time)
        return finding(Finding::State::warn, "certificate", ends,
                       "put a new one where TLS_CERT and TLS_KEY point, and send execd a SIGHUP");
    return finding(Finding::State::ok, "certificate", "trusted, " + ends);
}

Finding judge_clock(std::chrono::milliseconds offset) {
    // The header has whole seconds, and the answer took its way.
    constexpr std::chrono::milliseconds tolerated{2'000};
    const auto size = offset < offset.zero() ? -offset : offset;
    if (size <= tolerated) return finding(Finding::State::ok, "clock", "within 2 s of the server's");
    return finding(Finding::State::warn, "clock",
                   std::to_string(std::chrono::round<std::chrono::seconds>(size).count()) + " s " +
                       (offset < offset.zero() ? "behind" : "ahead of") + " the server's",
                   "timedatectl set-ntp true");
}

std::string size_text(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 5> units{"B", "kB", "MB", "GB", "TB"};
    std::size_t unit = 0;
    std::uint64_t tenths = 0;
    while (bytes >= 1000 && unit + 1 < units.size()) {
        tenths = bytes % 1000 / 100;
        bytes /= 1000;
        ++unit;
    }
    const std::string part = bytes < 10 && unit > 0 ? "." + std::to_string(tenths) : "";
    return std::to_string(bytes) + part + " " + std::string(units[unit]);
}

}  // namespace libexec::cli
