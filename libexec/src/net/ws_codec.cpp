#include "ws_codec.hpp"

#include <websocketpp/extensions/permessage_deflate/disabled.hpp>
#include <websocketpp/http/request.hpp>
#include <websocketpp/http/response.hpp>
#include <websocketpp/message_buffer/alloc.hpp>
#include <websocketpp/message_buffer/message.hpp>
#include <websocketpp/processors/hybi13.hpp>
#include <websocketpp/random/none.hpp>

#include <algorithm>
#include <utility>

namespace libexec {

namespace wpp = websocketpp;

namespace {

// The template parameters hybi13 asks for. Masking keys come from our caller, so its source of chance is
// none.
struct CodecConfig {
    using request_type = wpp::http::parser::request;
    using response_type = wpp::http::parser::response;
    using message_type = wpp::message_buffer::message<wpp::message_buffer::alloc::con_msg_manager>;
    using con_msg_manager_type = wpp::message_buffer::alloc::con_msg_manager<message_type>;
    using rng_type = wpp::random::none::int_generator<std::uint32_t>;
    struct permessage_deflate_config {
        using request_type = CodecConfig::request_type;
    };
    using permessage_deflate_type = wpp::extensions::permessage_deflate::disabled<permessage_deflate_config>;
    static const bool enable_extensions = false;
    static const std::size_t max_message_size = 64 * 1024;
};

struct Hybi13 : wpp::processor::hybi13<CodecConfig> {
    using wpp::processor::hybi13<CodecConfig>::hybi13;
    using wpp::processor::hybi13<CodecConfig>::process_handshake_key;

    std::size_t partial_bytes() const {
        return m_data_msg.msg_ptr ? m_data_msg.msg_ptr->get_payload().size() : 0;
    }
};

WsCloseCode code_for(wpp::lib::error_code error) {
    const auto code = static_cast<WsCloseCode>(wpp::processor::error::to_ws(error));
    // websocketpp calls what it does not list (a length spelled too long, say) its own fault. It never is.
    return code == WsCloseCode::bad_payload || code == WsCloseCode::too_big ? code
                                                                            : WsCloseCode::protocol_error;
}

wpp::frame::opcode::value wire(WsOpcode opcode) { return static_cast<wpp::frame::opcode::value>(opcode); }

}  // namespace

struct WsCodec::Processor {
    Processor(WsRole role, std::size_t message_bytes_max)
        : manager(std::make_shared<CodecConfig::con_msg_manager_type>()),
          hybi(false, role == WsRole::server, manager, no_chance) {
        hybi.set_max_message_size(message_bytes_max);
    }

    std::shared_ptr<CodecConfig::con_msg_manager_type> manager;
    CodecConfig::rng_type no_chance;
    Hybi13 hybi;
};

WsCodec::WsCodec(WsRole role, std::size_t message_bytes_max)
    : processor_(std::make_unique<Processor>(role, message_bytes_max)),
      message_bytes_max_(message_bytes_max) {}

WsCodec::~WsCodec() = default;

std::size_t WsCodec::partial_bytes() const { return processor_->hybi.partial_bytes(); }

WsEvent WsCodec::failed(WsCloseCode code, std::string why) {
    close_code_ = code;
    payload_ = std::move(why);
    return WsEvent::error;
}

WsEvent WsCodec::consume(std::span<std::uint8_t> bytes, std::size_t& used) {
    wpp::lib::error_code error;
    Hybi13& hybi = processor_->hybi;
    // In steps of what hybi13 waits for, so that each header is judged before what follows it: a continuation
    // frame with a length near 2^64 wraps hybi13's own sum and would be buffered for ever.
    used = 0;
    do {
        const std::size_t step = std::min(hybi.get_bytes_needed(), bytes.size() - used);
        used += hybi.consume(bytes.data() + used, step, error);
        if (error) return failed(code_for(error), error.message());
        if (hybi.ready()) break;
        if (hybi.get_bytes_needed() > message_bytes_max_ || hybi.partial_bytes() > message_bytes_max_)
            return failed(WsCloseCode::too_big, "message too big");
    } while (used < bytes.size());
    if (!hybi.ready()) return WsEvent::none;

    const auto message = hybi.get_message();
    payload_ = std::move(message->get_raw_payload());
    switch (message->get_opcode()) {
        case wpp::frame::opcode::text:
            // hybi13 looks at the opcode of the last frame only, so a fragmented text that ends inside a
            // character passes it.
            if (!wpp::utf8_validator::validate(payload_))
                return failed(WsCloseCode::bad_payload, "invalid UTF-8");
            return WsEvent::text;
        case wpp::frame::opcode::binary:
            return WsEvent::binary;
        case wpp::frame::opcode::ping:
            return WsEvent::ping;
        case wpp::frame::opcode::pong:
            return WsEvent::pong;
        case wpp::frame::opcode::close:
            return closed();
        default:
            return failed(WsCloseCode::protocol_error, "unknown opcode");
    }
}

WsEvent WsCodec::closed() {
    // Two questions, each with its own error: extract_reason clears what extract_code found.
    wpp::lib::error_code error;
    const auto code = wpp::close::extract_code(payload_, error);
    if (error) return failed(WsCloseCode::protocol_error, "invalid close code");
    std::string reason = wpp::close::extract_reason(payload_, error);
    if (error) return failed(WsCloseCode::bad_payload, "invalid UTF-8 in a close reason");
    close_code_ = static_cast<WsCloseCode>(code);
    payload_ = std::move(reason);
    return WsEvent::close;
}

WsFrame server_frame(WsOpcode opcode, std::string_view payload) {
    const wpp::frame::basic_header basic(wire(opcode), payload.size(), true, false);
    const wpp::frame::extended_header extended(payload.size());
    auto frame = std::make_shared<std::string>();
    const std::string header = wpp::frame::prepare_header(basic, extended);
    frame->reserve(header.size() + payload.size());
    frame->append(header).append(payload);
    return frame;
}

WsFrame client_frame(WsOpcode opcode, std::string_view payload, std::uint32_t masking_key) {
    const wpp::frame::basic_header basic(wire(opcode), payload.size(), true, true);
    const wpp::frame::extended_header extended(payload.size(), masking_key);
    auto frame = std::make_shared<std::string>(wpp::frame::prepare_header(basic, extended));
    const std::size_t header_size = frame->size();
    frame->append(payload);
    wpp::frame::masking_key_type key;
    key.i = masking_key;
    const auto masked = frame->begin() + static_cast<std::ptrdiff_t>(header_size);
    wpp::frame::byte_mask(masked, frame->end(), key);
    return frame;
}

std::string close_payload(WsCloseCode code, std::string_view reason) {
    constexpr std::size_t reason_bytes_max = 123;
    std::size_t size = std::min(reason.size(), reason_bytes_max);
    // A byte 10xxxxxx goes on with the character before it.
    while (size > 0 && size < reason.size() && (static_cast<unsigned char>(reason[size]) & 0xc0) == 0x80)
        --size;
    const auto number = static_cast<std::uint16_t>(code);
    std::string payload;
    if (code == WsCloseCode::no_status) return payload;
    payload.push_back(static_cast<char>(number >> 8));
    payload.push_back(static_cast<char>(number & 0xff));
    payload.append(reason.substr(0, size));
    return payload;
}

std::string ws_accept_key(std::string_view key) {
    CodecConfig::rng_type no_chance;
    const Hybi13 hybi(false, true, std::make_shared<CodecConfig::con_msg_manager_type>(), no_chance);
    std::string accept(key);
    hybi.process_handshake_key(accept);
    return accept;
}

WsFrame text_frame(std::string_view payload) { return server_frame(WsOpcode::text, payload); }

WsFrame binary_frame(std::string_view payload) { return server_frame(WsOpcode::binary, payload); }

}  // namespace libexec
