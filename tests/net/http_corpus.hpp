#pragma once

#include <string>
#include <vector>

namespace libexec::test {

/// Bytes of a client, and how the server answers them.
struct CorpusRow {
    std::string name;
    std::string bytes;
    std::string statuses;   // of all answers, in order
    bool refused;           // the last answer closes the connection, whatever the client does
    std::string body = {};  // of the last request as the handler saw it, when none was refused
};

inline std::vector<CorpusRow> http_corpus() {
    const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n";
    const std::string post = "POST /o HTTP/1.1\r\nHost: x\r\n";
    const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
    const std::string nul(1, '\0');
    return {
        // What is fine.
        {"a plain request", get + "\r\n", "200", false},
        {"a request with a body", post + "Content-Length: 3\r\n\r\nabc", "200", false, "abc"},
        {"a body of no bytes", post + "Content-Length: 0\r\n\r\n", "200", false},
        {"three requests in a row", post + "Content-Length: 3\r\n\r\nabc" + get + "\r\n" + get + "\r\n",
         "200 200 200", false},
        {"chunks", chunked + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "200", false, "abcde"},
        {"chunks with an extension", chunked + "3;a=\"b\"\r\nabc\r\n0\r\n\r\n", "200", false, "abc"},
        {"chunks with trailers", chunked + "3\r\nabc\r\n0\r\nX: y\r\nZ: w\r\n\r\n", "200", false, "abc"},
        {"chunk sizes in either case", chunked + "A\r\n0123456789\r\n0a\r\n0123456789\r\n0\r\n\r\n", "200",
         false, "01234567890123456789"},
        {"chunks, then another request", chunked + "1\r\na\r\n0\r\n\r\n" + get + "\r\n", "200 200", false},
        {"a body that looks like a request", post + "Content-Length: 18\r\n\r\nGET / HTTP/1.1\r\n\r\n", "200",
         false, "GET / HTTP/1.1\r\n\r\n"},
        {"the name of the coding in capitals", post + "Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", "200",
         false},
        {"header names in capitals",
         "GET / HTTP/1.1\r\nHOST: x\r\nCONNECTION: KEEP-ALIVE\r\n\r\n" + get + "\r\n", "200 200", false},
        {"a header without a value", get + "X-Empty:\r\n\r\n", "200", false},
        {"a header with blanks around its value", get + "X: \t a b \t\r\n\r\n", "200", false},
        {"a header value beyond ASCII", get + "X: caf\xc3\xa9\r\n\r\n", "200", false},
        {"one empty line before a request", "\r\n" + get + "\r\n", "200", false},
        {"an absolute target", "GET http://x:80/a?b HTTP/1.1\r\nHost: x\r\n\r\n", "200", false},
        {"the target of OPTIONS for all", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "200", false},
        {"an IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:3000\r\n\r\n", "200", false},
        {"an empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "200", false},
        {"HTTP/1.0 without a host", "GET / HTTP/1.0\r\n\r\n", "200", true},
        {"HTTP/1.0 with keep-alive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n",
         "200 200", true},
        {"nothing after Connection: close", get + "Connection: close\r\n\r\n" + get + "\r\n", "200", true},

        // Two lengths are one too many: a proxy in front may take the other one.
        {"a length and chunks", post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         "400", true},
        {"chunks and a length", post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
         "400", true},
        {"two lengths", post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "400", true},
        {"the same length twice", post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "400", true},
        {"a list of lengths", post + "Content-Length: 3, 3\r\n\r\nabc", "400", true},
        {"a signed length", post + "Content-Length: +3\r\n\r\nabc", "400", true},
        {"a negative length", post + "Content-Length: -1\r\n\r\n", "400", true},
        {"a hexadecimal length", post + "Content-Length: 0x3\r\n\r\nabc", "400", true},
        {"a length with a blank in it", post + "Content-Length: 1 0\r\n\r\nabc", "400", true},
        {"an empty length", post + "Content-Length:\r\n\r\n", "400", true},
        {"a length beyond 64 bits", post + "Content-Length: 18446744073709551617\r\n\r\na", "400", true},
        {"another coding", post + "Transfer-Encoding: gzip\r\n\r\n", "400", true},
        {"chunked after another coding", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "400",
         true},
        {"chunked twice in a line", post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", "400",
         true},
        {"chunked in two lines",
         post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400", true},
        {"almost chunked", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "400", true},
        {"a coding with a vertical tab",
         post + "Transfer-Encoding: \x0b"
                "chunked\r\n\r\n0\r\n\r\n",
         "400", true},
        {"an empty coding", post + "Transfer-Encoding:\r\n\r\n", "400", true},
        {"chunks in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400", true},

        // Chunks that could be cut in two ways.
        {"a chunk size that is no number", chunked + "x\r\nabc\r\n0\r\n\r\n", "400", true},
        {"an empty chunk size", chunked + "\r\nabc\r\n0\r\n\r\n", "400", true},
        {"a chunk size with 0x", chunked + "0x3\r\nabc\r\n0\r\n\r\n", "400", true},
        {"a chunk size with a blank", chunked + "3 \r\nabc\r\n0\r\n\r\n", "400", true},
        {"a negative chunk size", chunked + "-1\r\n", "400", true},
        {"a chunk size beyond 64 bits", chunked + "10000000000000003\r\nabc\r\n0\r\n\r\n", "413", true},
        {"a chunk size line that ends in LF", chunked + "3\nabc\r\n0\r\n\r\n", "400", true},
        {"LF in a chunk extension", chunked + "3;a\nb\r\nabc\r\n0\r\n\r\n", "400", true},
        {"a chunk longer than said", chunked + "3\r\nabcd\r\n0\r\n\r\n", "400", true},
        {"a chunk that ends in LF", chunked + "3\r\nabc\n0\r\n\r\n", "400", true},
        {"a chunk that ends in CR alone", chunked + "3\r\nabc\rX0\r\n\r\n", "400", true},
        {"a trailer that ends in LF", chunked + "0\r\nX: y\n\r\n", "400", true},
        {"a folded trailer", chunked + "0\r\nX: y\r\n z\r\n\r\n", "400", true},

        // Lines and characters.
        {"lines that end in LF", "GET / HTTP/1.1\nHost: x\n\n", "400", true},
        {"one header line that ends in LF", get + "A: b\nC: d\r\n\r\n", "400", true},
        {"CR inside a header", get + "A: b\rC: d\r\n\r\n", "400", true},
        {"CR CR LF", get + "A: b\r\r\n\r\n", "400", true},
        {"a folded header", get + "A: b\r\n c\r\n\r\n", "400", true},
        {"a header folded with a tab", get + "A: b\r\n\tc\r\n\r\n", "400", true},
        {"a first header line that is indented", "GET / HTTP/1.1\r\n Host: x\r\n\r\n", "400", true},
        {"a blank before the colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", "400", true},
        {"a header without a colon", get + "Nothing\r\n\r\n", "400", true},
        {"a header without a name", get + ": x\r\n\r\n", "400", true},
        {"a header name with a bracket", get + "A(b): x\r\n\r\n", "400", true},
        {"NUL in a header value", get + "A: b" + nul + "c\r\n\r\n", "400", true},
        {"NUL in a header name", get + "A" + nul + ": b\r\n\r\n", "400", true},
        {"DEL in a header value", get + "A: \x7f\r\n\r\n", "400", true},

        // The request line and the host.
        {"noise", "\x01\x02hello\r\n\r\n", "400", true},
        {"the hello of TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01", 8), "400", true},
        {"a line without a version", "GET /\r\n\r\n", "400", true},
        {"two blanks", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", "400", true},
        {"a tab for a blank", "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n", "400", true},
        {"a blank in the target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", "400", true},
        {"a blank at the end of the line", "GET / HTTP/1.1 \r\nHost: x\r\n\r\n", "400", true},
        {"a target beyond ASCII", "GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n", "400", true},
        {"a fragment", "GET /#a HTTP/1.1\r\nHost: x\r\n\r\n", "400", true},
        {"a target that is no path", "GET a HTTP/1.1\r\nHost: x\r\n\r\n", "400", true},
        {"a method in lower case", "get / HTTP/1.1\r\nHost: x\r\n\r\n", "501", true},
        {"a method nobody knows", "FETCH / HTTP/1.1\r\nHost: x\r\n\r\n", "501", true},
        {"two empty lines before a request", "\r\n\r\n" + get + "\r\n", "400", true},
        {"another protocol", "GET / ICE/1.0\r\n\r\n", "400", true},
        {"a lower-case protocol", "GET / http/1.1\r\nHost: x\r\n\r\n", "400", true},
        {"HTTP/2 without a word before", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505", true},
        {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: x\r\n\r\n", "505", true},
        {"HTTP/0.9 by name", "GET / HTTP/0.9\r\n\r\n", "505", true},
        {"a version with more digits", "GET / HTTP/1.10\r\nHost: x\r\n\r\n", "400", true},
        {"no host", "GET / HTTP/1.1\r\nA: b\r\n\r\n", "400", true},
        {"two hosts", get + "Host: y\r\n\r\n", "400", true},
        {"the same host twice", get + "Host: x\r\n\r\n", "400", true},
        {"two hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", "400", true},
        {"a host with a path", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", "400", true},
        {"a list of hosts", "GET / HTTP/1.1\r\nHost: x, y\r\n\r\n", "400", true},
        {"a host with a user", "GET / HTTP/1.1\r\nHost: u@x\r\n\r\n", "400", true},
        {"an expectation nobody knows", post + "Expect: 200-ok\r\nContent-Length: 1\r\n\r\na", "417", true},

        // Limits.
        {"a length beyond the limit", post + "Content-Length: 65537\r\n\r\n", "413", true},
        {"a chunk beyond the limit", chunked + "10001\r\n", "413", true},
        {"good, then bad", get + "\r\n" + "GET / HTTP/1.1\r\n\r\n", "200 400", true},
    };
}

}  // namespace libexec::test
