#pragma once

#include <chrono>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace libexec::cli {

class Interrupt;

struct HttpCall {
    std::string method = "GET";
    std::string url;
    std::string body;
    std::vector<std::string> headers;           ///< "Name: value"
    std::chrono::milliseconds timeout{15'000};  ///< of the whole call
    std::chrono::milliseconds silence{
        60'000};  ///< of a stream: without a byte for so long, it counts as lost
};

/// Who is believed to be the server of an https:// address.
struct TlsTrust {
    std::string ca_cert;  ///< PEM file of certificates; empty: those of the system
    bool anybody = false;
};

struct HttpAnswer {
    int status = 0;
    std::optional<std::chrono::seconds> retry_after;
    bool replayed = false;                                      ///< Idempotent-Replay: true
    std::optional<std::chrono::sys_seconds> date;               ///< the server's clock
    std::optional<std::chrono::sys_seconds> certificate_until;  ///< of https://: when the server's ends
    std::string body;                                           ///< at most 8 MiB
};

/// How a trouble begins that is about the server's certificate.
inline constexpr std::string_view not_believed = "its certificate is not trusted";

/// What became of a call. `not_sent` and `lost` are worlds apart: after the first, repeating a POST is
/// harmless whatever it says; after the second, the server may have acted on it.
struct HttpOutcome {
    enum class Kind {
        answered,
        not_sent,     ///< no byte of the request left
        lost,         ///< sent, but no whole answer came back
        timed_out,    ///< a stream that was still good when the call's time was over
        interrupted,  ///< Ctrl-C
    };
    Kind kind = Kind::not_sent;
    bool sent = false;  ///< bytes of the request left; for `interrupted`
    HttpAnswer answer;
    std::string
        trouble;  ///< for people, unless answered; of a server that is not believed: `not_believed` first
};

/// Takes the body of a stream as it comes. Both are called from `exchange`.
class HttpSink {
public:
    virtual ~HttpSink() = default;
    /// False ends the call, which then counts as answered.
    virtual bool take(std::string_view piece) = 0;
    /// About ten times a second while the call lasts.
    virtual void tick() {}
};

/// The way to the server, and the passing of time on it. One thing, so that a test can script both.
class Wire {
public:
    virtual ~Wire() = default;
    /// Blocks. With a sink, a body of status 200 goes there; any other body is collected.
    virtual HttpOutcome exchange(const HttpCall& call, HttpSink* sink = nullptr) = 0;
    /// False when interrupted before the time is over.
    virtual bool pause(std::chrono::milliseconds time) = 0;
    virtual std::chrono::steady_clock::time_point now() const = 0;
};

/// Passes everything on to `wire`, and prints each request on `err` as the curl command that would do the
/// same. `with_key` when the wire adds a key to each request: the command takes it from EXEC_API_KEY.
std::unique_ptr<Wire> make_tracing_wire(Wire& wire, std::ostream& err, TlsTrust trust = {},
                                        bool with_key = false);

/// HTTP and HTTPS through libcurl; the interrupt outlives it. Throws std::runtime_error when libcurl cannot
/// start.
std::unique_ptr<Wire> make_curl_wire(Interrupt& interrupt, TlsTrust trust = {});

}  // namespace libexec::cli
