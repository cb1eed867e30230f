#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "libexec/base/result.hpp"
#include "libexec/solana/public_key.hpp"
#include "libexec/model/attempt.hpp"

namespace libexec {

/// Appends a list's length as a message has it: 7 bits a byte, low ones first, at most 3 bytes.
/// Throws std::length_error beyond 65535.
void append_length(Bytes& bytes, std::size_t length);
/// Appends a list of bytes behind its length.
void append_list(Bytes& bytes, std::span<const std::uint8_t> list);

/// Reads a message or a transaction from its first byte to its last. After the first thing that is wrong it
/// only gives zeros and nothing, so that the caller asks once, at the end; loops over lengths ask `failed`.
class WireReader {
public:
    explicit WireReader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

    /// What comes next, as a number; `what` names it in the error.
    std::uint8_t byte(const char* what);
    /// A length in the one form the chain takes: no byte more than it needs, none above 65535.
    std::size_t length(const char* what);
    std::span<const std::uint8_t> bytes(std::size_t size, const char* what);
    /// Bytes behind their length.
    std::span<const std::uint8_t> list(const char* what);
    PublicKey::Bytes key(const char* what);

    std::span<const std::uint8_t> rest() const { return rest_; }
    bool failed() const { return trouble_.has_value(); }
    /// Remembers the first of all troubles.
    void fail(std::string what);
    /// Bytes that are left over are a trouble too.
    void end();
    /// Only after `failed`.
    Rejection error() const { return reject(Reason::invalid_body, *trouble_); }

private:
    std::span<const std::uint8_t> rest_;
    std::optional<std::string> trouble_;
};

}  // namespace libexec
