#pragma once

#include <string>
#include <vector>

#include "api.hpp"

namespace libexec::cli {

/// One order of several that are placed by one command.
struct BatchItem {
    std::string label;  ///< what it is called in its row: the number of its line, or the order it repeats
    Placement placement;
    std::string key;  ///< its idempotency key
};

struct BatchPlan {
    std::string label_key;    ///< of the first column: "line"
    std::string label_title;  ///< "LINE"
    std::size_t label_width = 4;
    bool label_right = false;
    std::size_t concurrency = 10;  ///< orders alive at a time
    bool wait = true;
};

inline constexpr std::size_t batch_concurrency_most = 64;

/// Places the orders in their order, at most `concurrency` alive at a time, and writes a row for each when it
/// has ended (or was accepted, without waiting). The timeout is that of each order. A server that goes away
/// meanwhile is waited for. Returns `worst_of` all; Ctrl-C is told with the orders that live on.
/// Throws Trouble only before the first order is placed.
ExitCode run_batch(const Context& context, std::vector<BatchItem> items, const BatchPlan& plan);

}  // namespace libexec::cli
