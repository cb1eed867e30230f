#include "tls_link.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>

namespace libexec {

namespace {

// OpenSSL's own socket BIO writes with write(2), which raises SIGPIPE in programs that did not turn it off.

int bio_read(BIO* bio, char* into, int size) {
    bool again = false;
    const int got = static_cast<TlsLink*>(BIO_get_data(bio))->receive(into, size, again);
    BIO_clear_retry_flags(bio);
    if (again) BIO_set_retry_read(bio);
    return got;
}

int bio_write(BIO* bio, const char* from, int size) {
    bool again = false;
    const int sent = static_cast<TlsLink*>(BIO_get_data(bio))->send(from, size, again);
    BIO_clear_retry_flags(bio);
    if (again) BIO_set_retry_write(bio);
    return sent;
}

long bio_control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return static_cast<TlsLink*>(BIO_get_data(bio))->at_end() ? 1 : 0;
    return 0;
}

BIO_METHOD* make_method() {
    BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "connection");
    if (method == nullptr) throw std::bad_alloc();
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_ctrl(method, bio_control);
    return method;
}

/// Kept for the life of the process, as OpenSSL keeps its own.
const BIO_METHOD* method() {
    static const BIO_METHOD* const made = make_method();
    return made;
}

/// What one call takes from the socket at most; the longest flight of a handshake fits.
constexpr std::size_t received_most = 2 * tls_record_bytes;

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

TlsLink::TlsLink(ssl_ctx_st* context, int descriptor, bool client)
    : ssl_(SSL_new(context)), descriptor_(descriptor), client_(client) {
    BIO* const bio = BIO_new(method());
    if (ssl_ == nullptr || bio == nullptr) {
        SSL_free(ssl_);
        BIO_free(bio);
        throw std::bad_alloc();
    }
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio);
}

TlsLink::TlsLink(const TlsIdentity& identity, int descriptor)
    : TlsLink(identity.context(), descriptor, false) {
    SSL_set_accept_state(ssl_);
}

TlsLink::TlsLink(const TlsTrust& trust, const std::string& host, int descriptor)
    : TlsLink(trust.context(), descriptor, true) {
    SSL_set_connect_state(ssl_);
    X509_VERIFY_PARAM* const rules = SSL_get0_param(ssl_);
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    // An address has no business in SNI (RFC 6066 section 3), and is looked for elsewhere in a certificate.
    const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) == 1;
    ERR_clear_error();
    if (is_address) return;
    const bool named =
        SSL_set_tlsext_host_name(ssl_, host.c_str()) == 1 && SSL_set1_host(ssl_, host.c_str()) == 1;
    ERR_clear_error();
    if (named) return;
    // Without a name to hold the certificate against, no certificate is good.
    broken_ = true;
    trouble_ = "the host cannot be named in TLS";
}

TlsLink::~TlsLink() { SSL_free(ssl_); }

int TlsLink::receive(char* into, int size, bool& again) {
    // OpenSSL goes on by itself after a record without content while part of the next one is here. Whoever
    // floods us with such records must not hold up the others: the rest is for the next turn.
    if (received_ >= received_most) {
        again = true;
        return -1;
    }
    const ssize_t got = ::recv(descriptor_, into, static_cast<std::size_t>(size), 0);
    if (got < 0) again = would_block(errno);
    blocked_ = again;
    at_end_ = got == 0;
    received_ += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
    return static_cast<int>(got);
}

int TlsLink::send(const char* from, int size, bool& again) {
    const ssize_t sent = ::send(descriptor_, from, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent < 0) again = would_block(errno);
    return static_cast<int>(sent);
}

TlsLink::Step TlsLink::handshake() {
    if (broken_) return Step::failed;
    ERR_clear_error();
    blocked_ = false;
    received_ = 0;
    const int result = SSL_do_handshake(ssl_);
    established_ = result == 1;
    return after_reading(established_ ? Step::done : step_after(result));
}

TlsLink::Step TlsLink::read(std::span<char> into, std::size_t& size) {
    size = 0;
    if (broken_) return Step::failed;
    ERR_clear_error();
    blocked_ = false;
    received_ = 0;
    const int result = SSL_read_ex(ssl_, into.data(), into.size(), &size);
    return after_reading(result == 1 ? Step::done : step_after(result));
}

TlsLink::Step TlsLink::after_reading(Step step) {
    // Without the socket having been asked in vain, it was a record without content, and more may lie here.
    starved_ = step == Step::wants_read && blocked_;
    return step;
}

TlsLink::Step TlsLink::write(std::span<const char> from, std::size_t& size) {
    size = 0;
    if (broken_) return Step::failed;
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_, from.data(), std::min(from.size(), tls_record_bytes), &size);
    const Step step = result == 1 ? Step::done : step_after(result);
    unfinished_write_ = step == Step::wants_write || step == Step::wants_read;
    return step;
}

void TlsLink::say_goodbye() {
    // In the middle of a record it would be taken for part of that.
    if (!established_ || broken_ || unfinished_write_) return;
    ERR_clear_error();
    if (SSL_shutdown(ssl_) < 0) ERR_clear_error();
    broken_ = true;
}

bool TlsLink::has_unread() const {
    if (broken_) return false;
    // Part of a record is no reason to try again before the rest of it comes.
    return SSL_pending(ssl_) > 0 || (SSL_has_pending(ssl_) == 1 && !starved_);
}

TlsLink::Step TlsLink::step_after(int result) {
    const int error_number = errno;
    switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_WANT_READ:
            return Step::wants_read;
        case SSL_ERROR_WANT_WRITE:
            return Step::wants_write;
        case SSL_ERROR_ZERO_RETURN:
            return Step::closed;
        default:
            trouble_ = words_of(SSL_get_error(ssl_, result), error_number);
            break;
    }
    ERR_clear_error();
    broken_ = true;
    return Step::failed;
}

std::string TlsLink::words_of(int ssl_error, int error_number) const {
    if (ssl_error == SSL_ERROR_SYSCALL) {
        if (at_end_) return client_ ? "the server left" : "the client left";
        return std::generic_category().message(error_number);
    }
    if (const long verdict = SSL_get_verify_result(ssl_); client_ && verdict != X509_V_OK)
        return std::string("the certificate does not count: ") + X509_verify_cert_error_string(verdict);
    const char* const reason = ERR_reason_error_string(ERR_peek_error());
    return reason != nullptr ? reason : "no reason given";
}

}  // namespace libexec
