#pragma once

#include <string>

namespace libexec::test {

/// Bytes of a client, and how the server answers them.
struct CorpusRow {
    std::string name;
    std::string bytes;
    std::string statuses;   // of all final answers, in order
    bool refused;           // the last answer closes the connection, whatever the client does
    std::string body = {};  // of the last request as the handler saw it, when none was refused
    std::string saw = {};   // method and path of the last request as the handler saw it; empty: not looked at
};

/// What most rows begin with.
inline const std::string corpus_get = "GET / HTTP/1.1\r\nHost: x\r\n";
inline const std::string corpus_post = "POST /o HTTP/1.1\r\nHost: x\r\n";
inline const std::string corpus_chunked = corpus_post + "Transfer-Encoding: chunked\r\n\r\n";
/// What an attacker wants taken for a request of its own.
inline const std::string corpus_smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
inline const std::string corpus_nul(1, '\0');

}  // namespace libexec::test
