#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libexec/base/result.hpp"

namespace libexec {

/// Where a node answers.
/// Shape:  two URLs, and a name that may be shown to anybody: scheme, host and port. Providers put their
///         customers' keys into paths, queries and user names, so nothing else of a URL is ever told.
/// Errors: `parse` refuses what is no http or https URL with a host, in words that repeat none of it.
class RpcEndpoint {
public:
    /// An endpoint of that URL. PubSub is expected where validators have it: the same host and path by ws or
    /// wss, on the next port when one is named.
    static Result<RpcEndpoint> parse(std::string_view url);
    /// Endpoints of a comma-separated list, as in `--rpc`. Errors: the above, telling which one it was, an
    /// empty list, more than 16 and one that is there twice.
    static Result<std::vector<RpcEndpoint>> parse_list(std::string_view urls);

    /// For logs and errors: "https://api.example.com".
    const std::string& name() const { return name_; }
    /// For questions. A secret.
    const std::string& http_url() const { return http_url_; }
    /// For subscriptions. A secret.
    const std::string& ws_url() const { return ws_url_; }
    /// `text` without anything secret in the URLs, which becomes "***": servers like to repeat what they were
    /// asked with.
    std::string redact(std::string_view text) const;

private:
    RpcEndpoint() = default;

    std::string name_;
    std::string http_url_;
    std::string ws_url_;
    std::vector<std::string> secrets_;  ///< longest first
};

}  // namespace libexec
