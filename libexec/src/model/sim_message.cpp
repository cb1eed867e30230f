#include "libexec/model/sim_message.hpp"

#include <array>
#include <cstring>
#include <type_traits>

namespace libexec {
namespace {

constexpr std::array<std::uint8_t, 4> magic{'L', 'X', 'S', 'M'};
constexpr std::uint8_t version = 1;
constexpr std::size_t text_max = 64;
constexpr std::size_t pool_max = 128;
constexpr std::uint8_t decimals_max = 18;

/// Appends fields; remembers the first one that cannot be written.
class Writer {
public:
    explicit Writer(Bytes& bytes) : bytes_(bytes) {}

    template <class Integer>
    void integer(const char*, Integer value) {
        auto rest = static_cast<std::make_unsigned_t<Integer>>(value);
        for (std::size_t i = 0; i < sizeof(Integer); ++i) {
            bytes_.push_back(static_cast<std::uint8_t>(rest & 0xff));
            if constexpr (sizeof(Integer) > 1) rest = static_cast<decltype(rest)>(rest >> 8);
        }
    }
    void flag(const char* name, bool value) { integer<std::uint8_t>(name, value ? 1 : 0); }
    void mode(const char* name, SwapMode value) { flag(name, value == SwapMode::exact_out); }
    void amount(const char* name, Amount value) {
        if (value.base_units() > Amount::most) refuse(name);
        integer(name, value.base_units());
    }
    void bps(const char* name, Bps value) { integer(name, value.points()); }
    void decimals(const char* name, std::uint8_t value) {
        if (value > decimals_max) refuse(name);
        integer(name, value);
    }
    void text(const char* name, const std::string& value, std::size_t size_max) {
        if (value.size() > size_max) refuse(name);
        integer(name, static_cast<std::uint16_t>(value.size()));
        bytes_.insert(bytes_.end(), value.begin(), value.end());
    }
    template <std::size_t size>
    void raw(const char*, const std::array<std::uint8_t, size>& value) {
        bytes_.insert(bytes_.end(), value.begin(), value.end());
    }
    const char* refused() const { return refused_; }

private:
    void refuse(const char* name) {
        if (refused_ == nullptr) refused_ = name;
    }
    Bytes& bytes_;
    const char* refused_ = nullptr;
};

/// Takes fields off hostile bytes; after the first bad one everything reads as zero.
class Reader {
public:
    Reader(const std::uint8_t* data, std::size_t size_bytes) : at_(data), left_(size_bytes) {}

    template <class Integer>
    void integer(const char* name, Integer& value) {
        std::make_unsigned_t<Integer> sum = 0;
        if (const std::uint8_t* bytes = take(name, sizeof(Integer))) {
            for (std::size_t i = sizeof(Integer); i-- > 0;) {
                if constexpr (sizeof(Integer) > 1) sum = static_cast<decltype(sum)>(sum << 8);
                sum = static_cast<decltype(sum)>(sum | bytes[i]);
            }
        }
        value = static_cast<Integer>(sum);
    }
    void flag(const char* name, bool& value) {
        std::uint8_t byte = 0;
        integer(name, byte);
        if (byte > 1) refuse(name);
        value = byte == 1;
    }
    void mode(const char* name, SwapMode& value) {
        bool exact_out = false;
        flag(name, exact_out);
        value = exact_out ? SwapMode::exact_out : SwapMode::exact_in;
    }
    void amount(const char* name, Amount& value) {
        std::uint64_t base_units = 0;
        integer(name, base_units);
        if (base_units > Amount::most) refuse(name);
        value = Amount(base_units);
    }
    void bps(const char* name, Bps& value) {
        std::uint32_t points = 0;
        integer(name, points);
        const Result<Bps> share = Bps::of(points);
        if (!share) return refuse(name);
        value = share.value();
    }
    void decimals(const char* name, std::uint8_t& value) {
        integer(name, value);
        if (value > decimals_max) refuse(name);
    }
    void text(const char* name, std::string& value, std::size_t size_max) {
        std::uint16_t size = 0;
        integer(name, size);
        if (size > size_max) return refuse(name);
        const std::uint8_t* const bytes = take(name, size);
        if (bytes != nullptr) value.assign(bytes, bytes + size);
    }
    template <std::size_t size>
    void raw(const char* name, std::array<std::uint8_t, size>& value) {
        if (const std::uint8_t* bytes = take(name, size)) std::memcpy(value.data(), bytes, size);
    }
    const char* refused() const { return refused_ == nullptr && left_ > 0 ? "the end" : refused_; }

private:
    const std::uint8_t* take(const char* name, std::size_t size) {
        if (size > left_) refuse(name);
        if (refused_ != nullptr) return nullptr;
        const std::uint8_t* const taken = at_;
        at_ += size;
        left_ -= size;
        return taken;
    }
    void refuse(const char* name) {
        if (refused_ == nullptr) refused_ = name;
    }
    const std::uint8_t* at_;
    std::size_t left_;
    const char* refused_ = nullptr;
};

/// The one list of fields, walked by the writer (const) and the reader alike.
template <class Codec, class Mint32, class Text, class Byte>
void walk_token(Codec& codec, Text& symbol, Mint32& mint, Byte& decimals) {
    codec.text("token symbol", symbol, text_max);
    codec.raw("mint", mint);
    codec.decimals("decimals", decimals);
}

template <class Codec, class AnyQuote, class Microseconds>
void walk_quote(Codec& codec, AnyQuote& quote, Microseconds& latency_us, Microseconds& quoted_us) {
    codec.text("venue", quote.venue, text_max);
    codec.text("pool", quote.pool, pool_max);
    codec.amount("amount in", quote.amount_in);
    codec.amount("amount out", quote.amount_out);
    codec.bps("fee", quote.fee);
    codec.amount("venue fee", quote.venue_fee);
    codec.amount("network cost", quote.network_cost);
    codec.integer("price impact", quote.price_impact_bps);
    codec.amount("liquidity", quote.liquidity);
    codec.integer("latency", latency_us);
    codec.integer("quote time", quoted_us);
}

template <class Codec, class AnyAnchor>
void walk_anchor(Codec& codec, AnyAnchor& anchor) {
    codec.text("blockhash", anchor.blockhash, text_max);
    codec.integer("last valid height", anchor.last_valid_height);
    codec.integer("anchor slot", anchor.slot);
}

}  // namespace

Result<Bytes> encode_sim_message(const SwapPlan& plan, const Anchor& anchor) {
    Bytes bytes;
    bytes.reserve(384);
    Writer writer(bytes);
    writer.raw("magic", magic);
    writer.integer("version", version);
    writer.raw("order", plan.order.bytes());
    writer.integer("attempt", plan.attempt);
    writer.integer("chance key", plan.chance_key);
    walk_token(writer, plan.token_in.symbol, plan.token_in.mint.bytes(), plan.token_in.decimals);
    walk_token(writer, plan.token_out.symbol, plan.token_out.mint.bytes(), plan.token_out.decimals);
    writer.mode("mode", plan.mode);
    const std::int64_t latency_us = plan.quote.latency.count();
    const std::int64_t quoted_us = plan.quote.quoted_at.time_since_epoch().count();
    walk_quote(writer, plan.quote, latency_us, quoted_us);
    writer.amount("limit", plan.limit);
    writer.flag("wraps", plan.wraps_sol);
    writer.flag("unwraps", plan.unwraps_sol);
    walk_anchor(writer, anchor);
    if (writer.refused() != nullptr) {
        return reject(Reason::invalid_parameter,
                      std::string("a simulated message cannot carry this ") + writer.refused());
    }
    return bytes;
}

Result<SimMessage> decode_sim_message(const std::uint8_t* data, std::size_t size_bytes) {
    Reader reader(data, size_bytes);
    SimMessage message;
    SwapPlan& plan = message.plan;

    std::array<std::uint8_t, 4> first{};
    std::uint8_t spoken = 0;
    reader.raw("magic", first);
    reader.integer("version", spoken);
    if (first != magic || spoken != version) {
        return reject(Reason::chain_rejected, "not a simulated message of version 1");
    }
    Uuid::Bytes order{};
    reader.raw("order", order);
    plan.order = Uuid(order);
    reader.integer("attempt", plan.attempt);
    reader.integer("chance key", plan.chance_key);
    Mint::Bytes mint_in{};
    Mint::Bytes mint_out{};
    walk_token(reader, plan.token_in.symbol, mint_in, plan.token_in.decimals);
    walk_token(reader, plan.token_out.symbol, mint_out, plan.token_out.decimals);
    plan.token_in.mint = Mint(mint_in);
    plan.token_out.mint = Mint(mint_out);
    reader.mode("mode", plan.mode);
    std::int64_t latency_us = 0;
    std::int64_t quoted_us = 0;
    walk_quote(reader, plan.quote, latency_us, quoted_us);
    plan.quote.latency = std::chrono::microseconds(latency_us);
    plan.quote.quoted_at = Time(std::chrono::microseconds(quoted_us));
    reader.amount("limit", plan.limit);
    reader.flag("wraps", plan.wraps_sol);
    reader.flag("unwraps", plan.unwraps_sol);
    walk_anchor(reader, message.anchor);
    if (reader.refused() != nullptr) {
        return reject(Reason::chain_rejected,
                      std::string("simulated message is malformed at: ") + reader.refused());
    }
    return message;
}

}  // namespace libexec
