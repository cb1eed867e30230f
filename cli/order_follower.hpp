#pragma once

#include <cstdint>
#include <string>

#include "api.hpp"
#include "order_printer.hpp"
#include "sse_parser.hpp"

namespace libexec::cli {

/// Follows one order by server-sent events to its end, through lost connections and restarts of the server:
/// each reconnect asks for what comes after the last event seen, so none is shown twice and none is missing.
class OrderFollower {
public:
    OrderFollower(Wire& wire, const Options& options, Console& console, OrderPrinter& printer);

    /// Returns the terminal event. `known` when the order is sure to exist, so that a server that cannot be
    /// reached at first is worth waiting for. Throws Trouble: not found, interrupted, out of time,
    /// unreachable.
    JsonValue follow(const std::string& order, bool known, const Deadline& deadline);

private:
    class Stream;
    friend class Stream;

    bool take(const SseMessage& message);
    bool take_event(std::string_view raw, const JsonValue& event);
    [[noreturn]] void give_up(const std::string& order, bool connected, const std::string& why) const;

    Wire& wire_;
    const Options& options_;
    Console& console_;
    OrderPrinter& printer_;
    std::uint64_t last_seq_ = 0;
    JsonValue ended_;
    bool heard_ = false;  ///< since the last reconnect
};

}  // namespace libexec::cli
