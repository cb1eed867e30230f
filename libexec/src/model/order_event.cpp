#include "libexec/model/order_event.hpp"

#include <array>

namespace libexec {
namespace {

constexpr std::array<std::string_view, 5> kind_words{"moved", "quotes", "in_doubt", "cancel_requested",
                                                     "parked"};

}  // namespace

std::string_view to_string(EventKind kind) { return kind_words[static_cast<std::size_t>(kind)]; }

std::optional<EventKind> parse_event_kind(std::string_view word) {
    for (std::size_t i = 0; i < kind_words.size(); ++i) {
        if (kind_words[i] == word) return static_cast<EventKind>(i);
    }
    return std::nullopt;
}

}  // namespace libexec
