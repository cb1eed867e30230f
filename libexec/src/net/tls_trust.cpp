#include "libexec/net/tls_trust.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <stdexcept>

#include "tls_context.hpp"

namespace libexec {

namespace {

constexpr std::array<unsigned char, 9> offered{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

}  // namespace

std::shared_ptr<const TlsTrust> TlsTrust::load(const std::string& ca_file) {
    ERR_clear_error();
    const std::shared_ptr<TlsTrust> trust(new TlsTrust);
    SSL_CTX* const context = trust->context_ = make_tls_context(TLS_client_method());
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
