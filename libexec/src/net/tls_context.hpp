#pragma once

#include <openssl/ssl.h>

#include <string>

namespace libexec {

/// OpenSSL's last word on why something failed; empties its list.
std::string openssl_reason();

/// The settings that a server (TLS_server_method) and a client (TLS_client_method) share: TLS 1.2 at least,
/// no renegotiation, no compression, no kept sessions. The caller frees it; std::runtime_error when OpenSSL
/// has none to give.
SSL_CTX* make_tls_context(const SSL_METHOD* side);

}  // namespace libexec
