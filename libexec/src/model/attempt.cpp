#include "libexec/model/attempt.hpp"

#include <array>

namespace libexec {
namespace {

constexpr std::array<std::string_view, 3> commitment_words{"processed", "confirmed", "finalized"};
constexpr std::array<std::string_view, 3> resolution_words{"landed_ok", "landed_err", "expired"};

template <class Enum>
std::optional<Enum> find(const std::array<std::string_view, 3>& words, std::string_view word) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == word) return static_cast<Enum>(i);
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_string(Commitment commitment) {
    return commitment_words[static_cast<std::size_t>(commitment)];
}
std::optional<Commitment> parse_commitment(std::string_view word) {
    return find<Commitment>(commitment_words, word);
}

std::string_view to_string(Resolution resolution) {
    return resolution_words[static_cast<std::size_t>(resolution)];
}
std::optional<Resolution> parse_resolution(std::string_view word) {
    return find<Resolution>(resolution_words, word);
}

}  // namespace libexec
