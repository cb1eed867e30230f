#include "libexec/net/tls_identity.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <string_view>
#include <system_error>

#include "tls_context.hpp"
#include "tls_handles.hpp"

namespace libexec {

namespace {

using File = BadTlsFile::File;

constexpr std::size_t file_bytes_max = 1024 * 1024;
constexpr std::array<unsigned char, 18> spoken{8, 'h', 't', 't', 'p', '/', '1', '.', '1',
                                               8, 'h', 't', 't', 'p', '/', '1', '.', '0'};

/// Cleared when it goes: it may hold a key.
struct FileText {
    FileText() = default;
    FileText(const FileText&) = delete;
    FileText& operator=(const FileText&) = delete;
    ~FileText() { OPENSSL_cleanse(text.data(), text.size()); }

    BioHandle reader() const {
        return BioHandle(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    }

    std::string text;
};

struct Descriptor {
    int number;
    ~Descriptor() {
        if (number >= 0) ::close(number);
    }
};

[[noreturn]] void refuse_unreadable(File which, int error) {
    throw BadTlsFile(which, "cannot be read (" + std::generic_category().message(error) +
                                "): must be a PEM file that this user may read");
}

void read_file(File which, const std::string& path, FileText& into) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    struct stat facts {};
    if (file.number < 0 || ::fstat(file.number, &facts) != 0) refuse_unreadable(which, errno);
    // What OpenSSH does: a key that others have read is no longer one. The group may be a server's own.
    if (which == File::key && (facts.st_mode & (S_IROTH | S_IWOTH)) != 0)
        throw BadTlsFile(which, "is open to every user of this machine: chmod o-rwx " + path);
    into.text.resize(file_bytes_max);
    std::size_t size = 0;
    while (size < into.text.size()) {
        const ssize_t got = ::read(file.number, into.text.data() + size, into.text.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) refuse_unreadable(which, errno);
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size == file_bytes_max) throw BadTlsFile(which, "is larger than 1 MiB: must be a PEM file");
    into.text.resize(size);
}

/// The first certificate is the server's; the others, its issuers, go behind it.
CertificateHandle read_certificates(const FileText& file, SSL_CTX* context) {
    const BioHandle reader = file.reader();
    CertificateHandle own(PEM_read_bio_X509_AUX(reader.get(), nullptr, nullptr, nullptr));
    if (!own) {
        ERR_clear_error();
        throw BadTlsFile(File::certificate,
                         "holds no certificate in PEM form (-----BEGIN CERTIFICATE-----): name the one that "
                         "does, or convert it with openssl x509 -inform der");
    }
    if (SSL_CTX_use_certificate(context, own.get()) != 1)
        throw BadTlsFile(File::certificate, "is not accepted by OpenSSL (" + openssl_reason() +
                                                "): must hold a certificate with a strong key");
    for (int number = 2;; ++number) {
        CertificateHandle issuer(PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr));
        if (!issuer) {
            if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) break;
            throw BadTlsFile(File::certificate, "is broken at certificate " + std::to_string(number) + " (" +
                                                    openssl_reason() + "): must be PEM throughout");
        }
        if (SSL_CTX_add1_chain_cert(context, issuer.get()) != 1)
            throw BadTlsFile(File::certificate, "is not accepted by OpenSSL at certificate " +
                                                    std::to_string(number) + " (" + openssl_reason() +
                                                    "): must hold the chain of its first certificate");
    }
    ERR_clear_error();
    return own;
}

int note_passphrase(char*, int, int, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

void read_key(const FileText& file, SSL_CTX* context, X509* certificate) {
    const BioHandle reader = file.reader();
    bool passphrase = false;
    const KeyHandle key(PEM_read_bio_PrivateKey(reader.get(), nullptr, note_passphrase, &passphrase));
    if (passphrase)
        throw BadTlsFile(File::key,
                         "is locked by a passphrase, and nobody is there to type it: unlock it with openssl "
                         "pkey -in FILE -out NEWFILE");
    if (!key) {
        ERR_clear_error();
        throw BadTlsFile(File::key, "holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)");
    }
    if (X509_check_private_key(certificate, key.get()) != 1) {
        ERR_clear_error();
        throw BadTlsFile(File::key,
                         "is not the key of the certificate: must be the one the certificate was made for");
    }
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1)
        throw BadTlsFile(File::key, "is not accepted by OpenSSL (" + openssl_reason() + ")");
}

/// Of what the client offers; one that insists on something else is refused (RFC 7301 section 3.2).
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(&found, size, spoken.data(), static_cast<unsigned>(spoken.size()), offered,
                              offered_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

SSL_CTX* make_context() {
    // Sessions are resumed by tickets, and the server remembers none.
    SSL_CTX* const context = make_tls_context(TLS_server_method());
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    return context;
}

std::string names_of(X509* certificate) {
    std::string names;
    const auto add = [&names](const std::string& name) {
        if (!name.empty()) names += (names.empty() ? "" : ", ") + name;
    };
    auto* const all =
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
        const GENERAL_NAME* const name = sk_GENERAL_NAME_value(all, i);
        if (name->type == GEN_DNS) {
            add(std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                            static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))));
        } else if (name->type == GEN_IPADD) {
            char* const text = i2s_ASN1_OCTET_STRING(nullptr, name->d.iPAddress);
            const int size = ASN1_STRING_length(name->d.iPAddress);
            const unsigned char* const bytes = ASN1_STRING_get0_data(name->d.iPAddress);
            if (size == 4) {
                add(std::to_string(bytes[0]) + "." + std::to_string(bytes[1]) + "." +
                    std::to_string(bytes[2]) + "." + std::to_string(bytes[3]));
            } else if (text != nullptr) {
                add(text);
            }
            OPENSSL_free(text);
        }
    }
    GENERAL_NAMES_free(all);
    return names;
}

std::string fingerprint_of(X509* certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    X509_digest(certificate, EVP_sha256(), digest.data(), &size);
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
        text += "0123456789abcdef"[digest[i] >> 4];
        text += "0123456789abcdef"[digest[i] & 15];
    }
    return text;
}

std::chrono::sys_seconds moment_of(const ASN1_TIME* moment) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(moment, &parts) != 1) return {};
    const std::chrono::year_month_day day(std::chrono::year(parts.tm_year + 1900),
                                          std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)),
                                          std::chrono::day(static_cast<unsigned>(parts.tm_mday)));
    return std::chrono::sys_days(day) + std::chrono::hours(parts.tm_hour) +
           std::chrono::minutes(parts.tm_min) + std::chrono::seconds(parts.tm_sec);
}

}  // namespace

std::shared_ptr<const TlsIdentity> TlsIdentity::load(const std::string& certificate_file,
                                                     const std::string& key_file) {
    FileText certificates;
    FileText key;
    read_file(File::certificate, certificate_file, certificates);
    read_file(File::key, key_file, key);
    const std::shared_ptr<TlsIdentity> identity(new TlsIdentity);
    identity->context_ = make_context();
    const CertificateHandle own = read_certificates(certificates, identity->context_);
    read_key(key, identity->context_, own.get());
    identity->names_ = names_of(own.get());
    identity->fingerprint_ = fingerprint_of(own.get());
    identity->valid_from_ = moment_of(X509_get0_notBefore(own.get()));
    identity->valid_until_ = moment_of(X509_get0_notAfter(own.get()));
    return identity;
}

TlsIdentity::~TlsIdentity() { SSL_CTX_free(context_); }

}  // namespace libexec
