#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/base/result.hpp"
#include "libexec/base/uuid.hpp"
#include "libexec/model/money.hpp"

namespace libexec {

using OrderId = Uuid;
using Bytes = std::vector<std::uint8_t>;

/// How far the chain has decided about a transaction.
enum class Commitment : std::uint8_t { processed, confirmed, finalized };

std::string_view to_string(Commitment commitment);
std::optional<Commitment> parse_commitment(std::string_view word);

/// How an attempt was closed. While it is open there is none.
enum class Resolution : std::uint8_t { landed_ok, landed_err, expired };

std::string_view to_string(Resolution resolution);
std::optional<Resolution> parse_resolution(std::string_view word);

/// What token accounts of the wallet hold so that they may exist. It stays the wallet's: it comes back when
/// an account is closed, and is part of no amount. Unit:   lamports.
struct Rent {
    std::uint64_t paid_lamports = 0;      ///< into accounts that are new
    std::uint64_t returned_lamports = 0;  ///< from accounts that were closed

    friend bool operator==(const Rent&, const Rent&) = default;
};

/// One signed transaction of an order, from the moment its intent is written.
/// Unit:   amounts in base units of the order's tokens; the fee in lamports.
struct Attempt {
    OrderId order;
    std::uint32_t number = 1;
    std::string venue;
    std::string signature;  ///< base58, unique; the transaction's identity on the chain
    Bytes signed_bytes;  ///< a bearer instrument while the attempt is open: never logged, empty once closed
    std::uint64_t last_valid_height = 0;
    std::uint64_t anchor_slot = 0;
    Amount quoted_in;
    Amount quoted_out;
    Time opened_at{};

    std::optional<Resolution> resolution;
    Time closed_at{};
    std::uint64_t slot = 0;  ///< where it landed; 0 when it did not
    Amount amount_in;
    Amount amount_out;
    std::uint64_t fee_lamports = 0;
    std::optional<Rent> rent;  ///< nothing where nobody told, and where there is no such thing
    std::optional<Rejection> error;
    std::string evidence;  ///< what proved it dead, in words: nodes, heights, slots

    friend bool operator==(const Attempt&, const Attempt&) = default;
};

}  // namespace libexec
