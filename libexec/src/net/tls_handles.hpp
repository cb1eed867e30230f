#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

namespace libexec {

/// What OpenSSL hands out, given back.
struct OpensslFree {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using BioHandle = std::unique_ptr<BIO, OpensslFree>;
using CertificateHandle = std::unique_ptr<X509, OpensslFree>;
using KeyHandle = std::unique_ptr<EVP_PKEY, OpensslFree>;

}  // namespace libexec
