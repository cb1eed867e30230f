#pragma once

#include <cstdint>

#include "libexec/base/result.hpp"
#include "libexec/model/transaction.hpp"

namespace libexec {

/// What a transaction of the simulated world says: the swap and what it hangs on.
struct SimMessage {
    SwapPlan plan;
    Anchor anchor;
};

/// The message a simulated venue builds and the simulated chain decodes.
/// Shape:  "LXSM", one byte of version, then every field in the order of its struct: integers little-endian
/// at
///         full width, text with a 16-bit length before it. One message has one spelling.
/// Errors: invalid_parameter when a text is above its limit (64 bytes, the pool 128) or an amount is above
///         `Amount::most`: such a message could not be read back.
Result<Bytes> encode_sim_message(const SwapPlan& plan, const Anchor& anchor);

/// The reverse. Takes bytes from anyone.
/// Errors: chain_rejected, naming the field, for anything `encode_sim_message` would not have written: other
///         magic or version, a short or a long message, a length or a number beyond its limit, a flag that is
///         not 0 or 1.
Result<SimMessage> decode_sim_message(const std::uint8_t* data, std::size_t size_bytes);

}  // namespace libexec
