#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "net/loopback.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace libexec::test {

/// How a client of TLS behaves.
struct TlsClientPlan {
    std::string authority;               ///< PEM of what it trusts; empty: anybody
    std::vector<std::string> protocols;  ///< ALPN; none: not asked
    int version_max = 0;                 ///< of TLS, as OpenSSL numbers them; 0: the newest
    std::size_t piece_bytes = 0;         ///< sends so many bytes at a time; 0: all at once
};

/// The client's end of TLS over a socket. Shakes hands before the first byte. One thread may read while
/// another writes.
class TlsClientChannel final : public Channel {
public:
    TlsClientChannel(int socket, TlsClientPlan plan);
    ~TlsClientChannel() override;

    bool send(std::string_view bytes) override;
    Sent send_now(std::string_view bytes) override;
    std::string read(std::chrono::milliseconds patience, bool& timed_out) override;
    void send_no_more() override;
    void say_goodbye() override;

    /// Whether the handshake succeeded.
    bool shake_hands();
    /// Of the server's certificate: SHA-256, in hexadecimal.
    std::string fingerprint() const;
    std::string protocol() const;  ///< what ALPN chose
    std::string version() const;   ///< such as "TLSv1.3"
    /// Whether the server ended what it had to say, rather than only its connection.
    bool heard_goodbye() const { return heard_goodbye_; }
    /// Why TLS failed, in OpenSSL's words.
    const std::string& trouble() const { return trouble_; }
    /// Asks for new keys, and for the server's as well.
    bool update_keys();
    /// Begins a handshake within the connection, as TLS 1.2 had it; whether the server took part.
    bool renegotiate();
    /// What the TLS layer would send for `bytes`, instead of sending it.
    std::string enciphered(std::string_view bytes);
    /// The same for the news of other keys, and for the last words.
    std::string enciphered_key_update();
    std::string enciphered_goodbye();
    /// Sends bytes as they are.
    bool send_bare(std::string_view bytes);

private:
    bool flush(bool wait);
    bool receive(std::chrono::milliseconds patience, bool& timed_out);
    void collect();
    std::string written();
    bool drive();

    int socket_;
    TlsClientPlan plan_;
    ssl_ctx_st* context_;
    ssl_st* ssl_;
    std::mutex handshake_;
    std::mutex state_;    // the ssl_ and what goes into it
    std::mutex sending_;  // unsent_ and the way out
    std::string unsent_;
    std::string trouble_;
    bool established_ = false;
    bool heard_goodbye_ = false;
};

}  // namespace libexec::test
