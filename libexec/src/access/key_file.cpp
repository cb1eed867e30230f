#include "libexec/access/key_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>

#include "libexec/base/private_file.hpp"
#include "private_file.hpp"

namespace libexec {
namespace {

constexpr std::size_t bytes_most = 16 * 1024 * 1024;

Rejection trouble(const std::string& path, const std::string& what) {
    return reject(Reason::invalid_parameter, "'" + path + "' " + what);
}

/// Where the file really is: a new one takes the place of what a link points to, not of the link.
std::string real_path(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), std::free);
    return real ? std::string(real.get()) : path;
}

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

/// The lock of everybody who changes the file; given back by the kernel when the process dies. It lies beside
/// the file, which is another one after each change.
class ChangeLock {
public:
    explicit ChangeLock(const std::string& path)
        : file_(::open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
                       S_IRUSR | S_IWUSR)) {
        while (file_ >= 0 && ::flock(file_, LOCK_EX) != 0) {
            if (errno == EINTR) continue;
            ::close(file_);
            file_ = -1;
        }
    }
    ~ChangeLock() {
        if (file_ >= 0) ::close(file_);
    }
    ChangeLock(const ChangeLock&) = delete;
    ChangeLock& operator=(const ChangeLock&) = delete;
    bool held() const { return file_ >= 0; }

private:
    int file_;
};

/// Whether the folder's new entry is on the disk.
bool sync_folder(const std::string& folder) {
    const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) return false;
    const bool done = ::fsync(file) == 0;
    ::close(file);
    return done;
}

}  // namespace

std::optional<KeyFile::Mark> KeyFile::mark() const {
    struct stat found {};
    if (::stat(path_.c_str(), &found) != 0) return std::nullopt;
    Mark mark;
    mark.device = found.st_dev;
    mark.inode = found.st_ino;
    mark.size = static_cast<std::uint64_t>(found.st_size);
    mark.changed_ns = static_cast<std::int64_t>(found.st_mtim.tv_sec) * 1'000'000'000 + found.st_mtim.tv_nsec;
    return mark;
}

Result<std::vector<ApiKey>> KeyFile::read() const {
    const Result<std::string> text = read_private_file(path_, bytes_most);
    if (!text) return text.error();
    Result<std::vector<ApiKey>> keys = parse_keys(text.value());
    if (!keys) return trouble(path_, keys.error().detail);
    return keys;
}

Result<Done> KeyFile::update(const Change& change, bool create) const {
    const std::string path = real_path(path_);
    const ChangeLock lock(path);
    if (!lock.held()) return trouble(path_ + ".lock", "cannot be locked (" + last_system_error() + ")");
    std::vector<ApiKey> keys;
    if (!create || mark()) {
        Result<std::vector<ApiKey>> found = read();
        if (!found) return found.error();
        keys = std::move(found).value();
    }
    if (const Result<Done> changed = change(keys); !changed) return changed.error();
    const std::string text = encode_keys(keys);
    if (text.size() > bytes_most) return trouble(path_, "would be larger than 16 MiB");
    // Never left behind by two at once: the lock is held. By a crash, perhaps.
    const std::string fresh = path + ".new";
    ::unlink(fresh.c_str());
    if (const Result<Done> written = write_private_file(fresh, text); !written) return written.error();
    if (::rename(fresh.c_str(), path.c_str()) != 0) {
        const std::string why = last_system_error();
        ::unlink(fresh.c_str());
        return trouble(path_, "cannot be replaced (" + why + ")");
    }
    if (!sync_folder(folder_of(path)))
        return trouble(path_, "was replaced, but may be the old one after a power failure (" +
                                  last_system_error() + ")");
    return Done{};
}

}  // namespace libexec
