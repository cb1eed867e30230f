#include "bench_stream.hpp"

#include <charconv>
#include <stdexcept>

#include "libexec/json/time_text.hpp"
#include "sse_parser.hpp"

namespace libexec::cli {
namespace {

constexpr unsigned opcode_close = 8;
constexpr unsigned opcode_ping = 9;

/// The text of a member near the beginning of an envelope; those members stand before everything else.
std::string_view member(std::string_view event, std::string_view mark) {
    const std::size_t at = event.find(mark);
    const std::size_t end = at == std::string_view::npos ? at : event.find('"', at + mark.size());
    if (end == std::string_view::npos)
        throw std::runtime_error("not an event: " + std::string(event.substr(0, 200)));
    return event.substr(at + mark.size(), end - at - mark.size());
}

class SseStream final : public BenchStream {
public:
    SseStream(asio::io_context& io, BenchAddress address) : connection_(io, std::move(address)) {}

    Task<void> open(Uuid order) {
        const std::string line = "GET /api/orders/" + order.to_string() + "/events?after=0";
        co_await connection_.open_stream(line, "Accept: text/event-stream\r\n", 200);
    }

    Task<std::vector<BenchEvent>> next() override {
        std::vector<BenchEvent> events;
        while (events.empty() && !chunks_.over()) {
            const std::string_view piece = co_await connection_.read();
            if (piece.empty()) break;
            const std::string text = connection_.chunked() ? chunks_.feed(piece) : std::string(piece);
            for (const SseMessage& message : parser_.feed(text))
                events.push_back(read_bench_event(message.data));
        }
        co_return events;
    }
    void close() override { connection_.close(); }

private:
    BenchConnection connection_;
    ChunkReader chunks_;
    SseParser parser_;
};

class SocketStream final : public BenchStream {
public:
    SocketStream(asio::io_context& io, BenchAddress address) : connection_(io, std::move(address)) {}

    Task<void> open() {
        // The key need not be secret or fresh: it guards against caches, and there is none in between.
        constexpr std::string_view headers =
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        co_await connection_.open_stream("GET /api/stream?topics=orders", headers, 101);
    }

    Task<std::vector<BenchEvent>> next() override {
        std::vector<BenchEvent> events;
        FrameReader::Frame frame;
        while (events.empty()) {
            const std::string_view piece = co_await connection_.read();
            if (piece.empty()) break;
            frames_.feed(piece);
            bool closed = false;
            while (!closed && frames_.next(frame)) {
                if (frame.opcode == opcode_ping) co_await pong(frame.payload);
                if (frame.opcode == 1) events.push_back(read_bench_event(frame.payload));
                closed = frame.opcode == opcode_close;
            }
            if (closed) {
                connection_.close();  // what comes next is an empty read
                break;
            }
        }
        co_return events;
    }
    void close() override { connection_.close(); }

private:
    Task<void> pong(const std::string& payload) {
        // A client masks what it sends; a mask of zeros is one.
        pong_ = "\x8a";
        pong_ += static_cast<char>(0x80 | (payload.size() & 0x7f));
        pong_.append(4, '\0').append(payload);
        co_await connection_.write(pong_);
    }

    BenchConnection connection_;
    FrameReader frames_;
    std::string pong_;
};

}  // namespace

BenchEvent read_bench_event(std::string_view event) {
    BenchEvent read;
    const std::optional<Uuid> order = Uuid::parse(member(event, R"("orderId":")"));
    constexpr std::string_view seq_mark = R"("seq":)";
    const std::size_t seq = event.find(seq_mark);
    if (!order || seq == std::string_view::npos)
        throw std::runtime_error("not an event: " + std::string(event.substr(0, 200)));
    read.order = *order;
    std::from_chars(event.data() + seq + seq_mark.size(), event.data() + event.size(), read.seq);
    const std::string_view status = member(event, R"("status":")");
    read.confirmed = status == "confirmed";
    read.ends = (read.confirmed || status == "failed" || status == "cancelled" || status == "expired") &&
                member(event, R"("kind":")") == "moved";
    if (read.ends) {
        const std::optional<Time> at = parse_rfc3339(member(event, R"("timestamp":")"));
        if (!at) throw std::runtime_error("an event without a time: " + std::string(event.substr(0, 200)));
        read.at = *at;
    }
    return read;
}

std::string ChunkReader::feed(std::string_view bytes) {
    std::string payload;
    while (!bytes.empty() && !over_) {
        if (left_ > 0) {
            const std::string_view part = bytes.substr(0, left_);
            payload.append(part);
            left_ -= part.size();
            if (left_ == 0) skip_ = 2;
            bytes.remove_prefix(part.size());
        } else if (skip_ > 0) {
            skip_ -= 1;
            bytes.remove_prefix(1);
        } else {
            const char c = bytes.front();
            bytes.remove_prefix(1);
            if (c != '\n') {
                line_.push_back(c);
                continue;
            }
            const auto [stop, error] = std::from_chars(line_.data(), line_.data() + line_.size(), left_, 16);
            if (error != std::errc{}) throw std::runtime_error("a stream with a broken chunk: " + line_);
            line_.clear();
            over_ = left_ == 0;
        }
    }
    return payload;
}

bool FrameReader::next(Frame& frame) {
    for (;;) {
        const std::string_view rest = std::string_view(bytes_).substr(begin_);
        const auto byte = [&rest](std::size_t at) { return static_cast<unsigned char>(rest[at]); };
        std::size_t head = 2;
        if (rest.size() >= 2 && (byte(1) & 0x7fU) == 126) head = 4;
        if (rest.size() >= 2 && (byte(1) & 0x7fU) == 127) head = 10;
        std::size_t size = 0;
        if (rest.size() >= head) {
            size = byte(1) & 0x7fU;
            if (head > 2) size = 0;
            for (std::size_t i = 2; i < head; ++i) size = size << 8 | byte(i);
        }
        if (rest.size() < head || rest.size() - head < size) {
            bytes_.erase(0, begin_);
            begin_ = 0;
            return false;
        }
        const unsigned opcode = byte(0) & 0x0fU;
        const bool last = (byte(0) & 0x80U) != 0;
        const std::string_view payload = rest.substr(head, size);
        begin_ += head + size;
        if (opcode >= 8) {
            frame = Frame{opcode, std::string(payload)};
            return true;
        }
        message_.append(payload);
        if (!last) continue;
        frame.opcode = 1;
        frame.payload = std::exchange(message_, {});
        return true;
    }
}

Task<std::unique_ptr<BenchStream>> follow_by_sse(asio::io_context& io, BenchAddress address, Uuid order) {
    auto stream = std::make_unique<SseStream>(io, std::move(address));
    co_await stream->open(order);
    co_return stream;
}

Task<std::unique_ptr<BenchStream>> follow_by_socket(asio::io_context& io, BenchAddress address) {
    auto stream = std::make_unique<SocketStream>(io, std::move(address));
    co_await stream->open();
    co_return stream;
}

}  // namespace libexec::cli
