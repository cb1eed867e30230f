#pragma once

#include "call.hpp"
#include "libexec/embed/open.hpp"
#include "token_list.hpp"

namespace libexec::server {

/// What the venues would offer.
class QuoteRoutes {
public:
    QuoteRoutes(Service& service, const TokenList& tokens) : service_(service), tokens_(tokens) {}

    /// POST with a submit body.
    Task<void> quote(Call& call);
    /// GET with the fields of a submit body as query parameters.
    Task<void> quote_by_query(Call& call);

private:
    /// `body` outlives the call. Bad fields are named as members of a body, or as query parameters.
    Task<void> answer(Call& call, std::string_view body, bool by_query);

    Service& service_;
    const TokenList& tokens_;
};

}  // namespace libexec::server
