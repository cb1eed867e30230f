#include "sse_parser.hpp"

#include <utility>

namespace libexec::cli {

std::vector<SseMessage> SseParser::feed(std::string_view bytes) {
    std::vector<SseMessage> messages;
    for (const char c : bytes) {
        // A line ends with CR, LF or CR LF, and the two of the last may come in different pieces.
        const bool second_of_pair = c == '\n' && after_cr_;
        after_cr_ = c == '\r';
        if (second_of_pair) continue;
        if (c == '\n' || c == '\r') {
            end_line(messages);
        } else if (line_.size() < line_bytes_max) {
            line_.push_back(c);
        } else {
            broken_ = true;
        }
        if (broken_) break;
    }
    return messages;
}

void SseParser::end_line(std::vector<SseMessage>& messages) {
    std::string line = std::exchange(line_, {});
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (std::exchange(first_line_, false) && line.starts_with(byte_order_mark))
        line.erase(0, byte_order_mark.size());

    if (line.empty()) {
        if (std::exchange(has_data_, false)) messages.push_back(open_);
        open_.event.clear();
        open_.data.clear();
        return;
    }
    const std::size_t colon = line.find(':');
    if (colon == 0) return;  // a comment, sent to keep the connection alive
    const std::string field = line.substr(0, colon);
    std::string value = colon == std::string::npos ? std::string() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.erase(0, 1);

    if (field == "data") {
        if (has_data_) open_.data.push_back('\n');
        open_.data += value;
        has_data_ = true;
    } else if (field == "event") {
        open_.event = std::move(value);
    } else if (field == "id" && value.find('\0') == std::string::npos) {
        open_.id = std::move(value);
    }
}

}  // namespace libexec::cli
