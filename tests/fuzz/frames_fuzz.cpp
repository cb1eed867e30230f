// WebSocket frames, as server and as client: cuts change no verdict, limits hold, and what one side frames
// the other one reads.

#include <algorithm>
#include <vector>

#include "fuzz/fuzz_target.hpp"
#include "net/ws_codec.hpp"

using namespace libexec;
using fuzz::require;

namespace {

constexpr std::size_t message_bytes_max = 300;  // beyond 125 and far below 65 536: every length form is met

struct Seen {
    WsEvent event = WsEvent::none;
    std::string payload;  // not of errors: they say how far the reader had come
    WsCloseCode code = WsCloseCode::no_status;

    friend bool operator==(const Seen&, const Seen&) = default;
};

bool ends(WsEvent event) { return event == WsEvent::close || event == WsEvent::error; }

std::vector<Seen> read(WsRole role, const std::vector<std::string_view>& parts) {
    WsCodec codec(role, message_bytes_max);
    std::vector<Seen> all;
    for (const std::string_view part : parts) {
        std::vector<std::uint8_t> bytes(part.begin(), part.end());  // unmasked in place
        std::span<std::uint8_t> rest(bytes);
        while (!rest.empty()) {
            std::size_t used = 0;
            const WsEvent event = codec.consume(rest, used);
            require(used <= rest.size(), "a codec takes no more than there is");
            rest = rest.subspan(used);
            if (event == WsEvent::none) {
                require(rest.empty(), "a codec that waits has taken everything");
                require(codec.partial_bytes() <= message_bytes_max, "what waits keeps to the limit");
                continue;
            }
            Seen seen{event, {}, WsCloseCode::no_status};
            if (event != WsEvent::error) seen.payload = codec.payload();
            if (ends(event)) seen.code = codec.close_code();
            require(seen.payload.size() <= message_bytes_max, "a message keeps to the limit");
            all.push_back(seen);
            if (ends(event)) return all;
        }
    }
    return all;
}

void check_cuts(WsRole role, std::string_view bytes) {
    const std::vector<Seen> whole = read(role, {bytes});
    for (std::uint64_t which = 0; which < 3; ++which) {
        const std::size_t cut = fuzz::cut_of(bytes, which);
        require(read(role, {bytes.substr(0, cut), bytes.substr(cut)}) == whole, "a cut changes nothing");
    }
    std::vector<std::string_view> single;
    for (std::size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
    require(read(role, single) == whole, "single bytes change nothing");

    for (const Seen& seen : whole) {
        if (seen.event != WsEvent::error) continue;
        require(seen.code == WsCloseCode::protocol_error || seen.code == WsCloseCode::bad_payload ||
                    seen.code == WsCloseCode::too_big,
                "an error is one of three");
    }
}

/// RFC 3629, spelled out here and not by the codec: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto at = [&](std::size_t j) {
            return j < text.size() ? static_cast<unsigned char>(text[j]) : 0u;
        };
        const unsigned first = at(i);
        const std::size_t more = first < 0x80                    ? 0
                                 : first >= 0xc2 && first < 0xe0 ? 1
                                 : first >= 0xe0 && first < 0xf0 ? 2
                                 : first >= 0xf0 && first < 0xf5 ? 3
                                                                 : 4;
        if (more == 4) return false;
        for (std::size_t j = 1; j <= more; ++j) {
            if ((at(i + j) & 0xc0) != 0x80) return false;
        }
        const unsigned second = at(i + 1);
        if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
            (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
            return false;
        i += more + 1;
    }
    return true;
}

void check_framed(WsRole reader, WsOpcode opcode, std::string_view payload) {
    const auto key = static_cast<std::uint32_t>(fuzz::drawn_from(payload, 7));
    const WsFrame frame =
        reader == WsRole::server ? client_frame(opcode, payload, key) : server_frame(opcode, payload);
    const std::vector<Seen> read_back = read(reader, {*frame});
    require(read_back.size() == 1, "one frame is one event");
    const Seen& seen = read_back[0];
    const bool control = opcode == WsOpcode::ping || opcode == WsOpcode::pong;
    const std::size_t most = control ? 125 : message_bytes_max;
    if (payload.size() > most) {
        require(seen.event == WsEvent::error, "what is too long is refused");
    } else if (opcode == WsOpcode::text && !is_utf8(payload)) {
        require(seen.event == WsEvent::error && seen.code == WsCloseCode::bad_payload, "text is UTF-8");
    } else {
        const WsEvent expected = opcode == WsOpcode::text     ? WsEvent::text
                                 : opcode == WsOpcode::binary ? WsEvent::binary
                                 : opcode == WsOpcode::ping   ? WsEvent::ping
                                                              : WsEvent::pong;
        require(seen.event == expected && seen.payload == payload, "what is framed is read");
    }
}

void check_close(WsRole reader, std::string_view reason) {
    if (!is_utf8(reason)) return;
    const std::string payload = close_payload(WsCloseCode::try_again_later, reason);
    require(payload.size() <= 125, "a close frame is a control frame");
    const WsFrame frame = reader == WsRole::server ? client_frame(WsOpcode::close, payload, 0x01020304)
                                                   : server_frame(WsOpcode::close, payload);
    const std::vector<Seen> seen = read(reader, {*frame});
    require(
        seen.size() == 1 && seen[0].event == WsEvent::close && seen[0].code == WsCloseCode::try_again_later,
        "a close that is sent is read");
    const std::string& kept = seen[0].payload;
    const std::size_t least =
        reason.size() <= 123 ? reason.size() : 120;  // a character has at most four bytes
    require(reason.starts_with(kept) && kept.size() >= least, "its reason is cut only where it must be");
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = fuzz::text_of(data, size);
    for (const WsRole role : {WsRole::server, WsRole::client}) {
        check_cuts(role, bytes);
        for (const WsOpcode opcode : {WsOpcode::text, WsOpcode::binary, WsOpcode::ping, WsOpcode::pong})
            check_framed(role, opcode, bytes);
        check_close(role, bytes);
    }
    return 0;
}
