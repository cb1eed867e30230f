#include "request_reader.hpp"

#include <algorithm>
#include <utility>

#include "tokens.hpp"

namespace libexec {

namespace {

constexpr std::size_t ordinary_bytes = 4 * 1024;

}  // namespace

std::size_t RequestReader::feed(std::string_view bytes) {
    std::size_t used = 0;
    while (used < bytes.size() && !finished()) {
        const std::string_view rest = bytes.substr(used);
        used += state_ == State::head ? feed_head(rest) : feed_body(rest);
    }
    return used;
}

std::size_t RequestReader::feed_head(std::string_view bytes) {
    std::size_t taken = 0;  // already in head_
    // Mostly the whole head comes at once; then its memory is right the first time.
    if (head_.empty()) head_.reserve(std::min(bytes.size(), ordinary_bytes));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const char c = bytes[i];
        if (head_.size() + (i - taken) >= limits_.header_bytes_max) {
            refusal_ = has_request_line_ ? refuse(431, "The request head is too large.")
                                         : refuse(414, "The request line is too long.");
            return i;
        }
        if (after_cr_ != (c == '\n')) {
            refusal_ = refuse(400, "A line does not end in CR LF.");
            return i;
        }
        if (c == '\n') {
            after_cr_ = false;
            head_.append(bytes.substr(taken, i + 1 - taken));
            taken = i + 1;
            if (end_of_line()) return taken;
        } else if (c == '\r') {
            after_cr_ = true;
        } else if (is_control(c) && c != '\t') {
            refusal_ = refuse(400, "The request head holds a control character.");
            return i;
        } else {
            line_empty_ = false;
        }
    }
    head_.append(bytes.substr(taken));
    return bytes.size();
}

/// Returns whether the head ends here.
bool RequestReader::end_of_line() {
    const bool empty = std::exchange(line_empty_, true);
    if (has_request_line_) {
        if (empty) end_of_head();
        return empty;
    }
    if (empty && !skipped_line_) {
        skipped_line_ = true;
        head_.clear();
        return false;
    }
    has_request_line_ = true;
    refusal_ = check_request_line(std::string_view(head_).substr(0, head_.size() - 2));
    return static_cast<bool>(refusal_);
}

void RequestReader::end_of_head() {
    refusal_ = read_request_head(head_, limits_.header_fields_max, request_, framing_);
    if (refusal_) return;
    if (framing_.chunked) {
        chunks_ = std::make_unique<ChunkedBody>(limits_.body_bytes_max, ordinary_bytes);
        state_ = State::body_chunked;
    } else if (framing_.content_length > limits_.body_bytes_max) {
        refusal_ = refuse(413, "The request body is too large.");
    } else if (framing_.content_length > 0) {
        state_ = State::body_length;
    } else {
        complete();
    }
}

std::size_t RequestReader::feed_body(std::string_view bytes) {
    if (state_ == State::body_chunked) {
        const std::size_t used = chunks_->feed(bytes, body_);
        refusal_ = chunks_->refusal();
        if (chunks_->complete()) complete();
        return used;
    }
    const std::size_t missing = static_cast<std::size_t>(framing_.content_length) - body_.size();
    const std::size_t used = std::min(missing, bytes.size());
    body_.append(bytes.substr(0, used));
    if (used == missing) complete();
    return used;
}

void RequestReader::complete() {
    chunks_.reset();
    request_.body = body_;
    state_ = State::complete;
}

bool RequestReader::take_continue() {
    const bool waiting = state_ == State::body_length || state_ == State::body_chunked;
    // A client that has begun to send the body is not waiting (RFC 9110 section 10.1.1).
    return waiting && std::exchange(framing_.expects_continue, false) && body_.empty();
}

void RequestReader::reset() {
    drop_body();
    head_.clear();
    if (head_.capacity() > ordinary_bytes) head_.shrink_to_fit();
    request_.fields.clear();
    framing_ = RequestFraming{};
    refusal_ = Refusal{};
    state_ = State::head;
    after_cr_ = false;
    line_empty_ = true;
    skipped_line_ = false;
    has_request_line_ = false;
}

void RequestReader::keep_only_head() {
    drop_body();
    body_.shrink_to_fit();
    request_.fields.shrink_to_fit();
}

void RequestReader::drop_body() {
    request_.body = {};
    body_.clear();
    if (body_.capacity() > ordinary_bytes) body_.shrink_to_fit();
    chunks_.reset();
}

}  // namespace libexec
