#pragma once

#include <variant>

#include "libexec/engine/order_store.hpp"
#include "libexec/json/problem.hpp"
#include "libexec/model/token.hpp"
#include "libexec/net/http_message.hpp"

namespace libexec::server {

/// What `GET /api/orders?id=&status=&pair=&venue=&clientId=&since=&limit=&cursor=` asks for, or every bad
/// parameter.
std::variant<OrderFilter, Problem> read_list_filter(const HttpRequest& request, const TokenRegistry& tokens);

}  // namespace libexec::server
