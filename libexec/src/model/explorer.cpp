#include "libexec/model/explorer.hpp"

#include <algorithm>

namespace libexec {
namespace {

constexpr std::string_view hole = "{signature}";
constexpr std::size_t url_bytes_most = 2'048;

Rejection no_explorer(const std::string& rule) {
    return reject(Reason::invalid_parameter,
                  "an explorer is an http or https URL with {signature} in it, such as "
                  "https://explorer.solana.com/tx/{signature}: " +
                      rule);
}

bool has_host(std::string_view url, std::string_view scheme) {
    if (!url.starts_with(scheme)) return false;
    const std::string_view rest = url.substr(scheme.size());
    return !rest.empty() && rest.find_first_of("/?#{") != 0;
}

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

Result<Explorer> Explorer::of(std::string_view url) {
    if (url.size() > url_bytes_most)
        return no_explorer("it has more than " + std::to_string(url_bytes_most) + " bytes");
    if (!has_host(url, "https://") && !has_host(url, "http://"))
        return no_explorer("it does not begin with https:// or http:// and a host");
    if (url.find(hole) == std::string_view::npos) return no_explorer("{signature} is missing");
    // What becomes a link on somebody's page must not end the attribute it stands in.
    const auto is_stray = [](char c) {
        return c <= ' ' || c >= 0x7f || std::string_view("\"'<>\\^`|").find(c) != std::string_view::npos;
    };
    if (std::any_of(url.begin(), url.end(), is_stray))
        return no_explorer("it has a blank, a quote or another character that no URL has");
    Explorer explorer;
    explorer.url_ = url;
    return explorer;
}

std::string Explorer::link_to(std::string_view signature) const {
    if (url_.empty() || signature.empty() ||
        !std::all_of(signature.begin(), signature.end(), is_alphanumeric))
        return {};
    std::string link = url_;
    for (std::size_t at = link.find(hole); at != std::string::npos; at = link.find(hole, at))
        link.replace(at, hole.size(), signature);
    return link;
}

}  // namespace libexec
