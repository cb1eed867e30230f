#pragma once

#include <atomic>

#include "call.hpp"
#include "libexec/base/clock.hpp"
#include "libexec/embed/open.hpp"
#include "openapi_document.hpp"
#include "socket_limiter.hpp"
#include "token_list.hpp"

namespace libexec::server {

/// How the daemon is doing, and what it knows.
class HealthRoutes {
public:
    HealthRoutes(Service& service, const TokenList& tokens, const SocketLimiter& sockets, const Clock& clock,
                 const std::atomic<bool>& draining, std::string version)
        : service_(service),
          tokens_(tokens),
          sockets_(sockets),
          clock_(clock),
          draining_(draining),
          version_(std::move(version)) {}

    /// The process answers.
    Task<void> livez(Call& call);
    /// New orders would be taken: 200, or 503 saying why not. `?verbose` lists the checks.
    Task<void> readyz(Call& call);
    /// For people and older clients: 200 as long as the process answers.
    Task<void> health(Call& call);
    Task<void> queue(Call& call);
    Task<void> nodes(Call& call);
    Task<void> version(Call& call);
    Task<void> tokens(Call& call);
    Task<void> openapi(Call& call);

private:
    /// Why new orders would be refused; empty when they would not.
    std::string trouble() const;

    Service& service_;
    const TokenList& tokens_;
    const SocketLimiter& sockets_;
    const Clock& clock_;
    const std::atomic<bool>& draining_;
    const std::string version_;
    const std::string openapi_ = openapi_document();
};

}  // namespace libexec::server
