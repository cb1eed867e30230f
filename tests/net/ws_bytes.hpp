#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace libexec::test {

/// A frame of a client, spelled out here and not by the codec under test. `first` is FIN, RSV and opcode.
inline std::string masked(int first, std::string_view payload, std::uint32_t key = 0x12345678) {
    std::string frame(1, static_cast<char>(first));
    if (payload.size() < 126) {
        frame.push_back(static_cast<char>(0x80 | payload.size()));
    } else if (payload.size() < 65'536) {
        frame.push_back(static_cast<char>(0x80 | 126));
        for (int shift = 8; shift >= 0; shift -= 8)
            frame.push_back(static_cast<char>(payload.size() >> shift & 0xff));
    } else {
        frame.push_back(static_cast<char>(0x80 | 127));
        for (int shift = 56; shift >= 0; shift -= 8)
            frame.push_back(static_cast<char>(payload.size() >> shift & 0xff));
    }
    std::array<char, 4> mask;
    for (int i = 0; i < 4; ++i)
        mask[static_cast<std::size_t>(i)] = static_cast<char>(key >> (24 - 8 * i) & 0xff);
    frame.append(mask.data(), mask.size());
    for (std::size_t i = 0; i < payload.size(); ++i)
        frame.push_back(static_cast<char>(payload[i] ^ mask[i % 4]));
    return frame;
}

/// A close frame's payload.
inline std::string close_bytes(int code, std::string_view reason = "") {
    std::string payload;
    payload.push_back(static_cast<char>(code >> 8));
    payload.push_back(static_cast<char>(code & 0xff));
    return payload.append(reason);
}

}  // namespace libexec::test
