#include "interrupt.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <system_error>

namespace libexec::cli {
namespace {

// A signal handler can reach nothing but globals, and may do little more than write one byte.
std::atomic<int> waker{-1};
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void on_interrupt(int) {
    const int saved = errno;
    const char byte = 1;
    [[maybe_unused]] const auto written = ::write(waker.load(), &byte, 1);
    errno = saved;
}

}  // namespace

Interrupt::Interrupt() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe");
    read_end_ = ends[0];
    write_end_ = ends[1];
    assert(waker.load() == -1);
    waker = write_end_;
    struct sigaction action {};
    action.sa_handler = on_interrupt;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(SIGINT, &action, nullptr);
}

Interrupt::~Interrupt() {
    ::signal(SIGINT, SIG_DFL);
    waker = -1;
    ::close(read_end_);
    ::close(write_end_);
}

bool Interrupt::raised() const {
    pollfd ready{read_end_, POLLIN, 0};
    return ::poll(&ready, 1, 0) > 0;
}

bool Interrupt::wait_for(std::chrono::milliseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        pollfd ready{read_end_, POLLIN, 0};
        const auto wait = std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 60'000);
        if (::poll(&ready, 1, static_cast<int>(wait)) > 0) return false;
        if (left.count() <= 0) return true;
    }
}

}  // namespace libexec::cli
