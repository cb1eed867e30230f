#include "libexec/base/uuid.hpp"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace libexec {
namespace {

constexpr char digits[] = "0123456789abcdef";

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

constexpr bool is_dash(std::size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

}  // namespace

std::optional<Uuid> Uuid::parse(std::string_view text) {
    if (text.size() != 36) return std::nullopt;
    Bytes bytes{};
    std::size_t nibble = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (is_dash(at)) {
            if (text[at] != '-') return std::nullopt;
            continue;
        }
        const int digit = digit_of(text[at]);
        if (digit < 0) return std::nullopt;
        bytes[nibble / 2] = static_cast<std::uint8_t>((bytes[nibble / 2] << 4) | digit);
        ++nibble;
    }
    return Uuid(bytes);
}

std::string Uuid::to_string() const {
    std::string text;
    text.reserve(36);
    for (std::size_t i = 0; i < bytes_.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += digits[bytes_[i] >> 4];
        text += digits[bytes_[i] & 15];
    }
    return text;
}

UuidGenerator::UuidGenerator(const Clock& clock, std::uint64_t seed) : clock_(clock), random_(seed) {}

Uuid UuidGenerator::next() {
    using namespace std::chrono;
    const auto now_ms = floor<milliseconds>(clock_.now()).time_since_epoch().count();

    const std::lock_guard lock(mutex_);
    const std::uint64_t ms = now_ms > 0 ? static_cast<std::uint64_t>(now_ms) : 0;
    if (ms > last_ms_) {
        last_ms_ = ms;
        counter_ = static_cast<std::uint32_t>(random_.below(0x400));  // leaves room to count up
    } else if (++counter_ > 0xfff) {
        ++last_ms_;  // a burst, or a clock that stepped back: borrow from the next millisecond
        counter_ = 0;
    }
    const std::uint64_t tail = random_.next();

    Uuid::Bytes bytes{};
    for (std::size_t i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(last_ms_ >> (8 * (5 - i)));
    bytes[6] = static_cast<std::uint8_t>(0x70 | (counter_ >> 8));
    bytes[7] = static_cast<std::uint8_t>(counter_);
    for (std::size_t i = 0; i < 8; ++i) bytes[8 + i] = static_cast<std::uint8_t>(tail >> (8 * i));
    bytes[8] = static_cast<std::uint8_t>(0x80 | (bytes[8] & 0x3f));
    return Uuid(bytes);
}

std::uint64_t system_entropy() {
    std::uint64_t value = 0;
    if (getrandom(&value, sizeof value, 0) != static_cast<ssize_t>(sizeof value)) {
        throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    return value;
}

}  // namespace libexec
