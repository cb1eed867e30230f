#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <asio/basic_socket_acceptor.hpp>
#include <asio/local/stream_protocol.hpp>

#include "libexec/base/task.hpp"

namespace libexec {

/// The place of a Unix socket, held as long as this lives: nobody else listens there meanwhile, and at the
/// end the socket is gone.
class SignerSocket {
public:
    using Acceptor = asio::basic_socket_acceptor<asio::local::stream_protocol, Executor>;

    /// Throws std::runtime_error, with the fix: a folder that is not there or that others may write to, a
    /// path that is too long or is no socket, a place that somebody else holds.
    SignerSocket(std::string path, bool for_others, asio::io_context& io);
    ~SignerSocket();
    SignerSocket(const SignerSocket&) = delete;
    SignerSocket& operator=(const SignerSocket&) = delete;

    Acceptor& acceptor() { return acceptor_; }

private:
    void hold();
    void listen(bool for_others);

    const std::string path_;
    Acceptor acceptor_;
    int lock_ = -1;
    std::optional<std::uint64_t> inode_;  ///< of the socket that was made here
};

/// Who is at the other end, or nothing when the system does not say.
std::optional<std::uint32_t> peer_user(int descriptor);

}  // namespace libexec
