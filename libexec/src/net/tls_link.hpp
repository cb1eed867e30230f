#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "libexec/net/tls_identity.hpp"
#include "libexec/net/tls_trust.hpp"

struct ssl_st;  // OpenSSL's SSL

namespace libexec {

/// One end of a TLS connection over a socket that never blocks. All on one thread at a time.
class TlsLink {
public:
    /// How far one call came.
    enum class Step : std::uint8_t {
        done,
        wants_read,   ///< again when the socket is readable
        wants_write,  ///< again when the socket is writable
        closed,       ///< the other side said goodbye
        failed        ///< for good; `trouble` says why
    };

    /// The server's end. `descriptor` stays the caller's and outlives this.
    TlsLink(const TlsIdentity& identity, int descriptor);
    /// The client's end: asks for `host`, a name or an address, and accepts a certificate for nobody else.
    TlsLink(const TlsTrust& trust, const std::string& host, int descriptor);
    ~TlsLink();
    TlsLink(const TlsLink&) = delete;
    TlsLink& operator=(const TlsLink&) = delete;

    /// Until `done`; nothing can be read or written before.
    Step handshake();
    /// At most one record. `done` with a `size` above 0, or another step.
    Step read(std::span<char> into, std::size_t& size);
    /// At most one record. After `wants_write`, the next call begins with the same bytes.
    Step write(std::span<const char> from, std::size_t& size);
    /// Tells the other side that nothing will follow; nothing when it cannot be told any more, or not yet.
    void say_goodbye();
    /// Whether bytes have arrived that the socket no longer tells of.
    bool has_unread() const;

    const std::string& trouble() const { return trouble_; }

    // The socket, as OpenSSL sees it.
    int receive(char* into, int size, bool& again);
    int send(const char* from, int size, bool& again);
    bool at_end() const { return at_end_; }

private:
    TlsLink(ssl_ctx_st* context, int descriptor, bool client);
    Step step_after(int result);
    std::string words_of(int ssl_error, int error_number) const;
    Step after_reading(Step step);

    ssl_st* ssl_;
    std::string trouble_;
    int descriptor_;
    std::size_t received_ = 0;  // from the socket, in this call
    bool blocked_ = false;      // the socket had nothing when it was last asked
    bool starved_ = false;      // what has arrived is not enough to go on
    bool at_end_ = false;
    bool established_ = false;
    bool broken_ = false;
    bool unfinished_write_ = false;
    bool client_;
};

/// What a TLS connection carries at most in one record (RFC 8446 section 5.1).
inline constexpr std::size_t tls_record_bytes = 16 * 1024;

}  // namespace libexec
