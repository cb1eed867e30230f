#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "chunked_body.hpp"
#include "libexec/net/http_message.hpp"
#include "refusal.hpp"
#include "request_head.hpp"

namespace libexec {

struct RequestLimits {
    std::size_t header_bytes_max;
    std::size_t header_fields_max;
    std::size_t body_bytes_max;
};

/// Gathers one request after the other from bytes that arrive as they please. Verdicts are reached in the
/// order of the bytes, so where the network cut them never changes one.
class RequestReader {
public:
    explicit RequestReader(const RequestLimits& limits) : limits_(limits) {}

    /// Takes bytes up to the end of the request and returns how many; all unless `finished`.
    std::size_t feed(std::string_view bytes);

    /// A request is complete, or there will be none.
    bool finished() const { return state_ == State::complete || refusal_; }
    /// Whether a byte of the request has arrived.
    bool started() const { return state_ != State::head || !head_.empty() || after_cr_ || skipped_line_; }
    const Refusal& refusal() const { return refusal_; }

    const HttpRequest& request() const { return request_; }
    void set_peer_address(std::string_view address) { request_.peer_address = address; }
    bool keep_alive() const { return framing_.keep_alive; }
    /// True once for a request whose client waits for "100 Continue" before it sends the body.
    bool take_continue();

    /// Ready for the next request. The memory of an ordinary one is kept, of a large one given back.
    void reset();
    /// For a connection that will read no further request: keeps the head, and the request's views of it, and
    /// nothing else.
    void keep_only_head();

private:
    enum class State : std::uint8_t { head, body_length, body_chunked, complete };

    std::size_t feed_head(std::string_view bytes);
    std::size_t feed_body(std::string_view bytes);
    void drop_body();
    bool end_of_line();
    void end_of_head();
    void complete();

    const RequestLimits& limits_;
    std::string head_;
    std::string body_;
    std::unique_ptr<ChunkedBody> chunks_;
    HttpRequest request_;
    RequestFraming framing_;
    Refusal refusal_;
    State state_ = State::head;
    bool after_cr_ = false;
    bool line_empty_ = true;
    bool skipped_line_ = false;  // one empty line before a request is allowed (RFC 9112 section 2.2)
    bool has_request_line_ = false;
};

}  // namespace libexec
