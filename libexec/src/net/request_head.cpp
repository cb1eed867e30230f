#include "request_head.hpp"

#include <http_parser.h>

#include <charconv>

#include "request_target.hpp"
#include "tokens.hpp"

namespace libexec {

namespace {

struct RequestLine {
    std::string_view method;
    std::string_view target;
    std::string_view version;
};

RequestLine split_request_line(std::string_view line) {
    RequestLine parts;
    parts.method = cut_at(line, ' ');
    parts.target = cut_at(line, ' ');
    parts.version = line;
    return parts;
}

Refusal split_fields(std::string_view lines, std::size_t fields_max, HttpRequest& request) {
    while (lines.size() > 2) {
        const std::size_t end = lines.find("\r\n");
        const std::string_view line = lines.substr(0, end);
        lines.remove_prefix(end + 2);
        if (line.front() == ' ' || line.front() == '\t') return refuse(400, "A header line is folded.");
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return refuse(400, "A header line has no colon.");
        if (!is_token(line.substr(0, colon))) return refuse(400, "A header name is not a token.");
        if (request.fields.size() == fields_max)
            return refuse(431, "The request has too many header fields.");
        request.fields.push_back(HttpField{line.substr(0, colon), trim(line.substr(colon + 1))});
    }
    return {};
}

Refusal read_length(std::string_view digits, std::uint64_t& length) {
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, length);
    if (error != std::errc{} || stop != end) return refuse(400, "Content-Length is not a number.");
    return {};
}

Refusal read_framing(const HttpRequest& request, RequestFraming& framing) {
    int hosts = 0;
    int lengths = 0;
    int codings = 0;
    for (const HttpField& field : request.fields) {
        if (equal_ignoring_case(field.name, "Host")) {
            ++hosts;
            if (!is_authority(field.value)) return refuse(400, "Host is malformed.");
        } else if (equal_ignoring_case(field.name, "Content-Length")) {
            ++lengths;
            if (const Refusal bad = read_length(field.value, framing.content_length)) return bad;
        } else if (equal_ignoring_case(field.name, "Transfer-Encoding")) {
            ++codings;
            framing.chunked = equal_ignoring_case(field.value, "chunked");
            if (!framing.chunked)
                return refuse(400, "Transfer-Encoding other than chunked is not supported.");
        } else if (equal_ignoring_case(field.name, "Expect")) {
            // A 1.0 client does not know interim answers: it is not waiting for one (RFC 9110
            // section 10.1.1).
            framing.expects_continue = request.version_minor == 1;
            if (!equal_ignoring_case(field.value, "100-continue")) return refuse(417, "Unknown expectation.");
        }
    }
    if (hosts > 1) return refuse(400, "Host is repeated.");
    if (hosts == 0 && request.version_minor == 1) return refuse(400, "Host is missing.");
    if (lengths > 1) return refuse(400, "Content-Length is repeated.");
    if (codings > 1) return refuse(400, "Transfer-Encoding is repeated.");
    if (codings == 1 && lengths == 1)
        return refuse(400, "Both Content-Length and Transfer-Encoding are given.");
    if (codings == 1 && request.version_minor == 0) return refuse(400, "HTTP/1.0 has no Transfer-Encoding.");
    return {};
}

struct SecondReading {
    bool complete = false;
    bool keep_alive = false;
    bool chunked = false;
    std::uint64_t content_length = 0;
};

int on_headers_complete(http_parser* parser) {
    auto& seen = *static_cast<SecondReading*>(parser->data);
    seen.complete = true;
    seen.keep_alive = http_should_keep_alive(parser) != 0;
    seen.chunked = (parser->flags & F_CHUNKED) != 0;
    seen.content_length = (parser->flags & F_CONTENTLENGTH) != 0 ? parser->content_length : 0;
    return 0;
}

/// What http_parser makes of the same bytes. It knows the Connection header and the methods.
Refusal read_again(std::string_view head, RequestFraming& framing) {
    SecondReading seen;
    http_parser parser;
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = &seen;
    http_parser_settings settings;
    http_parser_settings_init(&settings);
    settings.on_headers_complete = on_headers_complete;
    http_parser_execute(&parser, &settings, head.data(), head.size());
    if (HTTP_PARSER_ERRNO(&parser) == HPE_INVALID_METHOD) return refuse(501, "The method is not known.");
    if (HTTP_PARSER_ERRNO(&parser) != HPE_OK || !seen.complete || seen.chunked != framing.chunked ||
        seen.content_length != framing.content_length) {
        return refuse(400, "The request head is malformed.");
    }
    framing.keep_alive = seen.keep_alive;
    return {};
}

}  // namespace

Refusal check_request_line(std::string_view line) {
    const RequestLine parts = split_request_line(line);
    if (!is_token(parts.method) || parts.target.empty()) return refuse(400, "The request line is malformed.");
    const std::string_view version = parts.version;
    const bool shaped = version.size() == 8 && version.substr(0, 5) == "HTTP/" && is_digit(version[5]) &&
                        version[6] == '.' && is_digit(version[7]);
    if (!shaped) return refuse(400, "The request line is malformed.");
    if (version != "HTTP/1.1" && version != "HTTP/1.0")
        return refuse(505, "Only versions 1.1 and 1.0 of HTTP are spoken.");
    return check_target(parts.method, parts.target);
}

Refusal read_request_head(std::string_view head, std::size_t fields_max, HttpRequest& request,
                          RequestFraming& framing) {
    const std::size_t line_end = head.find("\r\n");
    const RequestLine parts = split_request_line(head.substr(0, line_end));
    request.method = parts.method;
    request.version_minor = parts.version.back() == '1' ? 1 : 0;
    split_target(parts.target, request);
    request.fields.clear();
    if (const Refusal bad = split_fields(head.substr(line_end + 2), fields_max, request)) return bad;
    if (const Refusal bad = read_framing(request, framing)) return bad;
    return read_again(head, framing);
}

}  // namespace libexec
