#include "libexec/base/private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace libexec {
namespace {

constexpr mode_t for_others = S_IRWXG | S_IRWXO;

Rejection trouble(std::string what) { return reject(Reason::invalid_parameter, std::move(what)); }

Rejection unreadable() { return trouble("cannot be read (" + last_system_error() + ")"); }

}  // namespace

std::string last_system_error() { return std::generic_category().message(errno); }

Result<PrivateFile> PrivateFile::open(const std::string& path) {
    // Without O_NONBLOCK a pipe would hold us up.
    PrivateFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.descriptor_ < 0) return unreadable();
    struct stat found {};
    if (::fstat(file.descriptor_, &found) != 0) return unreadable();
    if (!S_ISREG(found.st_mode)) return trouble("is not a file");
    if ((found.st_mode & for_others) != 0)
        return trouble("can be reached by others than its owner: chmod 600 " + path);
    file.owner_ = found.st_uid;
    return file;
}

PrivateFile::PrivateFile(PrivateFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), owner_(other.owner_) {}

PrivateFile::~PrivateFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::size_t> PrivateFile::read(std::span<std::uint8_t> part) {
    for (;;) {
        const ssize_t size = ::read(descriptor_, part.data(), part.size());
        if (size >= 0) return static_cast<std::size_t>(size);
        if (errno != EINTR) return unreadable();
    }
}

}  // namespace libexec
