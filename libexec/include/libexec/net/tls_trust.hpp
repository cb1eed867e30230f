#pragma once

#include <memory>
#include <string>

#include "libexec/net/tls_identity.hpp"

namespace libexec {

/// Whom a client of TLS believes: the authorities whose certificates count. Read once, never changed, shared
/// between connections and threads.
class TlsTrust {
public:
    /// The authorities of a PEM file and no others; those of the system when `ca_file` is empty. Throws
    /// BadTlsFile for a file that cannot be read or holds no certificate.
    static std::shared_ptr<const TlsTrust> load(const std::string& ca_file);
    ~TlsTrust();
    TlsTrust(const TlsTrust&) = delete;
    TlsTrust& operator=(const TlsTrust&) = delete;

    /// For the connections: TLS 1.2 and later, the server's certificate verified.
    ssl_ctx_st* context() const { return context_; }

private:
    TlsTrust() = default;

    ssl_ctx_st* context_ = nullptr;
};

}  // namespace libexec
