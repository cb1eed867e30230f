#include "journal_writer.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <asio/async_result.hpp>
#include <asio/post.hpp>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

namespace libexec {
namespace {

/// A suspended coroutine that waits for the file, whatever its handler's type.
class Waiter {
public:
    virtual ~Waiter() = default;
    virtual void resume(bool written) = 0;
};

template <class Handler>
class HandlerWaiter final : public Waiter {
public:
    explicit HandlerWaiter(Handler handler) : handler_(std::move(handler)) {}
    void resume(bool written) override { std::move(handler_)(written); }

private:
    Handler handler_;
};

struct Parked {
    std::uint64_t end = 0;
    std::unique_ptr<Waiter> waiter;
};

}  // namespace

struct JournalWriter::Shared : std::enable_shared_from_this<JournalWriter::Shared> {
    Shared(std::string file_path, asio::io_context& engine_io, Log& engine_log)
        : path(std::move(file_path)), io(engine_io), log(engine_log) {}

    const std::string path;
    asio::io_context& io;
    Log& log;
    int fd = -1;
    bool threaded = false;

    std::mutex mutex;  // guards the five below
    std::condition_variable wake;
    std::string queue;
    bool asked = false;
    bool asleep = false;
    bool stopping = false;

    // Owned by the writer: the thread, or whoever appends when there is none.
    std::string writing;
    std::uint64_t taken = 0;  // bytes the file has

    // Owned by the thread of io.
    std::uint64_t written = 0;
    bool failing = false;
    bool closed = false;  // the writer is gone; a report still on its way finds nobody
    std::vector<Parked> parked;

    /// Writes as much of `writing` as the file takes; 0 or the errno.
    int write_out() {
        while (!writing.empty()) {
            const ssize_t done = ::write(fd, writing.data(), writing.size());
            if (done < 0 && errno == EINTR) continue;
            if (done < 0) return errno;
            writing.erase(0, static_cast<std::size_t>(done));
            taken += static_cast<std::uint64_t>(done);
        }
        return 0;
    }

    /// On the thread of io, after each attempt to write.
    void report(std::uint64_t now_taken, int error) {
        if (closed) return;
        written = now_taken;
        if (error != 0 && !failing) {
            log.error("chain.journal_failed", "the simulated chain cannot write its journal",
                      {{"path", path}, {"error", std::generic_category().message(error)}});
        }
        if (error == 0 && failing)
            log.info("chain.journal_recovered", "the simulated chain's journal is written again");
        failing = error != 0;
        std::vector<Parked> ready;
        std::vector<Parked> waiting;
        for (Parked& entry : parked)
            (entry.end <= written || failing ? ready : waiting).push_back(std::move(entry));
        parked = std::move(waiting);
        for (Parked& entry : ready) entry.waiter->resume(entry.end <= now_taken);
    }

    void ask() {
        asked = true;
        if (asleep) wake.notify_one();
    }
};

/// Starts a wait for the file: keeps the handler until the writer reports.
class JournalWriter::Park {
public:
    Park(Shared& shared, std::uint64_t end) : shared_(shared), end_(end) {}

    template <class Handler>
    void operator()(Handler&& handler) const {
        Parked entry;
        entry.end = end_;
        entry.waiter = std::make_unique<HandlerWaiter<std::decay_t<Handler>>>(std::forward<Handler>(handler));
        shared_.parked.push_back(std::move(entry));
        const std::lock_guard lock(shared_.mutex);
        shared_.ask();
    }

private:
    Shared& shared_;
    std::uint64_t end_;
};

JournalWriter::JournalWriter(std::string path, bool own_thread, asio::io_context& io, Log& log)
    : shared_(std::make_shared<Shared>(std::move(path), io, log)) {
    if (shared_->path.empty()) return;
    const std::string name = "the simulated chain's journal " + shared_->path;
    shared_->fd = ::open(shared_->path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (shared_->fd < 0)
        throw std::runtime_error("cannot open " + name + ": " + std::generic_category().message(errno));
    struct stat about {};
    if (::fstat(shared_->fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        ::close(shared_->fd);
        throw std::runtime_error(name + " is not a file");
    }
    if (::flock(shared_->fd, LOCK_EX | LOCK_NB) != 0) {
        ::close(shared_->fd);
        throw std::runtime_error(name + " belongs to another process: give this one a journal of its own");
    }
    shared_->threaded = own_thread;
    if (own_thread) thread_ = std::thread([shared = shared_] { run(*shared); });
}

JournalWriter::~JournalWriter() {
    Shared& shared = *shared_;
    if (thread_.joinable()) {
        {
            const std::lock_guard lock(shared.mutex);
            shared.stopping = true;
            shared.ask();
        }
        thread_.join();
    }
    shared.closed = true;
    shared.parked.clear();
    if (shared.fd >= 0) ::close(shared.fd);  // not left to the last report: the lock goes with it
}

void JournalWriter::run(Shared& shared) {
    for (bool stopping = false; !stopping;) {
        {
            std::unique_lock lock(shared.mutex);
            shared.asleep = true;
            shared.wake.wait(lock, [&] { return shared.asked; });
            shared.asleep = false;
            shared.asked = false;
            stopping = shared.stopping;
            shared.writing += shared.queue;
            shared.queue.clear();
        }
        const int error = shared.write_out();
        asio::post(shared.io, [keep = shared.shared_from_this(), taken = shared.taken, error] {
            keep->report(taken, error);
        });
    }
}

void JournalWriter::truncate(std::uint64_t size_bytes) {
    if (shared_->fd < 0) return;
    if (::ftruncate(shared_->fd, static_cast<off_t>(size_bytes)) != 0) {
        throw std::runtime_error("cannot cut the torn last line off the simulated chain's journal " +
                                 shared_->path + ": " + std::generic_category().message(errno));
    }
}

std::uint64_t JournalWriter::append(std::string line) {
    line += '\n';
    end_ += line.size();
    Shared& shared = *shared_;
    if (shared.fd < 0) {
        shared.written = end_;
    } else if (shared.threaded) {
        const std::lock_guard lock(shared.mutex);
        shared.queue += line;
        shared.ask();
    } else {
        shared.writing += line;
        const int error = shared.write_out();
        shared.report(shared.taken, error);
    }
    return end_;
}

Task<bool> JournalWriter::on_file(std::uint64_t end) {
    Shared& shared = *shared_;
    if (shared.written >= end) co_return true;
    if (!shared.threaded) {
        const int error = shared.write_out();
        shared.report(shared.taken, error);
        co_return shared.written >= end;
    }
    const Park park(shared, end);
    const bool written =
        co_await asio::async_initiate<const asio::use_awaitable_t<Executor>&, void(bool)>(park, use_task);
    co_return written;
}

bool JournalWriter::failing() const { return shared_->failing; }

}  // namespace libexec
