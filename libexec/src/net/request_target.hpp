#pragma once

#include <string_view>

#include "libexec/net/http_message.hpp"
#include "refusal.hpp"

namespace libexec {

/// A name or address with an optional port, and nothing a URL would read as something else. Empty is fine: a
/// Host header may be.
bool is_authority(std::string_view text);

/// Whether `target` has one of the shapes of RFC 9112 section 3.2 that a server which is no proxy takes: a
/// path, an absolute http address, or "*" for OPTIONS.
Refusal check_target(std::string_view method, std::string_view target);

/// `target` in its parts. An absolute target ("http://host/path", as sent to proxies) loses its authority.
void split_target(std::string_view target, HttpRequest& request);

}  // namespace libexec
