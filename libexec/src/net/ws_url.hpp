#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libexec/base/result.hpp"

namespace libexec {

/// Where a WebSocket is: ws://[user[:password]@]host[:port][/path][?query], or wss.
/// Shape:  the parts as a handshake needs them. Paths, queries and users may be keys; `name` holds none.
/// Errors: `parse` says invalid_parameter in words that repeat nothing of the URL.
struct WsUrl {
    /// The parts of `url`.
    static Result<WsUrl> parse(std::string_view url);

    bool secure = false;
    std::string host;  ///< a name or an address, without the brackets of the latter
    std::uint16_t port = 0;
    std::string authority;  ///< for the Host header: the host, and the port when it is not the usual one
    std::string target;     ///< path and query
    std::string user_info;  ///< "user:password" with its escapes undone; may be empty
    std::string name;       ///< for people: "wss://example.com"
};

}  // namespace libexec
