#include "libexec/chain/rpc/endpoint.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace libexec {
namespace {

constexpr std::size_t url_bytes_most = 2'048;
constexpr std::size_t endpoints_most = 16;
/// Shorter pieces of a URL ("v2", "solana") are words, not keys, and would blot out half a sentence.
constexpr std::size_t secret_bytes_least = 6;

Rejection bad_url(const std::string& rule) {
    return reject(Reason::invalid_parameter,
                  "an RPC endpoint " + rule + ", such as https://api.mainnet-beta.solana.com");
}

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

/// A name, an IPv4 address, or an IPv6 address in its brackets.
bool is_host(std::string_view host) {
    if (host.empty() || host.size() > 255) return false;
    if (host.front() == '[') {
        if (host.size() < 4 || host.back() != ']') return false;
        const std::string_view inner = host.substr(1, host.size() - 2);
        return inner.find(':') != std::string_view::npos &&
               inner.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
    }
    return std::all_of(host.begin(), host.end(),
                       [](char c) { return is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; });
}

std::optional<std::uint16_t> read_port(std::string_view digits) {
    std::uint16_t port = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, port);
    if (error != std::errc{} || stop != end || port == 0) return std::nullopt;
    return port;
}

/// What a URL is made of: scheme://[user@]host[:port][rest].
struct Parts {
    std::string scheme;
    std::string_view user;
    std::string host;
    std::optional<std::uint16_t> port;
    std::string_view rest;  ///< path and query
};

Result<Parts> split(std::string_view url) {
    if (url.size() > url_bytes_most)
        return bad_url("is a URL of at most " + std::to_string(url_bytes_most) + " bytes");
    for (const char c : url) {
        if (c <= ' ' || c >= 0x7f || c == '\\') return bad_url("is a URL of plain characters without blanks");
    }
    const std::size_t colon = url.find("://");
    if (colon == std::string_view::npos) return bad_url("is a URL that starts with http:// or https://");
    Parts parts;
    parts.scheme = lower_case(url.substr(0, colon));
    if (parts.scheme != "http" && parts.scheme != "https")
        return bad_url("is a URL that starts with http:// or https://");
    if (url.find('#') != std::string_view::npos) return bad_url("is a URL without a fragment (#)");

    std::string_view authority = url.substr(colon + 3);
    const std::size_t end = authority.find_first_of("/?");
    if (end != std::string_view::npos) {
        parts.rest = authority.substr(end);
        authority = authority.substr(0, end);
    }
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
        parts.user = authority.substr(0, at);
        authority = authority.substr(at + 1);
    }
    const std::size_t bracket = authority.rfind(']');
    const std::size_t port_at = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (port_at != std::string_view::npos) {
        parts.port = read_port(authority.substr(port_at + 1));
        if (!parts.port) return bad_url("has a port from 1 to 65535");
        authority = authority.substr(0, port_at);
    }
    parts.host = lower_case(authority);
    if (!is_host(parts.host)) return bad_url("is a URL with a host");
    return parts;
}

void add_secrets(std::vector<std::string>& secrets, std::string_view text, std::string_view separators) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of(separators), text.size());
        if (end >= secret_bytes_least) secrets.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

}  // namespace

Result<RpcEndpoint> RpcEndpoint::parse(std::string_view url) {
    Result<Parts> split_url = split(url);
    if (!split_url) return split_url.error();
    const Parts parts = std::move(split_url).value();

    RpcEndpoint endpoint;
    endpoint.name_ = parts.scheme + "://" + parts.host;
    if (parts.port) endpoint.name_ += ":" + std::to_string(*parts.port);
    endpoint.http_url_ = std::string(url);

    const bool tls = parts.scheme == "https";
    endpoint.ws_url_ = tls ? "wss://" : "ws://";
    if (!parts.user.empty()) endpoint.ws_url_ += std::string(parts.user) + "@";
    endpoint.ws_url_ += parts.host;
    if (parts.port)
        endpoint.ws_url_ += ":" + std::to_string(*parts.port == UINT16_MAX ? UINT16_MAX : *parts.port + 1);
    endpoint.ws_url_ += parts.rest;

    add_secrets(endpoint.secrets_, parts.user, ":");
    add_secrets(endpoint.secrets_, parts.rest, "/?&=");
    std::sort(endpoint.secrets_.begin(), endpoint.secrets_.end(),
              [](const std::string& a, const std::string& b) {
                  return a.size() != b.size() ? a.size() > b.size() : a < b;
              });
    return endpoint;
}

Result<std::vector<RpcEndpoint>> RpcEndpoint::parse_list(std::string_view urls) {
    std::vector<RpcEndpoint> endpoints;
    for (std::size_t from = 0; from <= urls.size();) {
        const std::size_t comma = std::min(urls.find(',', from), urls.size());
        std::string_view url = urls.substr(from, comma - from);
        from = comma + 1;
        while (url.starts_with(' ')) url.remove_prefix(1);
        while (url.ends_with(' ')) url.remove_suffix(1);
        const std::string which = "endpoint " + std::to_string(endpoints.size() + 1) + ": ";
        Result<RpcEndpoint> endpoint = parse(url);
        if (!endpoint) return reject(endpoint.error().reason, which + endpoint.error().detail);
        for (const RpcEndpoint& other : endpoints) {
            if (other.http_url_ == endpoint.value().http_url_)
                return reject(Reason::invalid_parameter, which + other.name_ + " is there twice");
        }
        endpoints.push_back(std::move(endpoint).value());
        if (endpoints.size() > endpoints_most) {
            return reject(Reason::invalid_parameter,
                          "more than " + std::to_string(endpoints_most) + " RPC endpoints");
        }
    }
    return endpoints;
}

std::string RpcEndpoint::redact(std::string_view text) const {
    std::string clean(text);
    for (const std::string& secret : secrets_) {
        for (std::size_t at = clean.find(secret); at != std::string::npos; at = clean.find(secret, at + 3))
            clean.replace(at, secret.size(), "***");
    }
    return clean;
}

}  // namespace libexec
