#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "libexec/base/task.hpp"
#include "libexec/telemetry/log.hpp"

namespace libexec {

/// Appends lines to a file that one process owns. A line counts as being on file when write(2) has taken it:
/// it then survives the death of the process, though not a loss of power.
///
/// With a thread, lines wait for the write that is under way and go out together in the next one. Lines are
/// never dropped: after a failed write they stay in front of the queue and the next `on_file` tries again.
/// Everything but the writing itself happens on the thread of `io`.
class JournalWriter {
public:
    /// Takes the file, creates it when absent. Throws std::runtime_error when it cannot be opened or
    /// another process has it. An empty path keeps nothing: every line is on file at once.
    JournalWriter(std::string path, bool own_thread, asio::io_context& io, Log& log);
    /// Writes what is left.
    ~JournalWriter();
    JournalWriter(const JournalWriter&) = delete;
    JournalWriter& operator=(const JournalWriter&) = delete;

    /// Cuts the file; only before the first line.
    void truncate(std::uint64_t size_bytes);
    /// Queues a line and says where it ends, as a count of bytes handed in so far.
    std::uint64_t append(std::string line);
    /// Returns true once everything up to `end` is on file, false when the writing failed.
    Task<bool> on_file(std::uint64_t end);

    std::uint64_t end() const { return end_; }
    /// Whether the last write failed.
    bool failing() const;

private:
    struct Shared;
    class Park;
    static void run(Shared& shared);

    std::shared_ptr<Shared> shared_;
    std::uint64_t end_ = 0;
    std::thread thread_;
};

}  // namespace libexec
