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
    if (!framing.keep_alive)
        out.append("Connection: close\r\n");
    else if (framing.version_minor == 0)
        out.append("Connection: keep-alive\r\n");
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
