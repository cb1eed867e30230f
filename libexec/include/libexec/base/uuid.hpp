#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "libexec/base/clock.hpp"
#include "libexec/base/random.hpp"

namespace libexec {

/// Shape:  16 bytes, ordered as bytes, cheap to copy. All zero means "none".
/// Errors: `parse` takes the 36-character form in either case and nothing else.
/// Source: RFC 9562.
class Uuid {
public:
    /// In the order in which the text shows them.
    using Bytes = std::array<std::uint8_t, 16>;

    constexpr Uuid() = default;
    /// The id of these bytes.
    explicit constexpr Uuid(const Bytes& bytes) : bytes_(bytes) {}

    /// The id that `text` spells, or nothing.
    static std::optional<Uuid> parse(std::string_view text);

    /// The bytes, first to last.
    constexpr const Bytes& bytes() const { return bytes_; }
    /// 36 characters in lower case.
    std::string to_string() const;
    /// Whether this is no id at all.
    constexpr bool is_nil() const { return bytes_ == Bytes{}; }

    friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;

private:
    Bytes bytes_{};
};

/// Version 7 ids: 48 bits of milliseconds, then a counter in `rand_a` that keeps ids made by one
/// generator strictly increasing, then random bits. Safe from any thread.
class UuidGenerator {
public:
    /// The clock outlives it; generators of one seed and time make the same ids.
    UuidGenerator(const Clock& clock, std::uint64_t seed);

    /// An id above all it made before.
    Uuid next();

private:
    const Clock& clock_;
    std::mutex mutex_;
    Random random_;
    std::uint64_t last_ms_ = 0;
    std::uint32_t counter_ = 0;
};

/// 64 bits from the operating system, for seeding. Throws std::system_error when it has none.
std::uint64_t system_entropy();

}  // namespace libexec

template <>
/// So that an id may be a key.
struct std::hash<libexec::Uuid> {
    std::size_t operator()(const libexec::Uuid& id) const noexcept {
        // The tail of a version 7 id is random: the last eight bytes are a hash already.
        std::uint64_t tail = 0;
        for (std::size_t i = 8; i < 16; ++i) tail = (tail << 8) | id.bytes()[i];
        return static_cast<std::size_t>(tail);
    }
};
