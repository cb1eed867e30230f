#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client.hpp"
#include "libexec/access/gate.hpp"
#include "libexec/base/uuid.hpp"
#include "libexec/json/problem.hpp"
#include "libexec/model/attempt.hpp"
#include "libexec/model/viewer.hpp"
#include "libexec/net/http_exchange.hpp"

namespace libexec::server {

/// One request on its way through a route, with what every answer repeats.
class Call {
public:
    Call(HttpExchange& http, std::string request_id, std::string trace_id)
        : http_(http), request_id_(std::move(request_id)), trace_id_(std::move(trace_id)) {}

    HttpExchange& http() { return http_; }
    const HttpRequest& request() const { return http_.request(); }
    const std::string& request_id() const { return request_id_; }
    const std::string& trace_id() const { return trace_id_; }

    /// The segment of the path that stands for `{id}`, still encoded.
    std::string_view id_text;

    /// Nothing where nobody is asked for a key.
    const std::optional<Caller>& caller() const { return caller_; }
    void set_caller(Caller caller) { caller_.emplace(std::move(caller)); }
    /// Whose orders a new one joins, and that may be changed: those of the caller's account. Without keys,
    /// those that were placed without an account.
    std::string account() const { return caller_ ? caller_->account : std::string(); }
    /// Whose orders may be changed.
    Viewer owner() const { return Viewer(account()); }
    /// Whose orders may be looked at: an admin's eyes are on every account.
    Viewer viewer() const { return caller_ && caller_->scopes.names(Scope::admin) ? Viewer() : owner(); }
    Client client() const;

    /// A header for whatever the answer will be.
    void add_header(HttpHeader header) { common_.push_back(std::move(header)); }
    /// Adds what every answer carries: the request id and the headers of `add_header`. For answers that go
    /// round `answer`.
    void complete(HttpResponse& response) const;

    /// Answers with JSON; `complete` is called.
    void answer(HttpResponse response);
    void answer(int status, std::string body) { answer(HttpResponse(status, std::move(body))); }
    /// Answers with a problem; path, request id and the headers that go with its status are added.
    void refuse(Problem problem, HttpResponse head = HttpResponse());
    void refuse(std::string_view code, std::string detail) { refuse(make_problem(code, std::move(detail))); }
    void refuse(const Rejection& why);

private:
    HttpExchange& http_;
    std::string request_id_;
    std::string trace_id_;
    std::vector<HttpHeader> common_;
    std::optional<Caller> caller_;
};

/// Adds what a problem says beside its own words: where it arose, under which id, and when to ask again.
void complete_problem(Problem& problem, std::string_view path, const std::string& request_id);

/// The client's X-Request-Id when it has 1 to 128 visible ASCII characters, else a new one.
std::string request_id_of(const HttpRequest& request, UuidGenerator& ids);

/// Visible ASCII, no blanks, between 1 and `size_most` characters.
bool is_token_text(std::string_view text, std::size_t size_most);

/// A sequence number such as `after`: nothing when it is no whole number within 32 bits.
std::optional<std::uint32_t> parse_sequence(std::string_view text);

/// A problem with one query parameter or header.
Problem bad_parameter(std::string name, std::string rule);

}  // namespace libexec::server
