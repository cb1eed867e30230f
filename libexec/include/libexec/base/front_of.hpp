#pragma once

#include <cstddef>
#include <string_view>

namespace libexec {

/// The front of `text`, at most `bytes_most` bytes of it, cut between two characters: half a character in a
/// message would not survive the way through JSON. Shape: a view into `text`, which is taken for UTF-8; other
/// bytes are cut somewhere within the limit.
constexpr std::string_view front_of(std::string_view text, std::size_t bytes_most) {
    if (text.size() <= bytes_most) return text;
    // A byte 10xxxxxx goes on with the character before it.
    while (bytes_most > 0 && (static_cast<unsigned char>(text[bytes_most]) & 0xc0) == 0x80) --bytes_most;
    return text.substr(0, bytes_most);
}

}  // namespace libexec
