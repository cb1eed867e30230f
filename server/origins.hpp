#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libexec/net/http_message.hpp"

namespace libexec::server {

/// An origin as browsers write it: `http` or `https`, `://`, a host name or address, a port unless it is the
/// scheme's own. Upper case becomes lower case, the scheme's own port goes. Nothing for anything else.
/// Source: RFC 6454 section 6.2.
std::optional<std::string> parse_origin(std::string_view text);

/// A comma-separated list of origins, or `*` alone; empty is an empty list. Nothing when one of them is none.
std::optional<std::vector<std::string>> parse_origins(std::string_view text);

/// Which web pages may use this server: those that come from the same host and port, and the listed ones.
/// Programs that are no browsers send no Origin and are not asked.
class Origins {
public:
    /// As `parse_origins` gives them.
    explicit Origins(std::vector<std::string> listed) : listed_(std::move(listed)) {}

    /// Whether a page of the request's origin may change something here, or follow it over a WebSocket.
    bool allows(const HttpRequest& request) const;

    /// What lets a page of a listed origin read an answer; nothing for other origins.
    std::vector<HttpHeader> headers(const HttpRequest& request) const;
    /// What else the answer to a preflight says. `methods` are those of the path.
    std::vector<HttpHeader> preflight_headers(const HttpRequest& request, const std::string& methods) const;

private:
    bool everybody() const { return listed_.size() == 1 && listed_.front() == "*"; }
    bool lists(std::string_view origin) const;

    const std::vector<std::string> listed_;
};

}  // namespace libexec::server
