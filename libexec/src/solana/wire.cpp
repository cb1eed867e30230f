#include "wire.hpp"

#include <algorithm>
#include <stdexcept>

namespace libexec {
namespace {

constexpr std::size_t length_most = 0xffff;
constexpr std::uint8_t more = 0x80;

}  // namespace

void append_length(Bytes& bytes, std::size_t length) {
    if (length > length_most)
        throw std::length_error("a list of " + std::to_string(length) + " in a message");
    for (; length >= more; length >>= 7) bytes.push_back(static_cast<std::uint8_t>(length & 0x7f) | more);
    bytes.push_back(static_cast<std::uint8_t>(length));
}

void append_list(Bytes& bytes, std::span<const std::uint8_t> list) {
    append_length(bytes, list.size());
    bytes.insert(bytes.end(), list.begin(), list.end());
}

void WireReader::fail(std::string what) {
    if (!trouble_) trouble_ = std::move(what);
    rest_ = {};
}

std::span<const std::uint8_t> WireReader::bytes(std::size_t size, const char* what) {
    if (rest_.size() < size) {
        fail(std::string(what) + " has " + std::to_string(size) + " bytes, and there are " +
             std::to_string(rest_.size()));
        return {};
    }
    const auto found = rest_.first(size);
    rest_ = rest_.subspan(size);
    return found;
}

std::uint8_t WireReader::byte(const char* what) {
    const auto found = bytes(1, what);
    return found.empty() ? std::uint8_t(0) : found[0];
}

std::size_t WireReader::length(const char* what) {
    std::size_t length = 0;
    for (unsigned place = 0; place < 3 && !failed(); ++place) {
        const std::uint8_t next = byte(what);
        if (failed()) break;
        if (place > 0 && next == 0) fail(std::string("the length of ") + what + " is longer than it need be");
        length |= static_cast<std::size_t>(next & 0x7f) << (7 * place);
        if (next < more) {
            if (length > length_most) fail(std::string("the length of ") + what + " is beyond 65535");
            return failed() ? 0 : length;
        }
    }
    fail(std::string("the length of ") + what + " has more than 3 bytes");
    return 0;
}

std::span<const std::uint8_t> WireReader::list(const char* what) {
    const std::size_t size = length(what);
    return bytes(size, what);
}

PublicKey::Bytes WireReader::key(const char* what) {
    PublicKey::Bytes key{};
    const auto found = bytes(key.size(), what);
    std::copy(found.begin(), found.end(), key.begin());
    return key;
}

void WireReader::end() {
    if (!rest_.empty()) fail(std::to_string(rest_.size()) + " bytes are left over");
}

}  // namespace libexec
