#include "transport.hpp"

#include <algorithm>
#include <asio/error.hpp>
#include <cstring>

namespace libexec {

unsigned char Transport::first_byte(asio::error_code& error) {
    unsigned char byte = 0;
    socket_.receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, error);
    return byte;
}

void Transport::secure(const TlsIdentity& identity) {
    tls_ = std::make_unique<TlsLink>(identity, socket_.native_handle());
}

void Transport::secure(const TlsTrust& trust, const std::string& host) {
    tls_ = std::make_unique<TlsLink>(trust, host, socket_.native_handle());
}

asio::error_code Transport::error_of(TlsLink::Step step, Direction& waits_for, Direction usual) {
    waits_for = usual;
    switch (step) {
        case TlsLink::Step::done:
            return {};
        case TlsLink::Step::wants_read:
            waits_for = Socket::wait_read;
            return asio::error::would_block;
        case TlsLink::Step::wants_write:
            waits_for = Socket::wait_write;
            return asio::error::would_block;
        case TlsLink::Step::closed:
            return asio::error::eof;
        case TlsLink::Step::failed:
            break;
    }
    return asio::error::connection_reset;
}

void Transport::handshake(asio::error_code& error) {
    error = asio::error::bad_descriptor;
    if (socket_.is_open()) error = error_of(tls_->handshake(), reading_waits_for_, Socket::wait_read);
}

std::size_t Transport::read_some(std::span<char> into, asio::error_code& error) {
    if (!tls_) return socket_.read_some(asio::buffer(into.data(), into.size()), error);
    error = asio::error::bad_descriptor;
    if (!socket_.is_open()) return 0;
    if (unreported_) {
        error = std::exchange(unreported_, {});
        return 0;
    }
    // What came in many records is as much work as what came in one.
    std::size_t size = 0;
    do {
        std::size_t more = 0;
        error = error_of(tls_->read(into.subspan(size), more), reading_waits_for_, Socket::wait_read);
        size += more;
    } while (!error && size < into.size() && tls_->has_unread());
    if (size > 0) {
        if (error != asio::error::would_block) unreported_ = error;
        error.clear();
    }
    return size;
}

std::size_t Transport::write_some(std::string_view bytes, asio::error_code& error) {
    if (!tls_) return socket_.write_some(asio::buffer(bytes.data(), bytes.size()), error);
    std::size_t size = 0;
    error = asio::error::bad_descriptor;
    if (socket_.is_open()) error = error_of(tls_->write(bytes, size), writing_waits_for_, Socket::wait_write);
    return size;
}

std::size_t Transport::write_some(std::span<const asio::const_buffer> pieces, std::span<char> room,
                                  asio::error_code& error) {
    if (!tls_) return socket_.write_some(pieces, error);
    const auto text = [](const asio::const_buffer& piece) {
        return std::string_view(static_cast<const char*>(piece.data()), piece.size());
    };
    if (pieces.size() == 1 || pieces.front().size() >= room.size())
        return write_some(text(pieces.front()).substr(0, room.size()), error);
    std::size_t size = 0;
    for (const asio::const_buffer& piece : pieces) {
        const std::size_t part = std::min(piece.size(), room.size() - size);
        std::memcpy(room.data() + size, piece.data(), part);
        size += part;
    }
    return write_some(std::string_view(room.data(), size), error);
}

void Transport::end_sending() {
    asio::error_code ignored;
    // The link knows a closed socket by its old number, which may be another one's by now.
    if (tls_ && socket_.is_open()) tls_->say_goodbye();
    // Whatever comes now is thrown away, for which nobody has to decipher it.
    tls_.reset();
    socket_.shutdown(Socket::shutdown_send, ignored);
}

void Transport::limit_kernel_bytes(std::size_t bytes) {
    asio::error_code ignored;
    socket_.set_option(asio::socket_base::send_buffer_size(static_cast<int>(bytes)), ignored);
}

void Transport::cancel() {
    asio::error_code ignored;
    socket_.cancel(ignored);
}

void Transport::close() {
    asio::error_code ignored;
    socket_.close(ignored);
}

}  // namespace libexec
