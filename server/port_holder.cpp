#include "port_holder.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

namespace libexec::server {
namespace {

namespace fs = std::filesystem;

struct Listener {
    std::uint16_t port = 0;
    std::string inode;
};

void read_listeners(const char* path, std::vector<Listener>& listeners) {
    constexpr std::string_view listening = "0A";
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);  // the names of the columns
    while (std::getline(file, line)) {
        std::istringstream words(line);
        std::string number, local, remote, state, queues, timer, retransmits, user, timeout;
        Listener found;
        words >> number >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >>
            found.inode;
        const std::size_t colon = local.rfind(':');
        if (!words || state != listening || colon == std::string::npos) continue;
        const char* const end = local.data() + local.size();
        if (std::from_chars(local.data() + colon + 1, end, found.port, 16).ptr == end)
            listeners.push_back(std::move(found));
    }
}

std::vector<Listener> all_listeners() {
    std::vector<Listener> listeners;
    read_listeners("/proc/net/tcp", listeners);
    read_listeners("/proc/net/tcp6", listeners);
    return listeners;
}

/// Whether that process has the socket open; false for what it does not let us see.
bool holds(const fs::path& process, const std::string& socket) {
    std::error_code error;
    for (fs::directory_iterator at(process / "fd", error), end; !error && at != end; at.increment(error)) {
        std::error_code unreadable;
        if (fs::read_symlink(at->path(), unreadable) == socket) return true;
    }
    return false;
}

}  // namespace

std::optional<std::string> find_port_holder(std::uint16_t port) {
    std::error_code error;
    for (const Listener& listener : all_listeners()) {
        if (listener.port != port) continue;
        const std::string socket = "socket:[" + listener.inode + "]";
        for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
            const std::string pid = at->path().filename();
            if (pid.find_first_not_of("0123456789") != std::string::npos || !holds(at->path(), socket))
                continue;
            std::string name;
            std::ifstream command(at->path() / "comm");
            std::getline(command, name);
            return "process " + pid + (name.empty() ? "" : " (" + name + ")");
        }
    }
    return std::nullopt;
}

std::uint16_t next_free_port(std::uint16_t port) {
    const std::vector<Listener> listeners = all_listeners();
    for (std::uint32_t next = port + 1u; next <= UINT16_MAX; ++next) {
        const auto taken = [next](const Listener& listener) { return listener.port == next; };
        if (std::none_of(listeners.begin(), listeners.end(), taken)) return static_cast<std::uint16_t>(next);
    }
    return 0;
}

}  // namespace libexec::server
