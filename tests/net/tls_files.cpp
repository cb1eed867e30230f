#include "net/tls_files.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <fstream>
#include <memory>
#include <stdexcept>

namespace libexec::test {

namespace {

template <class T>
using Handle = std::unique_ptr<T, void (*)(T*)>;

Handle<BIO> memory() {
    return {BIO_new(BIO_s_mem()), [](BIO* bio) { BIO_free(bio); }};
}

std::string text_in(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return std::string(data, static_cast<std::size_t>(size));
}

void require(bool good, const char* what) {
    if (!good) throw std::runtime_error(std::string("OpenSSL cannot ") + what);
}

}  // namespace

TestCertificate make_certificate(int from_days, int until_days) {
    const Handle<EVP_PKEY> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const Handle<X509> made(X509_new(), X509_free);
    X509* const x509 = made.get();
    constexpr long day = 24 * 60 * 60;
    static long serial = 1;
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x509), from_days * day);
    X509_gmtime_adj(X509_getm_notAfter(x509), until_days * day);
    X509_set_pubkey(x509, key.get());
    X509_NAME* const name = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"),
                               -1, -1, 0);
    X509_set_issuer_name(x509, name);
    X509V3_CTX context;
    X509V3_set_ctx(&context, x509, x509, nullptr, nullptr, 0);
    const Handle<X509_EXTENSION> names(
        X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1"),
        X509_EXTENSION_free);
    require(names != nullptr && X509_add_ext(x509, names.get(), -1) == 1, "name a certificate");
    require(X509_sign(x509, key.get(), EVP_sha256()) > 0, "sign a certificate");

    const Handle<BIO> certificate = memory();
    const Handle<BIO> secret = memory();
    require(PEM_write_bio_X509(certificate.get(), x509) == 1, "write a certificate");
    require(PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
            "write a key");
    return {text_in(certificate.get()), text_in(secret.get())};
}

std::string lock_key(const std::string& key, const std::string& passphrase) {
    const Handle<BIO> open(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())),
                           [](BIO* bio) { BIO_free(bio); });
    const Handle<EVP_PKEY> read(PEM_read_bio_PrivateKey(open.get(), nullptr, nullptr, nullptr),
                                EVP_PKEY_free);
    const Handle<BIO> locked = memory();
    require(PEM_write_bio_PrivateKey(locked.get(), read.get(), EVP_aes_256_cbc(),
                                     reinterpret_cast<const unsigned char*>(passphrase.data()),
                                     static_cast<int>(passphrase.size()), nullptr, nullptr) == 1,
            "lock a key");
    return text_in(locked.get());
}

std::string write_file(const std::string& path, const std::string& text, unsigned mode) {
    std::ofstream(path, std::ios::binary) << text;
    require(::chmod(path.c_str(), mode) == 0, "be given a file of that mode");
    return path;
}

}  // namespace libexec::test
