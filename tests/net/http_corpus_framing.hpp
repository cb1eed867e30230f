#pragma once

#include <string>
#include <vector>

#include "net/corpus_row.hpp"

namespace libexec::test {

/// Bodies whose end two readers could see in two places, and what they hide.
inline std::vector<CorpusRow> framing_corpus() {
    const std::string& post = corpus_post;
    const std::string& chunked = corpus_chunked;
    const std::string& nul = corpus_nul;
    return {
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

        // The same attacks with a second request inside.
        {"a length that hides a request behind chunks",
         post + "Content-Length: 40\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled "
                "HTTP/1.1\r\nHost: x\r\n\r\n",
         "400", true},
        {"chunks that hide a request behind a length",
         post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n23\r\nGET /smuggled "
                "HTTP/1.1\r\nHost: x\r\n\r\n\r\n0\r\n\r\n",
         "400", true},
        {"a coding that only one side knows",
         post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n\r\n0\r\n\r\nGET /smuggled "
                "HTTP/1.1\r\nHost: x\r\n\r\n",
         "400", true},
        {"a request behind a missing length",
         post + "Content-Length: 1\r\n\r\nabGET / HTTP/1.1\r\nHost: x\r\n\r\n", "200 501", true},
        {"a request after two empty lines",
         post + "Content-Length: 1\r\n\r\na\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n", "200 400",
         true},
        {"a request in the place of trailers", chunked + "0\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
         "400", true},

        // More spellings of two lengths.
        {"the length 0 twice", post + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n", "400", true},
        {"no length and chunks", post + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         "400", true},
        {"a length with a comma", post + "Content-Length: 3,\r\n\r\nabc", "400", true},
        {"a length with a point", post + "Content-Length: 3.0\r\n\r\nabc", "400", true},
        {"a length with an exponent", post + "Content-Length: 3e0\r\n\r\nabc", "400", true},
        {"a length with a parameter", post + "Content-Length: 3;a\r\n\r\nabc", "400", true},
        {"a length in quotes", post + "Content-Length: \"3\"\r\n\r\nabc", "400", true},
        {"a length with an underscore", post + "Content-Length: 1_0\r\n\r\nabc", "400", true},
        {"a length beyond ASCII", post + "Content-Length: \xd9\xa3\r\n\r\nabc", "400", true},
        {"a blank between length and colon", post + "Content-Length : 3\r\n\r\nabc", "400", true},
        {"a tab between length and colon", post + "Content-Length\t: 3\r\n\r\nabc", "400", true},
        {"a length with a vertical tab before it",
         post + "\x0b"
                "Content-Length: 3\r\n\r\nabc",
         "400", true},
        {"a length with NUL behind it", post + "Content-Length: 3" + nul + "\r\n\r\nabc", "400", true},
        {"a folded length", post + "Content-Length:\r\n 3\r\n\r\nabc", "400", true},
        {"identity", post + "Transfer-Encoding: identity\r\n\r\n", "400", true},
        {"identity and a length", post + "Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc", "400",
         true},
        {"chunked before another coding", post + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", "400",
         true},
        {"chunked and identity", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", "400", true},
        {"chunked with a parameter", post + "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", "400", true},
        {"chunked in quotes", post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", "400", true},
        {"a comma before chunked", post + "Transfer-Encoding: , chunked\r\n\r\n0\r\n\r\n", "400", true},
        {"a comma behind chunked", post + "Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n", "400", true},
        {"chunked with a letter behind", post + "Transfer-Encoding: chunkedx\r\n\r\n0\r\n\r\n", "400", true},
        {"chunked with a blank in it", post + "Transfer-Encoding: chun ked\r\n\r\n0\r\n\r\n", "400", true},
        {"a blank between coding and colon", post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "400",
         true},
        {"a folded coding", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", "400", true},
        {"a coding behind a bare LF", post + "X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400",
         true},
        {"a coding behind a bare CR", post + "X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400",
         true},
        {"a coding with NUL", post + "Transfer-Encoding: chunked" + nul + "\r\n\r\n0\r\n\r\n", "400", true},
        {"a coding with a Kelvin sign",
         post + "Transfer-Encoding: chun\xe2\x84\xaa"
                "ed\r\n\r\n0\r\n\r\n",
         "400", true},
        {"an indented coding", post + " Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400", true},
        {"the largest length there is", post + "Content-Length: 18446744073709551615\r\n\r\n", "400", true},

        // More spellings of chunks.
        {"the largest chunk size there is", chunked + "ffffffffffffffff\r\n", "413", true},
        {"a chunk size of 17 digits", chunked + "fffffffffffffffff\r\n", "413", true},
        {"a chunk size with its sign bit set", chunked + "8000000000000000\r\n", "413", true},
        {"a chunk size with a plus", chunked + "+3\r\nabc\r\n0\r\n\r\n", "400", true},
        {"a chunk size with h", chunked + "3h\r\nabc\r\n0\r\n\r\n", "400", true},
        {"a chunk size with a blank before it", chunked + " 3\r\nabc\r\n0\r\n\r\n", "400", true},
        {"a chunk size with a tab behind it", chunked + "3\t\r\nabc\r\n0\r\n\r\n", "400", true},
        {"a chunk size with a blank before its extension", chunked + "3 ;a\r\nabc\r\n0\r\n\r\n", "400", true},
        {"a chunk size with an underscore", chunked + "0_3\r\nabc\r\n0\r\n\r\n", "400", true},
        {"a chunk size with NUL", chunked + "3" + nul + "\r\nabc\r\n0\r\n\r\n", "400", true},
        {"CR in a chunk extension", chunked + "3;a\rb\r\nabc\r\n0\r\n\r\n", "400", true},
        {"NUL in a chunk extension", chunked + "3;a" + nul + "\r\nabc\r\n0\r\n\r\n", "400", true},
        {"a chunk shorter than said", chunked + "4\r\nabc\r\n0\r\n\r\n", "400", true},
        {"an empty line between chunks", chunked + "3\r\nabc\r\n\r\n0\r\n\r\n", "400", true},
        {"a last chunk with a minus", chunked + "-0\r\n\r\n", "400", true},
        {"a last chunk that ends in LF", chunked + "0\n\r\n", "400", true},
        {"an end that is LF", chunked + "0\r\n\n", "400", true},
        {"an end that is CR CR LF", chunked + "0\r\n\r\r\n", "400", true},
        {"a trailer without a colon", chunked + "0\r\nX\r\n\r\n", "400", true},
        {"a trailer without a name", chunked + "0\r\n: x\r\n\r\n", "400", true},
        {"a trailer with a blank before its colon", chunked + "0\r\nX : y\r\n\r\n", "400", true},
        {"a trailer with a bracket in its name", chunked + "0\r\nX(y): z\r\n\r\n", "400", true},
        {"NUL in a trailer", chunked + "0\r\nX: y" + nul + "\r\n\r\n", "400", true},
        {"CR in a trailer", chunked + "0\r\nX: y\rZ: w\r\n\r\n", "400", true},
    };
}

}  // namespace libexec::test
