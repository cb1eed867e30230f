#include "libexec/solana/base64.hpp"

#include <sodium.h>

#include <algorithm>

namespace libexec {

std::string to_base64(const Bytes& bytes) {
    std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
    text.pop_back();  // the zero it ends with
    return text;
}

std::optional<Bytes> from_base64(std::string_view text) {
    // libsodium 1.0.18 takes bytes above 127 for letters.
    if (std::ranges::any_of(text,
                            [](char letter) { return (static_cast<unsigned char>(letter) & 0x80) != 0; }))
        return std::nullopt;
    Bytes bytes(text.size() / 4 * 3 + 1);  // never empty: a place to write to
    std::size_t size = 0;
    const char* end = nullptr;
    const int failed = sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size,
                                         &end, sodium_base64_VARIANT_ORIGINAL);
    if (failed != 0 || end != text.data() + text.size()) return std::nullopt;
    bytes.resize(size);
    return bytes;
}

}  // namespace libexec
