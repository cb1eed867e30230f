#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace libexec {

/// One field of a request, as it came; the value without the blanks around it.
struct HttpField {
    std::string_view name;
    std::string_view value;
};

/// One request.
/// Shape:  views into memory of its connection, valid until `HttpHandler::handle` returns, across every
///         suspension. Not copyable for that reason; copy out what must live longer.
/// Errors: none: what reaches a handler has passed the checks of request framing (RFC 9112).
/// Source: `target` is what the client sent; `path` and `query` are its parts, still percent-encoded.
struct HttpRequest {
    std::string_view method;  ///< upper case, such as "GET"
    std::string_view target;
    std::string_view path;          ///< starts with '/', or is "*"
    std::string_view query;         ///< without the '?'
    std::vector<HttpField> fields;  ///< in order of arrival
    std::string_view body;          ///< chunked coding already undone
    std::string_view peer_address;  ///< of the socket's other end, without the port
    int version_minor = 1;          ///< HTTP/1.0 or HTTP/1.1

    HttpRequest() = default;
    HttpRequest(const HttpRequest&) = delete;
    HttpRequest& operator=(const HttpRequest&) = delete;

    /// The first field of that name, in any case; nothing when absent.
    std::optional<std::string_view> header(std::string_view name) const;
    /// The first query parameter of that name, decoded ('+' is a blank); nothing when absent or when its
    /// percent-encoding is broken.
    std::optional<std::string> query_parameter(std::string_view name) const;
    /// Whether the comma-separated list in the fields of that name holds `token`, in any case.
    bool header_has_token(std::string_view name, std::string_view token) const;
};

/// A header field of an answer.
struct HttpHeader {
    std::string name;
    std::string value;
};

/// One answer. Content-Length, Connection and Date are added by the server; so is nothing else.
struct HttpResponse {
    int status = 200;
    std::string content_type = "application/json";  ///< empty: no Content-Type
    std::vector<HttpHeader> headers;                ///< control characters in them become blanks
    std::string body;                               ///< not sent for HEAD, 204 and 304

    HttpResponse() = default;
    /// The answer with this status, body and Content-Type.
    explicit HttpResponse(int status_code, std::string text = {}, std::string type = "application/json")
        : status(status_code), content_type(std::move(type)), body(std::move(text)) {}

    /// Adds a header field.
    HttpResponse& with(std::string name, std::string value) {
        headers.push_back(HttpHeader{std::move(name), std::move(value)});
        return *this;
    }
};

/// "Not Found" for 404; "Unknown" for a number nobody registered.
std::string_view reason_phrase(int status);

/// Undoes %XX, and '+' when `plus_is_blank` (queries yes, paths no). Nothing when an escape is broken.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank = false);

/// ASCII only, as header names and tokens are compared.
bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace libexec
