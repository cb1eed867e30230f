#pragma once

#include <memory>
#include <string_view>

#include "libexec/json/value.hpp"
#include "options.hpp"
#include "terminal.hpp"

namespace libexec::cli {

/// Shows an order's life while it happens, on standard output.
class OrderPrinter {
public:
    virtual ~OrderPrinter() = default;
    /// The order's document, before its first event; null when it could not be read.
    virtual void begin(const JsonValue&) {}
    /// The next event: as it came, and read.
    virtual void event(std::string_view raw, const JsonValue& event) = 0;
    /// Called while nothing happens, about ten times a second.
    virtual void tick() {}
    /// Leaves the cursor at the start of a free line, so that others may write.
    virtual void rest() {}
};

/// In place on a terminal, a line for each event in a pipe, the events themselves for ndjson, and nothing
/// while waiting for a document (json) or when asked to be quiet.
std::unique_ptr<OrderPrinter> make_order_printer(const Options& options, Console& console);

}  // namespace libexec::cli
