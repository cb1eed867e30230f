#pragma once

#include <string>
#include <vector>

#include "net/corpus_row.hpp"

namespace libexec::test {

/// Requests that are answered by the handler, if not all of them are by the book.
inline std::vector<CorpusRow> accepted_corpus() {
    const std::string& get = corpus_get;
    const std::string& post = corpus_post;
    const std::string& chunked = corpus_chunked;
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

        {"a header without a blank after the colon", "GET / HTTP/1.1\r\nHost:x\r\n\r\n", "200", false},
        {"a GET with a body", get + "Content-Length: 3\r\n\r\nabc", "200", false, "abc", "GET /"},
        {"a length with zeros before it", post + "Content-Length: 0003\r\n\r\nabc", "200", false, "abc"},
        {"a length with blanks around it", post + "Content-Length:   3  \r\n\r\nabc", "200", false, "abc"},
        {"chunks with a coding in mixed case",
         post + "Transfer-Encoding:  chunKed \r\n\r\n1\r\na\r\n0\r\n\r\n", "200", false, "a"},
        {"TE is not Transfer-Encoding",
         get + "TE: chunked, trailers\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", "200 200", false},
        {"an underscore makes another header",
         post + "Content_Length: 3\r\nTransfer_Encoding: chunked\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
         "200 200", false},
        {"several extensions of a chunk", chunked + "3;a=b;c=\"d;e\";f\r\nabc\r\n0;last\r\n\r\n", "200",
         false, "abc"},
        {"an empty extension of a chunk", chunked + "3;\r\nabc\r\n0\r\n\r\n", "200", false, "abc"},
        {"zeros before chunk sizes", chunked + "000003\r\nabc\r\n0000\r\n\r\n", "200", false, "abc"},
        {"trailers that would change the framing are dropped",
         chunked + "1\r\na\r\n0\r\nContent-Length: 9\r\nTransfer-Encoding: gzip\r\nHost: y\r\n\r\nGET / "
                   "HTTP/1.1\r\nHost: x\r\n\r\n",
         "200 200", false},
        {"a chunk that looks like the end", chunked + "5\r\n0\r\n\r\n\r\n0\r\n\r\n", "200", false,
         "0\r\n\r\n"},
        {"an empty line after a body",
         post + "Content-Length: 3\r\n\r\nabc\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", "200 200", false},
        {"a client that wants to go on in HTTP/2",
         get + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\nGET / "
               "HTTP/1.1\r\nHost: x\r\n\r\n",
         "200 200", false},
        {"an expectation with its body", post + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\na", "200",
         false, "a"},
        {"an expectation in capitals", post + "Expect: 100-CONTINUE\r\nContent-Length: 1\r\n\r\na", "200",
         false, "a"},
        {"an expectation without a body",
         get + "Expect: 100-continue\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", "200 200", false},
        {"an expectation of a chunked body",
         post + "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", "200", false,
         "a"},
        {"an expectation in HTTP/1.0",
         "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na", "200", true, "a"},
        {"both words of Connection",
         get + "Connection: keep-alive, close\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n", "200", true},
        {"a method of WebDAV", "PROPFIND / HTTP/1.1\r\nHost: x\r\n\r\n", "200", false, "", "PROPFIND /"},

        // Targets reach the handler as they came: nothing is decoded or tidied up before a route is chosen.
        {"an absolute target names a path", "GET http://x:80/a?b HTTP/1.1\r\nHost: x\r\n\r\n", "200", false,
         "", "GET /a"},
        {"an absolute target without a path", "GET http://x HTTP/1.1\r\nHost: x\r\n\r\n", "200", false, "",
         "GET /"},
        {"an absolute target with a query only", "GET http://x?y HTTP/1.1\r\nHost: x\r\n\r\n", "200", false,
         "", "GET /"},
        {"an absolute target of another scheme", "GET HTTPS://x/a HTTP/1.1\r\nHost: x\r\n\r\n", "200", false,
         "", "GET /a"},
        {"an absolute target of an IPv6 host", "GET http://[::1]:80/a HTTP/1.1\r\nHost: x\r\n\r\n", "200",
         false, "", "GET /a"},
        {"an absolute target in a path", "GET /http://x/a HTTP/1.1\r\nHost: x\r\n\r\n", "200", false, "",
         "GET /http://x/a"},
        {"an absolute target in a query", "GET /a?u=http://x/b HTTP/1.1\r\nHost: x\r\n\r\n", "200", false, "",
         "GET /a"},
        {"two slashes", "GET //x/a HTTP/1.1\r\nHost: x\r\n\r\n", "200", false, "", "GET //x/a"},
        {"steps upwards", "GET /a/../../livez HTTP/1.1\r\nHost: x\r\n\r\n", "200", false, "",
         "GET /a/../../livez"},
        {"steps on the spot", "GET /./a/. HTTP/1.1\r\nHost: x\r\n\r\n", "200", false, "", "GET /./a/."},
        {"encoded steps upwards", "GET /%2e%2e/%2E%2E/a HTTP/1.1\r\nHost: x\r\n\r\n", "200", false, "",
         "GET /%2e%2e/%2E%2E/a"},
        {"an encoded slash", "GET /a%2fb HTTP/1.1\r\nHost: x\r\n\r\n", "200", false, "", "GET /a%2fb"},
        {"an encoded NUL", "GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n", "200", false, "", "GET /a%00b"},
        {"a broken escape", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "200", false, "", "GET /%zz"},
        {"half an escape", "GET /%2 HTTP/1.1\r\nHost: x\r\n\r\n", "200", false, "", "GET /%2"},
        {"an escape of nothing", "GET /% HTTP/1.1\r\nHost: x\r\n\r\n", "200", false, "", "GET /%"},
        {"an overlong escape", "GET /%c0%af HTTP/1.1\r\nHost: x\r\n\r\n", "200", false, "", "GET /%c0%af"},
        {"an encoded end of line", "GET /%0d%0aX:%20y HTTP/1.1\r\nHost: x\r\n\r\n", "200", false, "",
         "GET /%0d%0aX:%20y"},
        {"an escaped escape", "GET /%252e HTTP/1.1\r\nHost: x\r\n\r\n", "200", false, "", "GET /%252e"},
        {"a semicolon", "GET /a;b=c/d HTTP/1.1\r\nHost: x\r\n\r\n", "200", false, "", "GET /a;b=c/d"},
        {"a query without a name", "GET /? HTTP/1.1\r\nHost: x\r\n\r\n", "200", false, "", "GET /"},
        {"two question marks", "GET /a?b?c HTTP/1.1\r\nHost: x\r\n\r\n", "200", false, "", "GET /a"},
    };
}

}  // namespace libexec::test
