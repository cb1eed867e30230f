#pragma once

#include <string>
#include <vector>

#include "libexec/base/clock.hpp"
#include "sheet.hpp"

namespace libexec::cli {

/// The columns of an order in lists, exports and `get -o csv`.
std::vector<Column> order_columns();

/// An order's document as a row of these; `id` is how tables show its id, `now` what its age counts to.
std::vector<Cell> order_row(const JsonValue& order, const std::string& id, Time now, const Style& style);

/// Green, red or yellow, as good, bad or on its way.
Colour colour_of_status(std::string_view status);

}  // namespace libexec::cli
