#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "libexec/net/http_message.hpp"
#include "refusal.hpp"

namespace libexec {

/// How the body of a request is delimited, and what else its head says about the connection.
struct RequestFraming {
    std::uint64_t content_length = 0;
    bool chunked = false;
    bool keep_alive = true;
    bool expects_continue = false;
};

/// Whether `line`, without its CR LF, is a request line this server takes.
Refusal check_request_line(std::string_view line);

/// Reads a complete head, from the request line to the empty line, both with their CR LF. The caller has seen
/// to it that lines end in CR LF and that there are no control characters. Fills the parts of `request` that
/// come from the head, as views into `head`.
///
/// Every rule a proxy in front might read differently is a refusal here, and then http_parser has to agree on
/// the framing: the two readers guard each other.
Refusal read_request_head(std::string_view head, std::size_t fields_max, HttpRequest& request,
                          RequestFraming& framing);

}  // namespace libexec
