#include "private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "libexec/base/private_file.hpp"

namespace libexec {
namespace {

constexpr mode_t for_owner = S_IRUSR | S_IWUSR;

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

Result<std::string> read_private_file(const std::string& path, std::size_t size_most) {
    auto opened = PrivateFile::open(path);
    if (!opened) return trouble(path, opened.error().detail);
    PrivateFile file = std::move(opened).value();
    std::string text;
    std::array<std::uint8_t, 16 * 1024> part;
    for (;;) {
        const auto size = file.read(part);
        if (!size) return trouble(path, size.error().detail);
        if (size.value() == 0) return text;
        text.append(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(size.value()));
        if (text.size() > size_most)
            return trouble(path, "is larger than " + std::to_string(size_most) + " bytes");
    }
}

Result<Done> write_private_file(const std::string& path, const std::string& text) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, for_owner);
    if (file < 0 && errno == EEXIST) return trouble(path, "exists already and was left as it is");
    if (file < 0) return trouble(path, "cannot be written (" + last_system_error() + ")");
    const bool written = write_all(file, text);
    const std::string why = last_system_error();
    ::close(file);
    if (written) return Done{};
    ::unlink(path.c_str());
    return trouble(path, "cannot be written (" + why + ")");
}

}  // namespace libexec
