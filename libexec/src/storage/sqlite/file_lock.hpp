#pragma once

#include <string>

namespace libexec {

/// The right to be the only process on a database: an advisory lock on a file beside it, given up by the
/// kernel when the process dies, however it dies. The file stays behind; its text names the last holder.
class FileLock {
public:
    /// Throws std::runtime_error naming the file and the holder when another process has it.
    explicit FileLock(const std::string& database_path);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

private:
    int descriptor_ = -1;
};

/// Creates the file, readable by its owner alone, unless it exists: signed transactions will be in it.
/// Throws std::runtime_error when it cannot be opened for writing.
void ensure_private_file(const std::string& path);

}  // namespace libexec
