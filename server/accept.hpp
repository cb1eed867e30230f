#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

#include "libexec/net/http_message.hpp"

namespace libexec::server {

/// How much a client wants a media type.
struct Preference {
    int thousandths = 0;  ///< of `q`; 0: not at all
    bool named = false;   ///< by its full name rather than by `*/*` or `type/*`
};

/// What the Accept headers say about `type`, such as "application/json": the closest range decides, whatever
/// its place. No Accept takes everything. Parameters other than `q` are not looked at; a range that cannot be
/// read counts as not sent.
/// Source: RFC 9110 section 12.5.1.
Preference preference_for(const HttpRequest& request, std::string_view type);

/// The one of `offers` that the client wants most, the first of several; nothing when it wants none.
std::optional<std::string_view> preferred_type(const HttpRequest& request,
                                               std::initializer_list<std::string_view> offers);

}  // namespace libexec::server
