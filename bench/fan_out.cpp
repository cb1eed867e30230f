// What subscribers cost: resident memory of an idle one, and the time from an order's last event to the last
// of many sockets that follow it. Talks to a running execd; reads the memory of the process that it is told.
//
//   execd --port 3914 --database sqlite:/tmp/fan.db --rate-limit 0 --ws-per-order 0 --connection-limit 19000
//         --mock-time-scale 3 --mock-failure-rate 0 --log-level warn &
//   fan_out_bench 3914 $! 10000 order        (or: everything)
//
// The event's own timestamp is taken just before its commit, so the figure contains the commit.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::system_clock;

int connect_to(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (socket < 0 || ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error(
            "cannot connect: is execd there, and does `ulimit -n` allow that many sockets?");
    return socket;
}

void send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) throw std::runtime_error("cannot send");
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::string read_some(int socket) {
    std::array<char, 16 * 1024> buffer;
    const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (got <= 0) throw std::runtime_error("execd closed a connection early");
    return std::string(buffer.data(), static_cast<std::size_t>(got));
}

std::string submit(std::uint16_t port) {
    const std::string body = R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":"1"})";
    const int socket = connect_to(port);
    send_all(socket,
             "POST /api/orders/execute HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
             "Content-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body);
    const std::string answer = read_some(socket);
    ::close(socket);
    constexpr std::string_view mark = R"("orderId":")";
    constexpr std::size_t id_size = 36;
    const std::size_t at = answer.find(mark);
    if (at == std::string::npos) throw std::runtime_error("the order was not accepted: " + answer);
    return answer.substr(at + mark.size(), id_size);
}

void follow(int socket, const std::string& path) {
    send_all(socket, "GET " + path +
                         " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    const std::string answer = read_some(socket);
    if (!answer.starts_with("HTTP/1.1 101 ")) throw std::runtime_error("not accepted: " + answer);
}

long resident_kib(const std::string& pid) {
    std::ifstream status("/proc/" + pid + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) return std::strtol(line.c_str() + 6, nullptr, 10);
    }
    throw std::runtime_error("no process " + pid);
}

/// Microseconds since 1970 of "...T12:34:56.789012Z" behind `"timestamp":"`.
std::int64_t timestamp_of(std::string_view event) {
    constexpr std::string_view mark = R"("timestamp":")";
    const std::size_t at = event.find(mark);
    if (at == std::string_view::npos) throw std::runtime_error("an event without a timestamp");
    const std::string text(event.substr(at + mark.size(), 27));
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0;
    if (std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%d.%6dZ", &year, &month, &day, &hour, &minute, &second,
                    &micros) != 7)
        throw std::runtime_error("not a time: " + text);
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    const auto days = std::chrono::sys_days(date).time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(days).count() +
           ((hour * 60 + minute) * 60 + second) * std::int64_t{1'000'000} + micros;
}

/// Reads all sockets until each has seen the order's end; how long after its event's timestamp the last did.
std::int64_t microseconds_to_last(const std::vector<int>& sockets, const std::string& order) {
    const int poll = ::epoll_create1(0);
    std::vector<std::string> heard(sockets.size());
    for (std::size_t i = 0; i < sockets.size(); ++i) {
        epoll_event interest{};
        interest.events = EPOLLIN;
        interest.data.u64 = i;
        ::epoll_ctl(poll, EPOLL_CTL_ADD, sockets[i], &interest);
    }
    std::int64_t event_at = 0;
    std::vector<epoll_event> ready(1024);
    for (std::size_t missing = sockets.size(); missing > 0;) {
        const int count = ::epoll_wait(poll, ready.data(), static_cast<int>(ready.size()), 60'000);
        if (count <= 0) throw std::runtime_error(std::to_string(missing) + " sockets never heard of the end");
        for (int i = 0; i < count; ++i) {
            const std::size_t which = ready[static_cast<std::size_t>(i)].data.u64;
            std::string& text = heard[which].append(read_some(sockets[which]));
            const std::size_t end = text.rfind(R"("status":"confirmed")");
            if (end == std::string::npos || text.find(order) == std::string::npos ||
                text.find(R"("correlationId")", end) == std::string::npos)
                continue;
            if (event_at == 0) event_at = timestamp_of(std::string_view(text).substr(end));
            ::epoll_ctl(poll, EPOLL_CTL_DEL, sockets[which], nullptr);
            --missing;
        }
    }
    const auto now =
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch()).count();
    ::close(poll);
    return now - event_at;
}

int measure(std::uint16_t port, const std::string& pid, std::size_t count, bool everything) {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    // An order of one's own each time: followed from its start, or placed once everybody listens.
    std::string order = everything ? std::string() : submit(port);
    const std::string path = everything ? "/api/stream?topics=orders" : "/api/orders/" + order + "/stream";
    const long before = resident_kib(pid);
    std::vector<int> sockets;
    for (std::size_t i = 0; i < count; ++i) {
        sockets.push_back(connect_to(port));
        follow(sockets.back(), path);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const long after = resident_kib(pid);
    if (everything) order = submit(port);
    const std::int64_t micros = microseconds_to_last(sockets, order);
    std::printf("| %s | %zu | %.2f ms | %.2f KiB |\n", everything ? "everything" : "one order", count,
                static_cast<double>(micros) / 1000,
                static_cast<double>(after - before) / static_cast<double>(count));
    for (const int socket : sockets) ::close(socket);
    return 0;
}

}  // namespace

int main(int count, char** words) {
    if (count != 5) {
        std::fprintf(stderr, "fan_out_bench PORT PID SUBSCRIBERS order|everything\n");
        return 2;
    }
    try {
        return measure(static_cast<std::uint16_t>(std::stoi(words[1])), words[2], std::stoul(words[3]),
                       std::string_view(words[4]) == "everything");
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
