#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "libexec/base/result.hpp"

namespace libexec {

__extension__ using Wide = unsigned __int128;  // holds any u64 times any u64 exactly

/// A quantity of one token.
/// Shape:  one unsigned 64-bit integer; ordered, cheap to copy, never negative.
/// Unit:   base units of the mint it travels with (1 SOL is 10^9 lamports).
/// Errors: `parse` rejects whatever is not digits within `most`.
/// Source: SPL Token accounts hold `amount: u64`. JSON readers lose integers above 2^53 and SQL
///         integers are signed, hence the decimal text in both places and the limit below 2^63.
class Amount {
public:
    /// The most base units that are ever stored or shown.
    static constexpr std::uint64_t most = (std::uint64_t{1} << 63) - 1;

    constexpr Amount() = default;
    /// So many base units; above `most` it cannot be stored or shown.
    explicit constexpr Amount(std::uint64_t base_units) : base_units_(base_units) {}
    /// The amount that `digits` spells, base units and nothing else.
    static Result<Amount> parse(std::string_view digits);

    /// The number of base units.
    constexpr std::uint64_t base_units() const { return base_units_; }
    /// The base units as decimal digits.
    std::string to_string() const { return std::to_string(base_units_); }

    friend constexpr auto operator<=>(const Amount&, const Amount&) = default;

private:
    std::uint64_t base_units_ = 0;
};

/// a + b, or `bad_amount` beyond `Amount::most`.
Result<Amount> add(Amount a, Amount b);
/// a - b, never below zero.
constexpr Amount subtract_floor(Amount a, Amount b) {
    return a > b ? Amount(a.base_units() - b.base_units()) : Amount(0);
}
/// value * numerator / denominator in 128 bits, rounded down; `bad_amount` beyond `Amount::most`.
Result<Amount> scale_down(Amount value, std::uint64_t numerator, std::uint64_t denominator);
/// The same rounded up.
Result<Amount> scale_up(Amount value, std::uint64_t numerator, std::uint64_t denominator);

/// A share of a whole in basis points: 1 is 0.01 %. Range 0..10'000; `of` rejects the rest.
class Bps {
public:
    static constexpr std::uint32_t whole = 10'000;
    constexpr Bps() = default;
    /// So many basis points; bad_amount above `whole`.
    static Result<Bps> of(std::uint64_t points);
    /// The number of basis points.
    constexpr std::uint32_t points() const { return points_; }
    friend constexpr auto operator<=>(const Bps&, const Bps&) = default;

private:
    explicit constexpr Bps(std::uint32_t points) : points_(points) {}
    std::uint32_t points_ = 0;
};

/// The least output the trader accepts. Rounds up: the trader never pays for a rounding step.
Amount least_output(Amount quoted, Bps slippage);
/// The most input an exact-output trader pays: quoted * (1 + slippage), rounded down, capped at
/// `Amount::most`.
Amount most_input(Amount quoted, Bps slippage);

/// An amount and the decimals of its mint, so that it can be shown without asking anyone.
struct TokenAmount {
    Amount amount;
    std::uint8_t decimals = 0;
    friend bool operator==(const TokenAmount&, const TokenAmount&) = default;
};

/// Token units with every decimal of the mint: 1502611000 with 6 decimals is "1502.611000".
std::string to_text(TokenAmount amount);
/// The reverse of `to_text`: the digits after the point say the decimals.
Result<TokenAmount> parse_token_amount(std::string_view text);

/// What a trader wrote in token units, as base units of a mint with `decimals`.
/// Takes digits with at most one point and digits on both sides of it ("1", "1.50"). With
/// `exponent_allowed`, also an exponent, exactly ("1e-7"), as a JSON number may carry one.
/// Errors: `bad_amount` naming the rule for signs, blanks, empty text, more decimals than the mint
/// has (trailing zeros are forgiven) and values beyond `Amount::most`. Zero is a value here.
Result<Amount> parse_token_units(std::string_view text, std::uint8_t decimals, bool exponent_allowed);

/// Output per input in token units, 12 digits after the point, rounded down; "0.000000000000" for no input.
std::string price_text(TokenAmount input, TokenAmount output);

}  // namespace libexec
