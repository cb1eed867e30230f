#include "origins.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include <asio/ip/address_v6.hpp>

namespace libexec::server {
namespace {

constexpr std::string_view plain_scheme = "http://";
constexpr std::string_view secure_scheme = "https://";

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

bool is_host(std::string_view host) {
    if (host.starts_with('[') && host.ends_with(']')) {
        asio::error_code error;
        asio::ip::make_address_v6(std::string(host.substr(1, host.size() - 2)), error);
        return !error;
    }
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-._";
    return !host.empty() && host.find_first_not_of(letters) == std::string_view::npos;
}

bool is_port(std::string_view text) {
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, port);
    return error == std::errc{} && stop == end && port != 0;
}

std::string_view without(std::string_view text, std::string_view suffix) {
    if (text.ends_with(suffix)) text.remove_suffix(suffix.size());
    return text;
}

}  // namespace

std::optional<std::string> parse_origin(std::string_view text) {
    std::string origin = lower_case(text);
    const bool secure = origin.starts_with(secure_scheme);
    if (!secure && !origin.starts_with(plain_scheme)) return std::nullopt;
    const std::string_view own_port = secure ? ":443" : ":80";
    const std::string_view scheme = secure ? secure_scheme : plain_scheme;
    const std::string_view authority = std::string_view(origin).substr(scheme.size());
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (!is_host(authority.substr(0, colon))) return std::nullopt;
    if (colon != std::string_view::npos && !is_port(authority.substr(colon + 1))) return std::nullopt;
    return std::string(scheme) + std::string(without(authority, own_port));
}

std::optional<std::vector<std::string>> parse_origins(std::string_view text) {
    std::vector<std::string> origins;
    if (text == "*") {
        origins.emplace_back(text);
        return origins;
    }
    while (!text.empty()) {
        std::string_view item = text.substr(0, text.find(','));
        text.remove_prefix(std::min(item.size() + 1, text.size()));
        while (item.starts_with(' ')) item.remove_prefix(1);
        while (item.ends_with(' ')) item.remove_suffix(1);
        auto origin = parse_origin(item);
        if (!origin) return std::nullopt;
        origins.push_back(std::move(*origin));
    }
    return origins;
}

bool Origins::lists(std::string_view origin) const {
    return everybody() || std::find(listed_.begin(), listed_.end(), origin) != listed_.end();
}

bool Origins::allows(const HttpRequest& request) const {
    const auto sent = request.header("origin");
    if (!sent || everybody()) return true;
    // "null" is a page that hides where it comes from.
    const auto origin = parse_origin(*sent);
    if (!origin) return false;
    if (lists(*origin)) return true;
    const auto host = request.header("host");
    if (!host) return false;
    const bool secure = origin->starts_with(secure_scheme);
    return parse_origin(std::string(secure ? secure_scheme : plain_scheme) + std::string(*host)) == origin;
}

std::vector<HttpHeader> Origins::headers(const HttpRequest& request) const {
    std::vector<HttpHeader> headers;
    if (listed_.empty()) return headers;
    // Also for others: what a cache keeps must not be handed to another origin.
    if (!everybody()) headers.push_back({"Vary", "Origin"});
    const auto sent = request.header("origin");
    const auto origin = sent ? parse_origin(*sent) : std::nullopt;
    if (!sent || (!everybody() && (!origin || !lists(*origin)))) return headers;
    headers.push_back({"Access-Control-Allow-Origin", everybody() ? "*" : std::string(*sent)});
    headers.push_back({"Access-Control-Expose-Headers",
                       "Location, RateLimit, RateLimit-Policy, Retry-After, Idempotent-Replay, X-Request-Id, "
                       "traceparent"});
    return headers;
}

std::vector<HttpHeader> Origins::preflight_headers(const HttpRequest& request,
                                                   const std::string& methods) const {
    std::vector<HttpHeader> headers;
    if (!request.header("access-control-request-method") || listed_.empty() || !allows(request)) {
        return headers;
    }
    headers.push_back({"Access-Control-Allow-Methods", methods});
    headers.push_back(
        {"Access-Control-Allow-Headers",
         "Authorization, Content-Type, Idempotency-Key, X-Api-Key, X-Timestamp, X-Nonce, X-Signature, "
         "X-Request-Id, traceparent, tracestate, Last-Event-ID"});
    headers.push_back({"Access-Control-Max-Age", "600"});
    return headers;
}

}  // namespace libexec::server
