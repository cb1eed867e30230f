#pragma once

#include "libexec/model/order.hpp"

namespace libexec {

/// Why `order` ended without a fill, in the words a trader needs: cause, attempts, quotes, what to do next.
Failure post_mortem(const Order& order, const Rejection& cause);

}  // namespace libexec
