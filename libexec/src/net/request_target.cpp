#include "request_target.hpp"

#include <charconv>
#include <cstdint>

#include "tokens.hpp"

namespace libexec {

namespace {

bool holds_only(std::string_view text, bool (*allowed)(char)) {
    for (const char c : text) {
        if (!allowed(c)) return false;
    }
    return true;
}

bool is_target_char(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7f && c != '#';
}

bool is_name_char(char c) {
    return is_token_char(c) || std::string_view("();=").find(c) != std::string_view::npos;
}

bool is_address_char(char c) {
    const char l = lower(c);
    return is_digit(c) || (l >= 'a' && l <= 'f') || c == ':' || c == '.';
}

/// What may follow a host: nothing, or a colon and perhaps a number.
bool is_port_part(std::string_view text) {
    if (text.empty()) return true;
    if (text.front() != ':') return false;
    text.remove_prefix(1);
    if (text.empty()) return true;
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, port);
    return error == std::errc{} && stop == end;
}

/// Cuts "http://" or "https://" off the front of `rest`.
bool cut_scheme(std::string_view& rest) {
    for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
        if (!equal_ignoring_case(rest.substr(0, scheme.size()), scheme)) continue;
        rest.remove_prefix(scheme.size());
        return true;
    }
    return false;
}

}  // namespace

bool is_authority(std::string_view text) {
    if (!text.starts_with('[')) {
        const std::string_view name = text.substr(0, text.find(':'));
        return holds_only(name, is_name_char) && is_port_part(text.substr(name.size()));
    }
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || end == 1) return false;
    return holds_only(text.substr(1, end - 1), is_address_char) && is_port_part(text.substr(end + 1));
}

Refusal check_target(std::string_view method, std::string_view target) {
    if (!holds_only(target, is_target_char)) return refuse(400, "The request line is malformed.");
    // What follows a CONNECT belongs to the tunnel: it must not be read as requests to us.
    if (method == "CONNECT") return refuse(501, "Tunnels are not offered.");
    if (target.starts_with('/') || (target == "*" && method == "OPTIONS")) return {};
    std::string_view authority = target;
    if (!cut_scheme(authority)) return refuse(400, "The request target is neither a path nor an address.");
    authority = authority.substr(0, authority.find_first_of("/?"));
    if (authority.empty() || authority.front() == ':' || !is_authority(authority))
        return refuse(400, "The host in the request target is malformed.");
    return {};
}

void split_target(std::string_view target, HttpRequest& request) {
    request.target = target;
    std::string_view rest = target;
    if (cut_scheme(rest)) {
        const std::size_t path = rest.find_first_of("/?");
        rest = path == std::string_view::npos ? std::string_view("/") : rest.substr(path);
    }
    request.path = cut_at(rest, '?');
    if (request.path.empty()) request.path = "/";
    request.query = rest;
}

}  // namespace libexec
