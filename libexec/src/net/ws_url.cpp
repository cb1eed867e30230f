#include "ws_url.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>

#include "tokens.hpp"

namespace libexec {

namespace {

constexpr std::size_t url_bytes_most = 4'096;

Rejection bad_url(const std::string& rule) {
    return reject(Reason::invalid_parameter, "a WebSocket URL " + rule + ", such as wss://example.com/path");
}

std::string lower_case(std::string_view text) {
    std::string lowered(text);
    for (char& c : lowered) c = lower(c);
    return lowered;
}

bool is_name(std::string_view host) {
    const auto fits = [](char c) {
        const char l = lower(c);
        return (l >= 'a' && l <= 'z') || is_digit(c) || c == '.' || c == '-' || c == '_';
    };
    return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), fits);
}

bool is_bracketed(std::string_view host) {
    return host.size() > 4 && host.front() == '[' && host.back() == ']' &&
           host.substr(1, host.size() - 2).find_first_not_of("0123456789abcdefABCDEF:.") ==
               std::string_view::npos;
}

int hex_digit(char c) {
    const char l = lower(c);
    if (is_digit(c)) return c - '0';
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// Nothing when an escape is broken.
std::optional<std::string> unescape(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            plain += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = hex_digit(text[i + 1]);
        const int low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        plain += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return plain;
}

/// Cuts ":port" off the end of `authority`; nothing when it is no port. 0: there is none.
std::optional<std::uint16_t> cut_port(std::string_view& authority) {
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon == std::string_view::npos) return std::uint16_t{0};
    const std::string_view digits = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
    std::uint16_t port = 0;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || stop != digits.data() + digits.size() || port == 0) return std::nullopt;
    return port;
}

}  // namespace

Result<WsUrl> WsUrl::parse(std::string_view url) {
    if (url.size() > url_bytes_most)
        return bad_url("has at most " + std::to_string(url_bytes_most) + " bytes");
    for (const char c : url) {
        if (c <= ' ' || c >= 0x7f || c == '#')
            return bad_url("has no blanks, no # and plain characters only");
    }
    WsUrl parts;
    const std::size_t mark = url.find("://");
    const std::string scheme = lower_case(url.substr(0, std::min(mark, url.size())));
    if (mark == std::string_view::npos || (scheme != "ws" && scheme != "wss"))
        return bad_url("starts with ws:// or wss://");
    parts.secure = scheme == "wss";

    std::string_view authority = url.substr(mark + 3);
    const std::size_t end = std::min(authority.find_first_of("/?"), authority.size());
    parts.target = authority.substr(end);
    if (!parts.target.starts_with('/')) parts.target.insert(0, 1, '/');
    authority = authority.substr(0, end);
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        const std::optional<std::string> plain = unescape(authority.substr(0, at));
        if (!plain) return bad_url("has a user whose % escapes are whole");
        parts.user_info = *plain;
        if (parts.user_info.find(':') == std::string::npos) parts.user_info += ':';
        authority = authority.substr(at + 1);
    }
    const std::optional<std::uint16_t> port = cut_port(authority);
    if (!port) return bad_url("has a port from 1 to 65535");
    parts.authority = lower_case(authority);
    if (is_bracketed(parts.authority)) {
        parts.host = parts.authority.substr(1, parts.authority.size() - 2);
    } else if (is_name(parts.authority)) {
        parts.host = parts.authority;
    } else {
        return bad_url("has a host");
    }
    const std::uint16_t usual = parts.secure ? 443 : 80;
    parts.port = *port == 0 ? usual : *port;
    if (parts.port != usual) parts.authority += ":" + std::to_string(parts.port);
    parts.name = scheme + "://" + parts.authority;
    return parts;
}

}  // namespace libexec
