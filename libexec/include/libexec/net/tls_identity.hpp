#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace libexec {

/// A certificate or key file that cannot be served with: `what` says the rule and the fix, and leaves naming
/// the file to whoever knows what it is called.
class BadTlsFile : public std::runtime_error {
public:
    /// Which of the two files it is about.
    enum class File { certificate, key };

    /// `text` says the rule and the fix.
    BadTlsFile(File which, const std::string& text) : std::runtime_error(text), file(which) {}

    const File file;
};

/// How a server shows who it is: a certificate with its chain, and the private key. Read from files and
/// checked once, never changed, shared between threads.
class TlsIdentity {
public:
    /// Reads PEM files: the server's certificate first and the chain behind it; the key without passphrase
    /// and closed to other users (group may read it). Throws BadTlsFile. The validity is not judged here.
    static std::shared_ptr<const TlsIdentity> load(const std::string& certificate_file,
                                                   const std::string& key_file);
    ~TlsIdentity();
    TlsIdentity(const TlsIdentity&) = delete;
    TlsIdentity& operator=(const TlsIdentity&) = delete;

    /// The names and addresses it is good for, such as "exec.example.com, 127.0.0.1".
    const std::string& names() const { return names_; }
    /// SHA-256 of the certificate, in hexadecimal.
    const std::string& fingerprint() const { return fingerprint_; }
    /// The first second it counts.
    std::chrono::sys_seconds valid_from() const { return valid_from_; }
    /// The last second it counts.
    std::chrono::sys_seconds valid_until() const { return valid_until_; }

    /// For the connections.
    ssl_ctx_st* context() const { return context_; }

private:
    TlsIdentity() = default;

    ssl_ctx_st* context_ = nullptr;
    std::string names_;
    std::string fingerprint_;
    std::chrono::sys_seconds valid_from_{};
    std::chrono::sys_seconds valid_until_{};
};

}  // namespace libexec
