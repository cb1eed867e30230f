#include "signer_socket.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <utility>

#include "libexec/base/private_file.hpp"

namespace libexec {
namespace {

constexpr std::size_t path_size_most = sizeof(sockaddr_un::sun_path) - 1;

[[noreturn]] void give_up(const std::string& words) { throw std::runtime_error(words); }

/// Whoever may write to a folder can put another socket into the place of ours.
void check_folder(const std::string& path) {
    std::string folder = std::filesystem::path(path).parent_path().string();
    if (folder.empty()) folder = ".";
    struct stat found {};
    if (::stat(folder.c_str(), &found) != 0)
        give_up("the folder '" + folder + "' of the socket cannot be read (" + last_system_error() +
                "): make it, mode 700");
    if (!S_ISDIR(found.st_mode)) give_up("the socket's folder '" + folder + "' is none");
    if (found.st_uid != ::geteuid() && found.st_uid != 0)
        give_up("the socket's folder '" + folder + "' belongs to user " + std::to_string(found.st_uid) +
                ", and this is user " + std::to_string(::geteuid()) + ": chown it or take another one");
    if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        give_up("the socket's folder '" + folder +
                "' can be written to by others than its owner: chmod go-w " + folder);
}

}  // namespace

SignerSocket::SignerSocket(std::string path, bool for_others, asio::io_context& io)
    : path_(std::move(path)), acceptor_(io.get_executor()) {
    if (path_.empty() || path_.size() > path_size_most)
        give_up("the path of a socket has 1 to " + std::to_string(path_size_most) + " bytes, not " +
                std::to_string(path_.size()));
    check_folder(path_);
    hold();
    try {
        listen(for_others);
    } catch (...) {
        ::close(lock_);
        throw;
    }
}

SignerSocket::~SignerSocket() {
    struct stat found {};
    // Somebody may have put something of his own there since.
    if (inode_ && ::lstat(path_.c_str(), &found) == 0 && found.st_ino == *inode_) ::unlink(path_.c_str());
    ::close(lock_);
}

/// A lock beside the socket, which the system lets go of when its holder dies in whatever way.
void SignerSocket::hold() {
    const std::string path = path_ + ".lock";
    lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (lock_ < 0) give_up("the lock '" + path + "' cannot be had (" + last_system_error() + ")");
    if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return;
    ::close(lock_);
    give_up("another signer listens on '" + path_ + "': stop it, or take another path");
}

void SignerSocket::listen(bool for_others) {
    struct stat found {};
    if (::lstat(path_.c_str(), &found) == 0) {
        if (!S_ISSOCK(found.st_mode)) give_up("'" + path_ + "' is there already, and is no socket");
        ::unlink(path_.c_str());  // left by one that was killed: its lock is gone
    }
    asio::error_code error;
    acceptor_.open(asio::local::stream_protocol(), error);
    const mode_t before = ::umask(S_IXUSR | S_IRWXG | S_IRWXO);
    if (!error) acceptor_.bind(asio::local::stream_protocol::endpoint(path_), error);
    ::umask(before);
    if (!error && ::lstat(path_.c_str(), &found) == 0) inode_ = found.st_ino;
    const mode_t mode = S_IRUSR | S_IWUSR | (for_others ? S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH : 0);
    const bool has_mode = !error && ::chmod(path_.c_str(), mode) == 0;
    if (!error && !has_mode)
        give_up("'" + path_ + "' cannot be given its mode (" + last_system_error() + ")");
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) give_up("cannot listen on '" + path_ + "': " + error.message());
}

std::optional<std::uint32_t> peer_user(int descriptor) {
    ucred peer{};
    socklen_t size = sizeof(peer);
    if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || size != sizeof(peer))
        return std::nullopt;
    return peer.uid;
}

}  // namespace libexec
