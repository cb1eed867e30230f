#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "bench_connection.hpp"
#include "bench_lane.hpp"

namespace libexec::cli {

/// Reads what a measurement needs out of an event as the server writes it, without parsing the rest: the
/// reader shares its processor with what it measures. Throws std::runtime_error for a text that is no event.
BenchEvent read_bench_event(std::string_view event);

/// Takes the framing off a body that comes in chunks, in any pieces.
class ChunkReader {
public:
    /// The payload in these bytes. Throws std::runtime_error for what is no chunk.
    std::string feed(std::string_view bytes);
    /// The last chunk has come.
    bool over() const { return over_; }

private:
    std::string line_;      ///< of a size, as far as it has come
    std::size_t left_ = 0;  ///< of a chunk's payload
    std::size_t skip_ = 0;  ///< of the line end behind a chunk
    bool over_ = false;
};

/// Takes messages out of a server's WebSocket frames (RFC 6455 section 5.2), in any pieces.
class FrameReader {
public:
    struct Frame {
        unsigned opcode = 0;
        std::string payload;
    };
    /// Takes more bytes.
    void feed(std::string_view bytes) { bytes_.append(bytes); }
    /// The next whole message or control frame; false when more bytes are needed.
    bool next(Frame& frame);

private:
    std::string bytes_;
    std::size_t begin_ = 0;
    std::string message_;  ///< of a text in several frames, as far as it has come
};

/// The events of one order by SSE.
Task<std::unique_ptr<BenchStream>> follow_by_sse(asio::io_context& io, BenchAddress address, Uuid order);
/// The events of all orders by WebSocket.
Task<std::unique_ptr<BenchStream>> follow_by_socket(asio::io_context& io, BenchAddress address);

}  // namespace libexec::cli
