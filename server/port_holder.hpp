#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace libexec::server {

/// Who listens on a TCP port of this machine, as far as /proc tells: "process 1234 (execd)", or nothing when
/// that is another user's. Source: proc(5), /proc/net/tcp.
std::optional<std::string> find_port_holder(std::uint16_t port);

/// The nearest port above on which nobody listens, 0 (any free one) when there is none.
std::uint16_t next_free_port(std::uint16_t port);

}  // namespace libexec::server
