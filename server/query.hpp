#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace libexec::server {

/// The parameters of a query in their order, decoded; nothing when a percent-escape in it is broken.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);

}  // namespace libexec::server
