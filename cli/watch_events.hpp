#pragma once

#include <string>
#include <vector>

#include "api.hpp"

namespace libexec::cli {

/// Which events of orders nobody named are shown.
struct EventFilter {
    std::string query;   ///< of the list, without the status
    std::string status;  ///< only events with it; empty: all
};

/// Writes the events of several orders as they come, a line each (or a document, or a row of CSV): of
/// `orders` until all have ended, or without them of every order that is alive or comes, until Ctrl-C or the
/// --timeout. Each order's events come in order, none twice, none left out. Throws Trouble.
ExitCode watch_events(const Context& context, const std::vector<std::string>& orders,
                      const EventFilter& filter);

}  // namespace libexec::cli
