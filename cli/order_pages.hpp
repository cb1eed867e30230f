#pragma once

#include <functional>
#include <string>
#include <vector>

#include "arguments.hpp"
#include "command.hpp"
#include "libexec/json/value.hpp"

namespace libexec::cli {

/// --status, --pair, --venue, --client-id and --since, for the commands that choose orders.
std::vector<OptionSpec> order_filter_specs();

/// The chosen orders as a query, without limit and cursor: "status=failed&pair=SOL%2FUSDC". Throws Trouble
/// (usage).
std::string order_filter_query(const Arguments& arguments, Time now);

/// `&name=value`, or `name=value` at the beginning of a query, percent-encoded.
void add_parameter(std::string& query, std::string_view name, std::string_view value);

inline constexpr std::uint64_t page_size_most = 500;  ///< what the server allows

/// One page of `GET /api/orders`, newest first: `{items, nextCursor}`. Throws Trouble.
JsonValue fetch_page(const Context& context, const std::string& filter, std::uint64_t limit,
                     const std::string& cursor = {});

/// Hands out every page of the chosen orders, newest first, until `take` returns false. Throws Trouble.
void each_page(const Context& context, const std::string& filter,
               const std::function<bool(const std::vector<JsonValue>&)>& take);

}  // namespace libexec::cli
