#include "chunked_body.hpp"

#include <algorithm>

#include "tokens.hpp"

namespace libexec {

namespace {

int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    const char l = lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

}  // namespace

std::size_t ChunkedBody::feed(std::string_view bytes, std::string& body) {
    std::size_t used = 0;
    while (used < bytes.size() && !complete() && !refusal_) {
        if (state_ == State::data) {
            const std::size_t part = std::min(left_, bytes.size() - used);
            body.append(bytes.substr(used, part));
            used += part;
            left_ -= part;
            if (left_ == 0) state_ = State::data_cr;
        } else {
            step(bytes[used]);
            ++used;
        }
    }
    return used;
}

void ChunkedBody::size_digit(char c, bool first) {
    const int value = hex_value(c);
    if (value < 0 && first) return refuse_here(400, "A chunk size is not a number.");
    if (value < 0) {
        // Blanks before an extension are tolerated by some and not by others; a plain size has none.
        if (c == '\r')
            state_ = State::size_lf;
        else if (c == ';')
            state_ = State::extension;
        else
            refuse_here(400, "A chunk size is not a number.");
        return;
    }
    left_ = left_ * 16 + static_cast<std::size_t>(value);
    state_ = State::size;
    if (left_ > body_bytes_max_ - body_bytes_) refuse_here(413, "The request body is too large.");
}

void ChunkedBody::step(char c) {
    switch (state_) {
        case State::size_first:
        case State::size:
            if (++line_bytes_ > line_bytes_max_) return refuse_here(400, "A chunk size line is too long.");
            return size_digit(c, state_ == State::size_first);
        case State::extension:
            if (++line_bytes_ > line_bytes_max_) return refuse_here(400, "A chunk size line is too long.");
            if (c == '\r')
                state_ = State::size_lf;
            else if (is_control(c) && c != '\t')
                refuse_here(400, "A chunk extension is malformed.");
            return;
        case State::size_lf:
            if (c != '\n') return refuse_here(400, "A chunk size line does not end in CR LF.");
            body_bytes_ += left_;
            line_bytes_ = 0;
            state_ = left_ == 0 ? State::trailer_start : State::data;
            return;
        case State::data_cr:
            if (c != '\r') return refuse_here(400, "A chunk does not end in CR LF.");
            state_ = State::data_lf;
            return;
        case State::data_lf:
            if (c != '\n') return refuse_here(400, "A chunk does not end in CR LF.");
            state_ = State::size_first;
            return;
        case State::trailer_start:
            if (++line_bytes_ > line_bytes_max_) return refuse_here(431, "The trailers are too large.");
            if (c == '\r')
                state_ = State::last_lf;
            else if (is_token_char(c))
                state_ = State::trailer_name;
            else
                refuse_here(400, "A trailer is malformed.");
            return;
        case State::trailer_name:
            // Nobody reads trailers, but a request in their place must not pass for one.
            if (++line_bytes_ > line_bytes_max_) return refuse_here(431, "The trailers are too large.");
            if (c == ':')
                state_ = State::trailer;
            else if (!is_token_char(c))
                refuse_here(400, "A trailer is malformed.");
            return;
        case State::trailer:
            if (++line_bytes_ > line_bytes_max_) return refuse_here(431, "The trailers are too large.");
            if (c == '\r')
                state_ = State::trailer_lf;
            else if (is_control(c) && c != '\t')
                refuse_here(400, "A trailer is malformed.");
            return;
        case State::trailer_lf:
            if (c != '\n') return refuse_here(400, "A trailer does not end in CR LF.");
            state_ = State::trailer_start;
            return;
        case State::last_lf:
            if (c != '\n') return refuse_here(400, "A trailer does not end in CR LF.");
            state_ = State::complete;
            return;
        case State::data:
        case State::complete:
            return;  // `feed` never steps through these
    }
}

}  // namespace libexec
