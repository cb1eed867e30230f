// What a node is told through the database: anybody who may connect there can send it.

#include "fuzz/fuzz_target.hpp"
#include "storage/postgres/wake_payload.hpp"

using namespace libexec;
using fuzz::require;

int fuzz_one(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    const auto payload = WakePayload::parse(text);
    if (!payload) return 0;
    require(!payload->items.empty() && payload->items.size() <= WakePayload::items_most,
            "a hint names some orders");
    for (const WakePayload::Item& item : payload->items) require(item.first > 0, "events count from 1");
    const auto again = WakePayload::parse(payload->text());
    require(again.has_value() && payload->text() == text, "a hint has one way to be written");
    return 0;
}
