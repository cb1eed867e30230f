#include "private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace libexec {
namespace {

constexpr mode_t for_others = S_IRWXG | S_IRWXO;
constexpr mode_t for_owner = S_IRUSR | S_IWUSR;

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int number() const { return number_; }

private:
    int number_;
};

Rejection trouble(const std::string& path, const std::string& what) {
    return reject(Reason::invalid_parameter, "'" + path + "' " + what);
}

bool write_all(int file, const std::string& text) {
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t written = ::write(file, text.data() + done, text.size() - done);
        if (written < 0 && errno != EINTR) return false;
        if (written > 0) done += static_cast<std::size_t>(written);
    }
    return ::fsync(file) == 0;
}

}  // namespace

std::string last_system_error() { return std::generic_category().message(errno); }

Result<std::string> read_private_file(const std::string& path, std::size_t size_most) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.number() < 0) return trouble(path, "cannot be read (" + last_system_error() + ")");
    struct stat found {};
    if (::fstat(file.number(), &found) != 0)
        return trouble(path, "cannot be read (" + last_system_error() + ")");
    if (!S_ISREG(found.st_mode)) return trouble(path, "is not a file");
    if ((found.st_mode & for_others) != 0)
        return trouble(path, "can be reached by others than its owner: chmod 600 " + path);
    std::string text;
    char part[16 * 1024];
    for (;;) {
        const ssize_t size = ::read(file.number(), part, sizeof part);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return trouble(path, "cannot be read (" + last_system_error() + ")");
        if (size == 0) return text;
        text.append(part, static_cast<std::size_t>(size));
        if (text.size() > size_most)
            return trouble(path, "is larger than " + std::to_string(size_most) + " bytes");
    }
}

Result<Done> write_private_file(const std::string& path, const std::string& text) {
    const Descriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, for_owner));
    if (file.number() < 0 && errno == EEXIST) return trouble(path, "exists already and was left as it is");
    if (file.number() < 0) return trouble(path, "cannot be written (" + last_system_error() + ")");
    if (write_all(file.number(), text)) return Done{};
    const std::string why = last_system_error();
    ::unlink(path.c_str());
    return trouble(path, "cannot be written (" + why + ")");
}

}  // namespace libexec
