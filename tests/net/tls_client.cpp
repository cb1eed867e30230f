#include "net/tls_client.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>

#include "net/tls_files.hpp"
#include "support/temp_dir.hpp"

namespace libexec::test {

namespace {

constexpr std::chrono::milliseconds patience_usual{30'000};

std::string last_reason() {
    const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return reason != nullptr ? reason : "";
}

}  // namespace

TlsClientChannel::TlsClientChannel(int socket, TlsClientPlan plan)
    : socket_(socket), plan_(std::move(plan)), context_(SSL_CTX_new(TLS_client_method())) {
    if (!plan_.authority.empty()) {
        BIO* const bio = BIO_new_mem_buf(plan_.authority.data(), static_cast<int>(plan_.authority.size()));
        X509* const trusted = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), trusted);
        X509_free(trusted);
        BIO_free(bio);
        SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    }
    if (plan_.version_max != 0) {
        SSL_CTX_set_min_proto_version(context_, 0);
        SSL_CTX_set_max_proto_version(context_, plan_.version_max);
        // What is old is also too weak for the usual level.
        SSL_CTX_set_security_level(context_, 0);
    }
    ssl_ = SSL_new(context_);
    std::string offer;
    for (const std::string& name : plan_.protocols) offer += static_cast<char>(name.size()) + name;
    if (!offer.empty())
        SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(offer.data()),
                            static_cast<unsigned>(offer.size()));
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_);
}

TlsClientChannel::~TlsClientChannel() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
}

/// With `state_` held: what TLS wants to send joins what waits to be sent.
void TlsClientChannel::collect() {
    const std::lock_guard lock(sending_);
    char* data = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl_), &data);
    unsent_.append(data, static_cast<std::size_t>(size));
    (void)BIO_reset(SSL_get_wbio(ssl_));
}

bool TlsClientChannel::flush(bool wait) {
    const std::lock_guard lock(sending_);
    while (!unsent_.empty()) {
        const std::size_t piece =
            plan_.piece_bytes == 0 ? unsent_.size() : std::min(plan_.piece_bytes, unsent_.size());
        const ssize_t sent = ::send(socket_, unsent_.data(), piece, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            unsent_.erase(0, static_cast<std::size_t>(sent));
            continue;
        }
        if (errno != EAGAIN) return false;
        if (!wait) return true;
        pollfd waiting{socket_, POLLOUT, 0};
        if (::poll(&waiting, 1, static_cast<int>(patience_usual.count())) == 0) return false;
    }
    return true;
}

/// More bytes for the TLS layer; false at the end of them.
bool TlsClientChannel::receive(std::chrono::milliseconds patience, bool& timed_out) {
    pollfd waiting{socket_, POLLIN, 0};
    timed_out = ::poll(&waiting, 1, static_cast<int>(patience.count())) == 0;
    if (timed_out) return false;
    std::string bytes(32 * 1024, '\0');
    const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (got <= 0) return false;
    const std::lock_guard lock(state_);
    BIO_write(SSL_get_rbio(ssl_), bytes.data(), static_cast<int>(got));
    return true;
}

/// Until the handshake that has begun is through.
bool TlsClientChannel::drive() {
    for (;;) {
        int result = 0;
        int error = 0;
        {
            const std::lock_guard lock(state_);
            ERR_clear_error();
            result = SSL_do_handshake(ssl_);
            error = SSL_get_error(ssl_, result);
            collect();
        }
        if (!flush(true)) return false;
        if (result == 1) return true;
        if (error != SSL_ERROR_WANT_READ) {
            trouble_ = last_reason();
            return false;
        }
        bool timed_out = false;
        if (!receive(patience_usual, timed_out)) {
            trouble_ = timed_out ? "silence" : "end";
            return false;
        }
    }
}

bool TlsClientChannel::shake_hands() {
    const std::lock_guard lock(handshake_);
    if (!established_) established_ = drive();
    return established_;
}

std::string TlsClientChannel::enciphered(std::string_view bytes) {
    if (!shake_hands()) return {};
    const std::lock_guard lock(state_);
    collect();
    SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
    return written();
}

std::string TlsClientChannel::enciphered_key_update() {
    if (!shake_hands()) return {};
    const std::lock_guard lock(state_);
    collect();
    SSL_key_update(ssl_, SSL_KEY_UPDATE_NOT_REQUESTED);
    SSL_do_handshake(ssl_);
    return written();
}

std::string TlsClientChannel::enciphered_goodbye() {
    const std::lock_guard lock(state_);
    SSL_shutdown(ssl_);
    return written();
}

/// What the TLS layer has to send, which it then has sent.
std::string TlsClientChannel::written() {
    char* data = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl_), &data);
    std::string text(data, static_cast<std::size_t>(size));
    (void)BIO_reset(SSL_get_wbio(ssl_));
    return text;
}

bool TlsClientChannel::send_bare(std::string_view bytes) {
    {
        const std::lock_guard lock(sending_);
        unsent_.append(bytes);
    }
    return flush(true);
}

bool TlsClientChannel::send(std::string_view bytes) {
    if (!shake_hands()) return false;
    // In parts: what waits to be sent stays small.
    while (!bytes.empty()) {
        const std::string_view part = bytes.substr(0, 64 * 1024);
        bytes.remove_prefix(part.size());
        if (!send_bare(enciphered(part))) return false;
    }
    return true;
}

Channel::Sent TlsClientChannel::send_now(std::string_view bytes) {
    if (!shake_hands() || !flush(false)) return Sent::gone;
    {
        const std::lock_guard lock(sending_);
        if (!unsent_.empty()) return Sent::nothing_yet;
    }
    const std::string text = enciphered(bytes);
    {
        const std::lock_guard lock(sending_);
        unsent_.append(text);
    }
    return flush(false) ? Sent::all : Sent::gone;
}

std::string TlsClientChannel::read(std::chrono::milliseconds patience, bool& timed_out) {
    timed_out = false;
    if (!shake_hands()) return {};
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
        std::string bytes(16 * 1024, '\0');
        {
            const std::lock_guard lock(state_);
            ERR_clear_error();
            const int got = SSL_read(ssl_, bytes.data(), static_cast<int>(bytes.size()));
            collect();
            if (got > 0) {
                bytes.resize(static_cast<std::size_t>(got));
                return bytes;
            }
            const int error = SSL_get_error(ssl_, got);
            heard_goodbye_ = error == SSL_ERROR_ZERO_RETURN;
            if (error != SSL_ERROR_WANT_READ) {
                trouble_ = last_reason();
                return {};
            }
        }
        flush(false);
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        if (!receive(std::max(left, std::chrono::milliseconds(0)), timed_out)) return {};
    }
}

void TlsClientChannel::say_goodbye() {
    if (!established_) return;
    {
        const std::lock_guard lock(state_);
        ERR_clear_error();
        SSL_shutdown(ssl_);
        collect();
    }
    flush(false);
}

void TlsClientChannel::send_no_more() {
    if (!shake_hands()) return;
    say_goodbye();
    flush(true);
    ::shutdown(socket_, SHUT_WR);
}

bool TlsClientChannel::update_keys() {
    {
        const std::lock_guard lock(state_);
        if (SSL_key_update(ssl_, SSL_KEY_UPDATE_REQUESTED) != 1) return false;
    }
    return drive();
}

bool TlsClientChannel::renegotiate() {
    {
        const std::lock_guard lock(state_);
        if (SSL_renegotiate(ssl_) != 1) return false;
    }
    return drive();
}

std::string TlsClientChannel::fingerprint() const {
    X509* const shown = SSL_get1_peer_certificate(ssl_);
    if (shown == nullptr) return {};
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    X509_digest(shown, EVP_sha256(), digest, &size);
    X509_free(shown);
    std::string text;
    for (unsigned int i = 0; i < size; ++i) {
        text += "0123456789abcdef"[digest[i] >> 4];
        text += "0123456789abcdef"[digest[i] & 15];
    }
    return text;
}

std::string TlsClientChannel::protocol() const {
    const unsigned char* name = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return std::string(reinterpret_cast<const char*>(name), size);
}

std::string TlsClientChannel::version() const { return SSL_get_version(ssl_); }

namespace {

/// With LIBEXEC_TEST_TLS every test of this program that names no transport runs over TLS.
struct EverythingByTls {
    EverythingByTls() {
        if (std::getenv("LIBEXEC_TEST_TLS") == nullptr) return;
        const TempDir folder;
        const TestCertificate made = make_certificate();
        usual_transport.identity = TlsIdentity::load(write_file(folder.file("cert.pem"), made.certificate),
                                                     write_file(folder.file("key.pem"), made.key));
        usual_transport.wrap = [made](int socket) -> std::unique_ptr<Channel> {
            TlsClientPlan plan;
            plan.authority = made.certificate;
            return std::make_unique<TlsClientChannel>(socket, std::move(plan));
        };
    }
};
const EverythingByTls everything_by_tls;

}  // namespace

}  // namespace libexec::test
