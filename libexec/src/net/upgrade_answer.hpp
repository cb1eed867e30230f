#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libexec/base/result.hpp"

namespace libexec {

/// A server's answer to the handshake of a WebSocket client (RFC 6455 section 4.1), read as it comes.
class UpgradeAnswer {
public:
    /// What the bytes so far amount to.
    enum class Step : std::uint8_t {
        more,      ///< the head goes on
        upgraded,  ///< frames follow
        refused    ///< `refusal` says why; nothing more may be fed
    };

    /// The answer to a handshake with this Sec-WebSocket-Key, of at most so many bytes.
    UpgradeAnswer(std::string_view key, std::size_t head_bytes_max);

    /// Takes bytes up to the end of the head and says how many in `used`.
    Step consume(std::string_view bytes, std::size_t& used);

    /// Errors: rate_limited for status 429, else service_unavailable.
    const Rejection& refusal() const { return refusal_; }
    /// Of the refusal; 0 when it was no answer at all.
    int status() const { return status_; }
    /// Of a refusal's Retry-After in seconds, at most an hour.
    std::optional<std::chrono::seconds> retry_after() const { return retry_after_; }

private:
    struct Head;

    Step refuse(Reason reason, std::string why);
    Step too_long();
    Step judge(const Head& head);
    std::string trouble_with(const Head& head) const;

    const std::string accept_;
    const std::size_t head_bytes_max_;
    std::string head_;       ///< so far
    std::size_t taken_ = 0;  ///< by it and by those that only announced it
    Rejection refusal_;
    int status_ = 0;
    std::optional<std::chrono::seconds> retry_after_;
};

}  // namespace libexec
