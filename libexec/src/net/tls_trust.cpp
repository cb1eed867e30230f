#include "libexec/net/tls_trust.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <stdexcept>

namespace libexec {

namespace {

constexpr std::array<unsigned char, 9> offered{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

std::string openssl_reason() {
    const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return reason != nullptr ? reason : "no reason given";
}

}  // namespace

std::shared_ptr<const TlsTrust> TlsTrust::load(const std::string& ca_file) {
    ERR_clear_error();
    const std::shared_ptr<TlsTrust> trust(new TlsTrust);
    SSL_CTX* const context = trust->context_ = SSL_CTX_new(TLS_client_method());
    if (context == nullptr) throw std::runtime_error("OpenSSL could not start: " + openssl_reason());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    // As a server has it: see TlsLink::receive.
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    // Zero is its word for success, unlike all others.
    if (SSL_CTX_set_alpn_protos(context, offered.data(), static_cast<unsigned>(offered.size())) != 0)
        throw std::runtime_error("OpenSSL could not start: " + openssl_reason());
    if (ca_file.empty()) {
        if (SSL_CTX_set_default_verify_paths(context) != 1) {
            throw BadTlsFile(BadTlsFile::File::certificate,
                             "the system's trusted certificates cannot be read (" + openssl_reason() +
                                 "): install them, or name a file");
        }
    } else if (SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1) {
        throw BadTlsFile(BadTlsFile::File::certificate,
                         "cannot be trusted (" + openssl_reason() +
                             "): must be a file this user may read, with certificates in PEM form");
    }
    ERR_clear_error();  // a system without a folder of certificates leaves a word behind
    return trust;
}

TlsTrust::~TlsTrust() { SSL_CTX_free(context_); }

}  // namespace libexec
