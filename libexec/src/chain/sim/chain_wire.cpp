#include "libexec/chain/sim/chain_wire.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "libexec/json/value.hpp"

namespace libexec {
namespace {

constexpr std::array<std::string_view, 9> op_words{
    "hello", "anchor", "send", "observe", "finalized", "status", "declare_dead", "troubles", "trouble"};
constexpr std::size_t signature_most = 128;
constexpr std::size_t bytes_most = 4'096;
constexpr std::size_t blockhash_most = 128;
constexpr std::size_t detail_most = 1'024;
constexpr std::size_t word_most = 64;
constexpr std::size_t troubles_most = 2'048;
constexpr std::uint64_t node_most = 15;
constexpr std::uint64_t scale_ppm_most = 1'000'000'000;
constexpr std::string_view hex_digits = "0123456789abcdef";

bool plain(std::string_view text) {
    constexpr auto ordinary = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    };
    return !text.empty() && std::all_of(text.begin(), text.end(), ordinary);
}

std::string to_hex(const Bytes& bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::uint8_t byte : bytes) {
        text += hex_digits[byte >> 4];
        text += hex_digits[byte & 15];
    }
    return text;
}

std::optional<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const std::size_t high = hex_digits.find(text[i]);
        const std::size_t low = hex_digits.find(text[i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
        bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
    }
    return bytes;
}

/// At most so many bytes, never half a character.
std::string_view cut(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text;
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
    return text.substr(0, most);
}

/// Writes one flat object.
class LineWriter {
public:
    void number(std::string_view name, std::uint64_t value) { begin(name) += std::to_string(value); }
    void flag(std::string_view name, bool value) { number(name, value ? 1 : 0); }
    void text(std::string_view name, std::string_view value) { begin(name) += to_json_string(value); }
    std::string finish() { return std::move(line_) + "}"; }

private:
    std::string& begin(std::string_view name) {
        line_ += line_.empty() ? "{\"" : ",\"";
        line_.append(name).append("\":");
        return line_;
    }
    std::string line_;
};

/// Reads the members of one object; remembers the first thing that is missing or wrong.
class LineReader {
public:
    explicit LineReader(const JsonValue& object) : object_(object) {}

    std::uint64_t number(std::string_view name, std::uint64_t most = Amount::most) {
        const std::optional<std::uint64_t> value = object_[name].whole();
        if (!value || *value > most) {
            complain(name,
                     most == 1 ? "must be 0 or 1" : "must be a whole number up to " + std::to_string(most));
            return 0;
        }
        return *value;
    }
    bool flag(std::string_view name) { return number(name, 1) == 1; }
    std::string text(std::string_view name, std::size_t most) {
        const JsonValue value = object_[name];
        if (value.text().size() > most || !value.json().starts_with('"')) {
            complain(name, "must be a text of at most " + std::to_string(most) + " bytes");
            return {};
        }
        return value.text();
    }
    std::string letters(std::string_view name, std::size_t most) {
        std::string value = text(name, most);
        if (!plain(value)) complain(name, "must be letters and digits");
        return value;
    }
    Amount amount(std::string_view name) {
        const Result<Amount> value = Amount::parse(text(name, word_most));
        if (!value) complain(name, "must be base units as digits in a text");
        return value ? value.value() : Amount(0);
    }
    void complain(std::string_view name, const std::string& rule) {
        if (trouble_.empty()) trouble_ = std::string(name) + " " + rule;
    }
    /// The first complaint, as an error.
    std::optional<Rejection> trouble() const {
        if (trouble_.empty()) return std::nullopt;
        return reject(Reason::invalid_body, trouble_);
    }

private:
    const JsonValue& object_;
    std::string trouble_;
};

Result<JsonValue> object_in(std::string_view line) {
    if (line.size() > chain_line_bytes_max)
        return reject(Reason::invalid_body, "a line is longer than " + std::to_string(chain_line_bytes_max));
    Result<JsonValue> value = JsonValue::parse(line);
    if (value && !value.value().is_object()) return reject(Reason::invalid_body, "a line is one JSON object");
    return value;
}

ChainOp read_op(LineReader& in) {
    const std::string word = in.text("op", word_most);
    const auto known = std::find(op_words.begin(), op_words.end(), word);
    if (known == op_words.end()) {
        in.complain("op", "is not one of ours");
        return ChainOp::hello;
    }
    return static_cast<ChainOp>(known - op_words.begin());
}

void write_transaction(LineWriter& out, const ChainCall& call) {
    out.text("orderId", call.order.to_string());
    out.number("attempt", call.attempt);
    out.text("signature", cut(call.signature, signature_most));
    out.number("lastValidHeight", call.last_valid_height);
}

void read_transaction(LineReader& in, ChainCall& call) {
    const std::optional<Uuid> order = Uuid::parse(in.text("orderId", word_most));
    if (!order) in.complain("orderId", "must be a UUID");
    if (order) call.order = *order;
    call.attempt = static_cast<std::uint32_t>(in.number("attempt", UINT32_MAX));
    call.signature = in.letters("signature", signature_most);
    call.last_valid_height = in.number("lastValidHeight");
}

void write_landed(LineWriter& out, const Landed& landed) {
    out.flag("ok", landed.ok);
    out.text("commitment", to_string(landed.commitment));
    out.number("slot", landed.slot);
    out.text("amountIn", landed.amount_in.to_string());
    out.text("amountOut", landed.amount_out.to_string());
    out.number("feeLamports", landed.fee_lamports);
    if (landed.ok) return;
    out.text("reason", to_string(landed.error.reason));
    out.text("detail", cut(landed.error.detail, detail_most));
}

Rejection read_rejection(LineReader& in) {
    const std::optional<Reason> reason = parse_reason(in.text("reason", word_most));
    if (!reason) in.complain("reason", "is not one of ours");
    return reject(reason.value_or(Reason::internal), in.text("detail", detail_most));
}

Landed read_landed(LineReader& in) {
    Landed landed;
    landed.ok = in.flag("ok");
    const std::optional<Commitment> commitment = parse_commitment(in.text("commitment", word_most));
    if (!commitment) in.complain("commitment", "must be processed, confirmed or finalized");
    landed.commitment = commitment.value_or(Commitment::processed);
    landed.slot = in.number("slot");
    landed.amount_in = in.amount("amountIn");
    landed.amount_out = in.amount("amountOut");
    landed.fee_lamports = in.number("feeLamports");
    if (!landed.ok) landed.error = read_rejection(in);
    return landed;
}

}  // namespace

std::string_view to_string(ChainOp op) { return op_words[static_cast<std::size_t>(op)]; }

std::string encode_chain_call(const ChainCall& call) {
    LineWriter out;
    out.number("id", call.id);
    out.text("op", to_string(call.op));
    switch (call.op) {
        case ChainOp::hello:
            out.number("version", call.version);
            break;
        case ChainOp::anchor:
        case ChainOp::troubles:
            break;
        case ChainOp::send:
            write_transaction(out, call);
            out.text("bytes", to_hex(call.bytes));
            break;
        case ChainOp::observe:
        case ChainOp::declare_dead:
            write_transaction(out, call);
            break;
        case ChainOp::finalized:
            out.number("node", call.node);
            break;
        case ChainOp::status:
            out.number("node", call.node);
            out.text("signature", cut(call.signature, signature_most));
            out.number("minContextSlot", call.min_context_slot);
            break;
        case ChainOp::trouble:
            out.text("name", cut(call.name, word_most));
            out.text("value", cut(call.value, word_most));
            break;
    }
    return out.finish();
}

Result<ChainCall> decode_chain_call(std::string_view line) {
    const Result<JsonValue> object = object_in(line);
    if (!object) return object.error();
    LineReader in(object.value());
    ChainCall call(read_op(in));
    call.id = in.number("id", UINT64_MAX);
    switch (call.op) {
        case ChainOp::hello:
            call.version = in.number("version");
            break;
        case ChainOp::anchor:
        case ChainOp::troubles:
            break;
        case ChainOp::send: {
            read_transaction(in, call);
            std::optional<Bytes> bytes = from_hex(in.text("bytes", 2 * bytes_most));
            if (!bytes || bytes->empty()) in.complain("bytes", "must be 1 to 4096 bytes in lower-case hex");
            if (bytes) call.bytes = std::move(*bytes);
            break;
        }
        case ChainOp::observe:
        case ChainOp::declare_dead:
            read_transaction(in, call);
            break;
        case ChainOp::finalized:
            call.node = static_cast<std::uint32_t>(in.number("node", node_most));
            break;
        case ChainOp::status:
            call.node = static_cast<std::uint32_t>(in.number("node", node_most));
            call.signature = in.letters("signature", signature_most);
            call.min_context_slot = in.number("minContextSlot");
            break;
        case ChainOp::trouble:
            call.name = in.text("name", word_most);
            call.value = in.text("value", word_most);
            break;
    }
    if (const auto trouble = in.trouble()) return *trouble;
    return call;
}

std::string encode_chain_reply(const ChainReply& reply) {
    LineWriter out;
    out.number("id", reply.id);
    out.text("op", to_string(reply.op));
    out.flag("done", !reply.error);
    if (reply.error) {
        out.text("reason", to_string(reply.error->reason));
        out.text("detail", cut(reply.error->detail, detail_most));
        return out.finish();
    }
    switch (reply.op) {
        case ChainOp::hello:
            out.number("version", reply.version);
            out.number("timeScalePpm", reply.time_scale_ppm);
            break;
        case ChainOp::anchor:
            out.text("blockhash", cut(reply.anchor.blockhash, blockhash_most));
            out.number("lastValidHeight", reply.anchor.last_valid_height);
            out.number("slot", reply.anchor.slot);
            break;
        case ChainOp::send:
            break;
        case ChainOp::observe:
            out.flag("landed", reply.landed.has_value());
            out.flag("mayBeDead", reply.may_be_dead);
            if (reply.landed) write_landed(out, *reply.landed);
            break;
        case ChainOp::finalized:
            out.number("slot", reply.height.slot);
            out.number("height", reply.height.height);
            break;
        case ChainOp::status:
            out.flag("found", reply.status.found);
            out.number("contextSlot", reply.status.context_slot);
            break;
        case ChainOp::declare_dead:
            out.flag("stands", reply.stands);
            break;
        case ChainOp::troubles:
        case ChainOp::trouble:
            out.text("troubles", cut(reply.troubles, troubles_most));
            break;
    }
    return out.finish();
}

Result<ChainReply> decode_chain_reply(std::string_view line) {
    const Result<JsonValue> object = object_in(line);
    if (!object) return object.error();
    LineReader in(object.value());
    ChainReply reply(read_op(in));
    reply.id = in.number("id", UINT64_MAX);
    if (!in.flag("done")) {
        reply.error = read_rejection(in);
        if (const auto trouble = in.trouble()) return *trouble;
        return reply;
    }
    switch (reply.op) {
        case ChainOp::hello:
            reply.version = in.number("version");
            reply.time_scale_ppm = in.number("timeScalePpm", scale_ppm_most);
            break;
        case ChainOp::anchor:
            reply.anchor.blockhash = in.letters("blockhash", blockhash_most);
            reply.anchor.last_valid_height = in.number("lastValidHeight");
            reply.anchor.slot = in.number("slot");
            break;
        case ChainOp::send:
            break;
        case ChainOp::observe:
            reply.may_be_dead = in.flag("mayBeDead");
            if (in.flag("landed")) reply.landed = read_landed(in);
            break;
        case ChainOp::finalized:
            reply.height.slot = in.number("slot");
            reply.height.height = in.number("height");
            break;
        case ChainOp::status:
            reply.status.found = in.flag("found");
            reply.status.context_slot = in.number("contextSlot");
            break;
        case ChainOp::declare_dead:
            reply.stands = in.flag("stands");
            break;
        case ChainOp::troubles:
        case ChainOp::trouble:
            reply.troubles = in.text("troubles", troubles_most);
            break;
    }
    if (const auto trouble = in.trouble()) return *trouble;
    return reply;
}

std::optional<ChainAddress> parse_chain_address(std::string_view url) {
    constexpr std::string_view scheme = "sim://";
    constexpr std::string_view letters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_%";
    if (!url.starts_with(scheme)) return std::nullopt;
    url.remove_prefix(scheme.size());
    const std::size_t colon = url.rfind(':');
    if (colon == std::string_view::npos || url.size() > 300) return std::nullopt;
    std::string_view host = url.substr(0, colon);
    const std::string_view digits = url.substr(colon + 1);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (host.empty() || host.find_first_not_of(letters) != std::string_view::npos) return std::nullopt;
    if (!bracketed && host.find(':') != std::string_view::npos) return std::nullopt;
    ChainAddress address;
    address.host = host;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, address.port);
    if (error != std::errc{} || stop != end || address.port == 0) return std::nullopt;
    return address;
}

std::string to_text(const ChainAddress& address) {
    const bool six = address.host.find(':') != std::string::npos;
    return "sim://" + (six ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace libexec
