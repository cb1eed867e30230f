#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace libexec::cli {

/// One dispatched event of a text/event-stream.
struct SseMessage {
    std::string event;  ///< empty: "message"
    std::string data;
    std::string id;  ///< the last one seen, in this message or an earlier one

    friend bool operator==(const SseMessage&, const SseMessage&) = default;
};

/// Reads a text/event-stream that arrives in any pieces.
/// Source: WHATWG HTML, "Server-sent events". `retry` is ignored: the follower has its own pauses.
class SseParser {
public:
    static constexpr std::size_t line_bytes_max = 1024 * 1024;

    /// The messages completed by these bytes. A line beyond `line_bytes_max` makes `broken` true for good.
    std::vector<SseMessage> feed(std::string_view bytes);
    bool broken() const { return broken_; }

private:
    void end_line(std::vector<SseMessage>& messages);

    std::string line_;
    SseMessage open_;
    bool has_data_ = false;
    bool after_cr_ = false;
    bool first_line_ = true;
    bool broken_ = false;
};

}  // namespace libexec::cli
