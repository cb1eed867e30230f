#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "refusal.hpp"

namespace libexec {

/// Undoes the chunked coding (RFC 9112 section 7.1), a byte at a time if need be: where the bytes were cut
/// never matters. http_parser, as Debian builds it, does not check the CR LF after a chunk and skips bare LF
/// in chunk extensions, hence a reader of our own. Extensions and trailers are checked for shape and dropped.
class ChunkedBody {
public:
    /// `line_bytes_max` bounds each size line, and all trailers together.
    ChunkedBody(std::size_t body_bytes_max, std::size_t line_bytes_max)
        : body_bytes_max_(body_bytes_max), line_bytes_max_(line_bytes_max) {}

    /// Appends what is decoded to `body` and returns how many bytes were used: all of them, unless the body
    /// is complete or refused.
    std::size_t feed(std::string_view bytes, std::string& body);

    bool complete() const { return state_ == State::complete; }
    const Refusal& refusal() const { return refusal_; }

private:
    enum class State : std::uint8_t {
        size_first,
        size,
        extension,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer_start,
        trailer_name,
        trailer,
        trailer_lf,
        last_lf,
        complete
    };

    void step(char c);
    void size_digit(char c, bool first);
    void refuse_here(int status, std::string_view detail) { refusal_ = refuse(status, detail); }

    std::size_t body_bytes_max_;
    std::size_t line_bytes_max_;
    std::size_t line_bytes_ = 0;
    std::size_t body_bytes_ = 0;
    std::size_t left_ = 0;  // of the chunk being read; never above body_bytes_max_
    State state_ = State::size_first;
    Refusal refusal_;
};

}  // namespace libexec
