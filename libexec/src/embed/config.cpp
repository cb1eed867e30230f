#include "libexec/embed/config.hpp"

#include <algorithm>
#include <string_view>

namespace libexec {
namespace {

constexpr std::string_view mask = "****";

/// As a parameter: postgres://host/db?password=...
void mask_parameter(std::string& url) {
    constexpr std::string_view name = "password=";
    for (std::size_t at = url.find('?'); at != std::string::npos; at = url.find('&', at + 1)) {
        if (url.compare(at + 1, name.size(), name) != 0) continue;
        const std::size_t begin = at + 1 + name.size();
        const std::size_t end = std::min(url.find('&', begin), url.size());
        url.replace(begin, end - begin, mask);
    }
}

}  // namespace

std::string without_password(const std::string& database_url) {
    std::string shown = database_url;
    mask_parameter(shown);
    const std::size_t scheme = shown.find("://");
    if (scheme == std::string::npos) return shown;
    // Up to the last @, wherever it is: a password may hold anything that nobody encoded.
    const std::size_t at = shown.rfind('@');
    const std::size_t colon = shown.find(':', scheme + 3);
    if (at == std::string::npos || at < scheme || colon == std::string::npos || colon > at) return shown;
    return shown.replace(colon + 1, at - colon - 1, mask);
}

}  // namespace libexec
