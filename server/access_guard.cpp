#include "access_guard.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace libexec::server {
namespace {

/// A header that may come once. Which of two counts, everybody on the way would tell differently.
struct OneHeader {
    OneHeader(const HttpRequest& request, std::string_view name) {
        for (const HttpField& field : request.fields) {
            if (!equal_ignoring_case(field.name, name)) continue;
            repeated = value.has_value();
            value = field.value;
            if (repeated) return;
        }
    }
    std::optional<std::string_view> value;
    bool repeated = false;
};

/// The path with its query, as it was asked for.
std::string target_of(const HttpRequest& request) {
    if (request.target.starts_with('/')) return std::string(request.target);
    return std::string(request.path) + (request.query.empty() ? "" : "?" + std::string(request.query));
}

std::optional<Scope> scope_of(Need need) {
    switch (need) {
        case Need::admin:
            return Scope::admin;
        case Need::trade:
            return Scope::trade;
        case Need::read:
            return Scope::read;
        case Need::any_key:
        case Need::nothing:
            break;
    }
    return std::nullopt;
}

std::variant<Caller, Denial> ask(Gate& gate, Call& call) {
    const HttpRequest& request = call.request();
    const OneHeader authorization(request, "authorization"), id(request, "x-api-key"),
        timestamp(request, "x-timestamp"), nonce(request, "x-nonce"), signature(request, "x-signature");
    for (const OneHeader* const header : {&authorization, &id, &timestamp, &nonce, &signature}) {
        if (header->repeated)
            return Denial{Denial::Kind::unauthorized,
                          "a header that proves who you are came twice: send it once"};
    }
    Credentials shown;
    shown.authorization = authorization.value;
    shown.api_key = id.value;
    shown.timestamp = timestamp.value;
    shown.nonce = nonce.value;
    shown.signature = signature.value;
    const bool none =
        !authorization.value && !id.value && !timestamp.value && !nonce.value && !signature.value;
    if (none && call.http().is_websocket_upgrade()) {
        if (const auto ticket = request.query_parameter("ticket"))
            return gate.admit_ticket(*ticket, request.peer_address);
    }
    const std::string target = target_of(request);
    shown.method = request.method;
    shown.target = target;
    shown.body = request.body;
    shown.address = request.peer_address;
    return gate.admit(shown);
}

}  // namespace

bool AccessGuard::admit(Call& call, Need need) {
    if (gate_ == nullptr || need == Need::nothing) return true;
    std::variant<Caller, Denial> verdict = ask(*gate_, call);
    if (const auto* const denial = std::get_if<Denial>(&verdict)) return refuse(call, *denial);
    Caller& caller = std::get<Caller>(verdict);
    const std::optional<Scope> scope = scope_of(need);
    if (scope && !caller.scopes.allow(*scope)) {
        call.refuse("forbidden", "this needs a key with the scope " + std::string(to_string(*scope)) +
                                     "; this one has " + caller.scopes.to_string());
        return false;
    }
    call.set_caller(std::move(caller));
    return true;
}

bool AccessGuard::refuse(Call& call, const Denial& denial) {
    // Never what was shown: it may be a secret with one wrong letter.
    log_.debug("access.refused", denial.detail,
               {{"address", std::string(call.request().peer_address)},
                {"correlation_id", call.request_id()},
                {"trace_id", call.trace_id()}});
    switch (denial.kind) {
        case Denial::Kind::forbidden:
            call.refuse("forbidden", denial.detail);
            break;
        case Denial::Kind::too_many: {
            Problem problem = make_problem("rate_limited", denial.detail);
            problem.retry_after = std::chrono::seconds(1);
            call.refuse(std::move(problem));
            break;
        }
        case Denial::Kind::unauthorized: {
            HttpResponse head;
            head.with("WWW-Authenticate", "Bearer realm=\"execd\"");
            call.refuse(make_problem("unauthorized", denial.detail), std::move(head));
            break;
        }
    }
    return false;
}

Task<void> AccessGuard::issue_ticket(Call& call) {
    if (gate_ == nullptr || !call.caller()) {
        call.refuse("not_found", "this server asks nobody for a key: open the WebSocket without a ticket");
        co_return;
    }
    const std::optional<std::string> ticket = gate_->issue_ticket(*call.caller());
    if (!ticket) {
        Problem problem =
            make_problem("rate_limited", "too many tickets wait to be used: use those, or wait");
        problem.retry_after = TicketBox::lifetime;
        call.refuse(std::move(problem));
        co_return;
    }
    const auto lifetime = std::chrono::milliseconds(TicketBox::lifetime);
    call.answer(200, "{\"success\":true,\"ticket\":\"" + *ticket +
                         "\",\"expiresInMs\":" + std::to_string(lifetime.count()) + "}");
}

}  // namespace libexec::server
