#pragma once

#include <string>

namespace libexec::test {

/// A certificate that signs itself and its key, as PEM.
struct TestCertificate {
    std::string certificate;
    std::string key;
};

/// Good for localhost and 127.0.0.1, from and until so many days from now.
TestCertificate make_certificate(int from_days = -1, int until_days = 30);
/// The key behind a passphrase.
std::string lock_key(const std::string& key, const std::string& passphrase);
/// Writes a file only its owner may read, unless `mode` says otherwise; returns its path.
std::string write_file(const std::string& path, const std::string& text, unsigned mode = 0600);

}  // namespace libexec::test
