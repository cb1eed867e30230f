#pragma once

#include <string_view>

namespace libexec::cli {

/// What a script learns from execctl without reading a word. The numbers are part of its interface.
enum class ExitCode : int {
    done = 0,         ///< confirmed, or accepted with --no-wait
    unexpected = 1,   ///< a bug, or an input or output error
    usage = 2,        ///< invalid input, also when the server says so
    unreachable = 3,  ///< no server, a stream lost for good, or a server that takes no orders
    not_found = 4,
    order_failed = 5,   ///< ended failed, cancelled or expired
    still_running = 6,  ///< the wait timed out; the order lives on
    refused = 7,        ///< for now: rate_limited, queue_full, too_many_connections
    conflict = 8,       ///< idempotency_conflict, in_flight, too_late_to_cancel
    unhealthy = 9,      ///< a check found something wrong
    interrupted = 130,  ///< Ctrl-C; no order is cancelled by it
};

/// The exit code of an HTTP answer that is not a success.
constexpr ExitCode exit_code_for_status(int status) {
    switch (status) {
        case 404:
            return ExitCode::not_found;
        case 409:
            return ExitCode::conflict;
        case 429:
            return ExitCode::refused;
        case 408:
        case 502:
        case 503:
        case 504:
            return ExitCode::unreachable;
        default:
            return status >= 400 && status < 500 ? ExitCode::usage : ExitCode::unexpected;
    }
}

/// The exit code of an order that has ended with `status`.
constexpr ExitCode exit_code_for_order(std::string_view status) {
    return status == "confirmed" ? ExitCode::done : ExitCode::order_failed;
}

}  // namespace libexec::cli
