#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libexec/base/clock.hpp"
#include "sheet.hpp"

namespace libexec::cli {

/// The columns of an order in lists, exports and `get -o csv`.
std::vector<Column> order_columns();

/// An order's document as a row of these; `id` is how tables show its id, `now` what its age counts to.
std::vector<Cell> order_row(const JsonValue& order, const std::string& id, Time now, const Style& style);

/// What an amount of its attempts, such as `rent`, comes to; empty when no attempt has it.
std::string sum_of_attempts(const JsonValue& order, std::string_view member);
/// What all attempts cost on the chain, in SOL; empty when nothing landed.
std::string fees_of(const JsonValue& order);

/// How much worse than quoted a confirmed order was filled, in tenths of a basis point; below zero: better.
/// Nothing without a fill.
std::optional<std::int64_t> fill_against_quote(const JsonValue& order);

/// Green, red or yellow, as good, bad or on its way.
Colour colour_of_status(std::string_view status);

}  // namespace libexec::cli
