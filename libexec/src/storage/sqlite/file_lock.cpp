#include "file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace libexec {
namespace {

std::string holder_of(int descriptor) {
    std::array<char, 32> text{};
    const ssize_t size = ::pread(descriptor, text.data(), text.size() - 1, 0);
    std::string pid;
    for (ssize_t i = 0;
         i < size && text[static_cast<std::size_t>(i)] >= '0' && text[static_cast<std::size_t>(i)] <= '9';
         ++i) {
        pid += text[static_cast<std::size_t>(i)];
    }
    return pid.empty() ? "another process" : "process " + pid;
}

}  // namespace

FileLock::FileLock(const std::string& database_path) {
    const std::string path = database_path + ".lock";
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor_ < 0) {
        throw std::runtime_error("cannot create the lock file '" + path +
                                 "': " + std::generic_category().message(errno));
    }
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
        const int error = errno;
        const std::string holder = holder_of(descriptor_);
        ::close(descriptor_);
        if (error == EWOULDBLOCK) {
            throw std::runtime_error("the database '" + database_path + "' is in use by " + holder +
                                     " (lock file '" + path + "')");
        }
        throw std::runtime_error("cannot lock '" + path + "': " + std::generic_category().message(error));
    }
    const std::string pid = std::to_string(::getpid()) + "\n";
    // The text only helps people find the holder; the lock itself does not depend on it.
    if (::ftruncate(descriptor_, 0) != 0 || ::pwrite(descriptor_, pid.data(), pid.size(), 0) < 0) {
        const int error = errno;
        ::close(descriptor_);
        throw std::runtime_error("cannot write the lock file '" + path +
                                 "': " + std::generic_category().message(error));
    }
}

FileLock::~FileLock() { ::close(descriptor_); }

void ensure_private_file(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
        throw std::runtime_error("cannot open the database '" + path +
                                 "' for writing: " + std::generic_category().message(errno));
    ::close(descriptor);
}

}  // namespace libexec
