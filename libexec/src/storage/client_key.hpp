#pragma once

#include <string>

#include "libexec/model/order.hpp"

namespace libexec {

/// Under which scope and owner the table `idempotency` has a client's own order ids. Those of an order that
/// belongs to an account have a scope of their own: no spelling of a client id reaches another account's.
struct ClientKey {
    explicit ClientKey(const Order& order) : scope(order.account.empty() ? 1 : 2) {
        // With its length before it, so that no two pairs are written alike.
        if (!order.account.empty()) owner = std::to_string(order.account.size()) + ":" + order.account;
        owner += order.request.client_id;
    }

    int scope;
    std::string owner;
};

}  // namespace libexec
