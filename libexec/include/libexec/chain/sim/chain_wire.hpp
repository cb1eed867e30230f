#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libexec/base/result.hpp"
#include "libexec/chain/chain.hpp"
#include "libexec/chain/expiry_proof.hpp"

namespace libexec {

// What an engine and a chain process say to each other: one JSON object a line, over TCP. Calls carry an id
// that their answer repeats, so that many may be under way at once and answers come in any order. Either side
// takes the other for hostile: every size is bounded here.

/// The most bytes of a line, its end not counted.
inline constexpr std::size_t chain_line_bytes_max = 16 * 1024;
/// The version of what is said here; each side refuses another one.
inline constexpr std::uint64_t chain_wire_version = 1;

/// What is asked for.
enum class ChainOp : std::uint8_t {
    hello,         ///< first of all
    anchor,        ///< a recent blockhash
    send,          ///< here are signed bytes
    observe,       ///< what does the chain know of a transaction
    finalized,     ///< where does this node say the final chain stands
    status,        ///< what does this node say of a signature
    declare_dead,  ///< proved: it can never land
    troubles,      ///< which faults are on
    trouble,       ///< switch one
};
std::string_view to_string(ChainOp op);

/// One call. Which members count follows from `op`; the others keep their defaults.
struct ChainCall {
    /// A call of that kind with every member at its default.
    explicit ChainCall(ChainOp asked = ChainOp::hello) : op(asked) {}

    ChainOp op;
    std::uint64_t id = 0;
    std::uint64_t version = chain_wire_version;  ///< hello

    // send, observe, declare_dead; of these status has the signature
    OrderId order{};
    std::uint32_t attempt = 1;
    std::string signature;  ///< 1..128 letters and digits
    Bytes bytes;            ///< send: 1..4096
    std::uint64_t last_valid_height = 0;

    std::uint32_t node = 0;              ///< finalized, status: from 0
    std::uint64_t min_context_slot = 0;  ///< status

    std::string name;   ///< trouble: see `switched`
    std::string value;  ///< trouble

    friend bool operator==(const ChainCall&, const ChainCall&) = default;
};

/// One answer: an error, or what was asked for.
struct ChainReply {
    /// The answer to the call with that id, every member at its default.
    explicit ChainReply(ChainOp asked = ChainOp::hello, std::uint64_t call = 0) : op(asked), id(call) {}

    ChainOp op;
    std::uint64_t id;
    std::optional<Rejection> error;

    std::uint64_t version = chain_wire_version;  ///< hello
    std::uint64_t time_scale_ppm = 0;            ///< hello: 1'000'000 is real time
    Anchor anchor{};                             ///< anchor
    std::optional<Landed> landed;                ///< observe
    bool may_be_dead = false;                    ///< observe: worth a proof
    NodeHeight height{};                         ///< finalized
    NodeStatus status{};                         ///< status
    bool stands = false;                         ///< declare_dead: whether the proof stands
    std::string troubles;                        ///< troubles, trouble: those that are on, in one line
};

/// A line without its end. What is beyond the bounds of a field is a mistake of ours: texts are cut.
std::string encode_chain_call(const ChainCall& call);
/// Errors: invalid_body naming the member and its rule, for anything that is not one whole call.
Result<ChainCall> decode_chain_call(std::string_view line);

std::string encode_chain_reply(const ChainReply& reply);
/// Errors: as above.
Result<ChainReply> decode_chain_reply(std::string_view line);

/// `sim://HOST:PORT` taken apart.
struct ChainAddress {
    std::string host;  ///< without the brackets of an IPv6 address
    std::uint16_t port = 0;

    friend bool operator==(const ChainAddress&, const ChainAddress&) = default;
};

/// Nothing when it is not `sim://HOST:PORT` with a port from 1 to 65535.
std::optional<ChainAddress> parse_chain_address(std::string_view url);
std::string to_text(const ChainAddress& address);

}  // namespace libexec
