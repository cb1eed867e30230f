#pragma once

#include <string>

#include "sheet.hpp"

namespace libexec::cli {

/// A table of the venues' answers. A `decision` is what `POST /api/quotes` answers, what
/// `GET /api/orders/{id}/routing` lists and what an order's `routing` is.
Sheet quotes_sheet(const JsonValue& decision);
/// Adds the answers of one more decision to it.
void add_quotes(Sheet& sheet, const JsonValue& decision);

/// "meteora, by 3.400400 USDC (22.7 bps)", "meteora, the only one that answered" or "no venue".
std::string choice_text(const JsonValue& decision, const Style& style);

/// A table of the sheet as `-o table` has it, each line after `indent` blanks.
std::string table_text(const Context& context, const Sheet& sheet, std::size_t indent);

}  // namespace libexec::cli
