#pragma once

#include <chrono>

namespace libexec::cli {

/// Ctrl-C as something a wait can notice. While one exists, SIGINT no longer ends the program; a second
/// SIGINT does. At most one exists at a time, as signals belong to the process.
class Interrupt {
public:
    /// Throws std::system_error when the system has no pipe left.
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    bool raised() const;
    /// Becomes readable, and stays so, when interrupted.
    int descriptor() const { return read_end_; }
    /// False when interrupted before the time is over.
    bool wait_for(std::chrono::milliseconds time);

private:
    int read_end_ = -1;
    int write_end_ = -1;
};

}  // namespace libexec::cli
