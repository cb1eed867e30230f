#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libexec/base/uuid.hpp"

namespace libexec {

/// What one node tells the others: these orders have events from this number on. A hint, never the truth:
/// whoever reads it looks in the database, and anybody who may connect there can send one.
/// Shape: NODE|ORDER:SEQ,ORDER:SEQ,... with ids as 32 hexadecimal digits.
struct WakePayload {
    struct Item {
        Uuid order;
        std::uint32_t first = 0;  ///< the least new sequence number
    };
    static constexpr std::size_t items_most = 150;  ///< PostgreSQL takes payloads below 8000 bytes

    std::string node;
    std::vector<Item> items;

    std::string text() const;
    /// Nothing when it is not exactly of that shape.
    static std::optional<WakePayload> parse(std::string_view text);
};

}  // namespace libexec
