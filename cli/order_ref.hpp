#pragma once

#include <string>
#include <vector>

#include "context.hpp"

namespace libexec::cli {

/// The full id of the order a person names: a whole id, a prefix that only one order has (six characters or
/// more), or `@last`, the newest order of the server. Throws Trouble: usage for what is none of these or fits
/// several orders, not_found.
std::string resolve_order(const Context& context, const std::string& given);

/// For each of these ids the shortest beginning, of eight characters or more, that tells it from the others.
std::vector<std::string> short_ids(const std::vector<std::string>& ids);

}  // namespace libexec::cli
