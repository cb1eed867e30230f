#include "libexec/model/mint.hpp"

#include <algorithm>

namespace libexec {
namespace {

constexpr std::string_view alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

}  // namespace

std::string to_base58(const std::uint8_t* data, std::size_t size_bytes) {
    std::size_t zeros = 0;
    while (zeros < size_bytes && data[zeros] == 0) ++zeros;

    std::vector<std::uint8_t> digits;  // least significant first
    digits.reserve(size_bytes * 138 / 100 + 1);
    for (std::size_t i = zeros; i < size_bytes; ++i) {
        unsigned carry = data[i];
        for (std::uint8_t& digit : digits) {
            carry += 256u * digit;
            digit = static_cast<std::uint8_t>(carry % 58);
            carry /= 58;
        }
        for (; carry != 0; carry /= 58) digits.push_back(static_cast<std::uint8_t>(carry % 58));
    }
    std::string text(zeros, alphabet.front());
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) text += alphabet[*digit];
    return text;
}

std::optional<std::vector<std::uint8_t>> from_base58(std::string_view text, std::size_t length_most) {
    if (text.size() > length_most) return std::nullopt;
    std::size_t zeros = 0;
    while (zeros < text.size() && text[zeros] == alphabet.front()) ++zeros;

    std::vector<std::uint8_t> bytes;  // least significant first
    for (std::size_t i = zeros; i < text.size(); ++i) {
        const std::size_t digit = alphabet.find(text[i]);
        if (digit == std::string_view::npos) return std::nullopt;
        unsigned carry = static_cast<unsigned>(digit);
        for (std::uint8_t& byte : bytes) {
            carry += 58u * byte;
            byte = static_cast<std::uint8_t>(carry & 0xff);
            carry >>= 8;
        }
        for (; carry != 0; carry >>= 8) bytes.push_back(static_cast<std::uint8_t>(carry & 0xff));
    }
    bytes.insert(bytes.end(), zeros, 0);
    std::reverse(bytes.begin(), bytes.end());
    return bytes;
}

std::optional<Mint> Mint::parse(std::string_view base58) {
    const auto decoded = from_base58(base58);
    if (!decoded || decoded->size() != std::tuple_size_v<Bytes>) return std::nullopt;
    Bytes bytes{};
    std::copy(decoded->begin(), decoded->end(), bytes.begin());
    return Mint(bytes);
}

}  // namespace libexec
