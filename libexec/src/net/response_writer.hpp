#pragma once

#include <string>
#include <string_view>

#include "libexec/net/http_message.hpp"

namespace libexec {

/// What the connection decides about an answer.
struct ResponseFraming {
    bool keep_alive = true;
    int version_minor = 1;      ///< of the request: 1.0 clients have to be told about keep-alive
    bool head_request = false;  ///< the body is announced and left out
    std::string_view date;      ///< the whole Date line with its CR LF, or nothing
};

/// Appends one line for each header; control characters in them become blanks.
void write_header_lines(std::string& out, const std::vector<HttpHeader>& headers);
/// Appends a complete answer to `out`.
void write_response(std::string& out, const HttpResponse& response, const ResponseFraming& framing);
/// Appends the head of an answer of unknown length; it always ends with the connection.
void write_stream_head(std::string& out, const HttpResponse& response, const ResponseFraming& framing);
/// Appends one chunk of the chunked coding; nothing for an empty text, which would end the body.
void write_chunk_of(std::string& out, std::string_view text);

inline constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace libexec
