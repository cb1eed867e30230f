#include "tls_context.hpp"

#include <openssl/err.h>

#include <stdexcept>

namespace libexec {

std::string openssl_reason() {
    const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return reason != nullptr ? reason : "no reason given";
}

SSL_CTX* make_tls_context(const SSL_METHOD* side) {
    SSL_CTX* const context = SSL_CTX_new(side);
    if (context == nullptr) throw std::runtime_error("OpenSSL could not start: " + openssl_reason());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // An idle connection holds no buffers. One record at a time, as far as OpenSSL keeps to it: see
    // TlsLink::receive.
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return context;
}

}  // namespace libexec
