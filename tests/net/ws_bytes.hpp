#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace libexec::test {

// Frames spelled out here and not by the codec under test.

struct FrameSpelling {
    bool masked = true;
    std::size_t length_bytes = 0;  ///< of a length beyond the first seven bits: 2, 8; 0: as short as can be
    std::uint32_t key = 0x12345678;
};

/// A frame up to its payload. `first` is FIN, RSV and opcode.
inline std::string frame_header(int first, std::uint64_t length, FrameSpelling how = {}) {
    const int mask_bit = how.masked ? 0x80 : 0;
    std::string header(1, static_cast<char>(first));
    std::size_t length_bytes = how.length_bytes;
    if (length_bytes == 0) length_bytes = length < 126 ? 0 : length < 65'536 ? 2 : 8;
    if (length_bytes == 0) header.push_back(static_cast<char>(mask_bit | static_cast<int>(length)));
    if (length_bytes == 2) header.push_back(static_cast<char>(mask_bit | 126));
    if (length_bytes == 8) header.push_back(static_cast<char>(mask_bit | 127));
    for (std::size_t i = length_bytes; i > 0; --i)
        header.push_back(static_cast<char>(length >> (8 * (i - 1)) & 0xff));
    for (int shift = 24; how.masked && shift >= 0; shift -= 8)
        header.push_back(static_cast<char>(how.key >> shift & 0xff));
    return header;
}

inline std::string frame_bytes(int first, std::string_view payload, FrameSpelling how = {}) {
    std::string frame = frame_header(first, payload.size(), how);
    for (std::size_t i = 0; i < payload.size(); ++i) {
        const auto mask = how.masked ? how.key >> (24 - 8 * (i % 4)) & 0xff : 0;
        frame.push_back(static_cast<char>(static_cast<unsigned char>(payload[i]) ^ mask));
    }
    return frame;
}

/// A frame of a client.
inline std::string masked(int first, std::string_view payload, std::uint32_t key = 0x12345678) {
    FrameSpelling how;
    how.key = key;
    return frame_bytes(first, payload, how);
}

/// A close frame's payload.
inline std::string close_bytes(int code, std::string_view reason = "") {
    std::string payload;
    payload.push_back(static_cast<char>(code >> 8));
    payload.push_back(static_cast<char>(code & 0xff));
    return payload.append(reason);
}

/// A server's frame at the front of some bytes, read by the book: one part, no reserved bits, no mask, and a
/// length as short as can be.
struct ServerFrame {
    bool whole = false;  ///< false: more bytes are needed
    bool sound = true;
    int opcode = 0;
    std::size_t size = 0;  ///< of the frame
    std::string payload;
};

inline ServerFrame read_server_frame(std::string_view bytes) {
    ServerFrame frame;
    if (bytes.size() < 2) return frame;
    const auto at = [&bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    frame.opcode = at(0) & 0x0f;
    const std::size_t short_length = at(1) & 0x7fU;
    const std::size_t length_bytes = short_length == 126 ? 2 : short_length == 127 ? 8 : 0;
    const std::size_t header = 2 + length_bytes;
    if (bytes.size() < header) return frame;
    std::uint64_t length = length_bytes == 0 ? short_length : 0;
    for (std::size_t i = 2; i < header; ++i) length = length << 8 | at(i);
    const bool shortest = length_bytes == 0 || (length_bytes == 2 ? length > 125 : length > 65'535);
    frame.sound = (at(0) & 0xf0) == 0x80 && (at(1) & 0x80) == 0 && shortest;
    if (bytes.size() - header < length) return frame;
    frame.whole = true;
    frame.size = header + static_cast<std::size_t>(length);
    frame.payload = bytes.substr(header, static_cast<std::size_t>(length));
    return frame;
}

}  // namespace libexec::test
