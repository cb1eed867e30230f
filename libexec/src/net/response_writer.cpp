#include "response_writer.hpp"

#include <array>
#include <charconv>

#include "tokens.hpp"

namespace libexec {

namespace {

void append_number(std::string& out, std::size_t number, int base = 10) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
    out.append(digits.data(), end);
}

/// A value may repeat what a client sent; it must never end the line.
void append_line_part(std::string& out, std::string_view text) {
    for (const char c : text) out.push_back(is_control(c) ? ' ' : c);
}

void append_head(std::string& out, const HttpResponse& response, const ResponseFraming& framing) {
    out.append("HTTP/1.1 ");
    append_number(out, static_cast<std::size_t>(response.status));
    out.push_back(' ');
    out.append(reason_phrase(response.status)).append("\r\n").append(framing.date);
    if (!response.content_type.empty()) {
        out.append("Content-Type: ");
        append_line_part(out, response.content_type);
        out.append("\r\n");
    }
    write_header_lines(out, response.headers);
}

/// A 426 names Upgrade here as well: that header is for this connection alone (RFC 9110 section 7.8).
void append_connection(std::string& out, const HttpResponse& response, const ResponseFraming& framing) {
    std::string_view options = framing.version_minor == 0 ? "keep-alive" : "";
    if (!framing.keep_alive) options = "close";
    const bool upgrade = response.status == 426;
    if (options.empty() && !upgrade) return;
    out.append("Connection: ").append(options);
    if (upgrade) out.append(options.empty() ? "Upgrade" : ", Upgrade");
    out.append("\r\n");
}

}  // namespace

void write_header_lines(std::string& out, const std::vector<HttpHeader>& headers) {
    for (const HttpHeader& header : headers) {
        append_line_part(out, header.name);
        out.append(": ");
        append_line_part(out, header.value);
        out.append("\r\n");
    }
}

void write_response(std::string& out, const HttpResponse& response, const ResponseFraming& framing) {
    append_head(out, response, framing);
    const bool has_length = response.status != 204 && response.status != 304;
    if (has_length) {
        out.append("Content-Length: ");
        append_number(out, response.body.size());
        out.append("\r\n");
    }
    append_connection(out, response, framing);
    out.append("\r\n");
    if (has_length && !framing.head_request) out.append(response.body);
}

void write_stream_head(std::string& out, const HttpResponse& response, const ResponseFraming& framing) {
    append_head(out, response, framing);
    if (framing.version_minor == 1) out.append("Transfer-Encoding: chunked\r\n");
    out.append("Connection: close\r\n\r\n");
}

void write_chunk_of(std::string& out, std::string_view text) {
    if (text.empty()) return;
    append_number(out, text.size(), 16);
    out.append("\r\n").append(text).append("\r\n");
}

}  // namespace libexec
