#include "libexec/model/money.hpp"

#include <charconv>
#include <limits>

#include "libexec/base/front_of.hpp"

namespace libexec {
namespace {

constexpr Wide wide_most = Amount::most;
constexpr int decimals_most = 18;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool all_digits(std::string_view text) {
    for (const char c : text) {
        if (!is_digit(c)) return false;
    }
    return true;
}

std::string quoted(std::string_view text) {
    constexpr std::size_t shown_max = 40;
    std::string out = "'" + std::string(front_of(text, shown_max));
    if (text.size() > shown_max) out += "...";
    return out + "'";
}

std::uint64_t power_of_ten(int exponent) {
    std::uint64_t power = 1;
    for (int i = 0; i < exponent; ++i) power *= 10;
    return power;
}

/// A decimal number taken apart: digits without a point, and where the point stands.
struct Decimal {
    std::string digits;
    long point_from_right = 0;  ///< how many digits stand after the point; negative: zeros to append
};

Result<Decimal> take_apart(std::string_view text, bool exponent_allowed) {
    const auto malformed = [&] {
        return reject(Reason::bad_amount, "expected a plain decimal such as \"1.5\", got " + quoted(text));
    };
    long exponent = 0;
    std::string_view mantissa = text;
    if (const std::size_t e = text.find_first_of("eE"); e != std::string_view::npos) {
        if (!exponent_allowed) return malformed();
        std::string_view power = text.substr(e + 1);
        if (!power.empty() && power.front() == '+') power.remove_prefix(1);
        const auto [stop, error] = std::from_chars(power.data(), power.data() + power.size(), exponent);
        if (power.empty() || stop != power.data() + power.size()) return malformed();
        if (error != std::errc{} || exponent > 400 || exponent < -400) {
            return reject(Reason::bad_amount, "exponent out of range in " + quoted(text));
        }
        mantissa = text.substr(0, e);
    }
    const std::size_t dot = mantissa.find('.');
    const std::string_view whole = mantissa.substr(0, dot);
    const std::string_view fraction =
        dot == std::string_view::npos ? std::string_view{} : mantissa.substr(dot + 1);
    const bool fraction_ok = dot == std::string_view::npos || (!fraction.empty() && all_digits(fraction));
    if (whole.empty() || !all_digits(whole) || !fraction_ok) return malformed();

    Decimal decimal;
    decimal.digits.assign(whole).append(fraction);
    decimal.point_from_right = static_cast<long>(fraction.size()) - exponent;
    while (decimal.point_from_right > 0 && decimal.digits.size() > 1 && decimal.digits.back() == '0') {
        decimal.digits.pop_back();
        --decimal.point_from_right;
    }
    return decimal;
}

}  // namespace

Result<Amount> Amount::parse(std::string_view digits) {
    std::uint64_t base_units = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, base_units);
    if (error != std::errc{} || stop != end || base_units > most) {
        return reject(Reason::bad_amount, "expected base units as digits below 2^63, got " + quoted(digits));
    }
    return Amount(base_units);
}

Result<Amount> add(Amount a, Amount b) {
    const Wide sum = Wide(a.base_units()) + b.base_units();
    if (sum > wide_most) return reject(Reason::bad_amount, "sum is 2^63 base units or more");
    return Amount(static_cast<std::uint64_t>(sum));
}

Result<Amount> scale_down(Amount value, std::uint64_t numerator, std::uint64_t denominator) {
    if (denominator == 0) return reject(Reason::bad_amount, "division by zero");
    const Wide scaled = Wide(value.base_units()) * numerator / denominator;
    if (scaled > wide_most) return reject(Reason::bad_amount, "product is 2^63 base units or more");
    return Amount(static_cast<std::uint64_t>(scaled));
}

Result<Amount> scale_up(Amount value, std::uint64_t numerator, std::uint64_t denominator) {
    if (denominator == 0) return reject(Reason::bad_amount, "division by zero");
    const Wide product = Wide(value.base_units()) * numerator;
    const Wide scaled = product / denominator + (product % denominator != 0 ? 1 : 0);
    if (scaled > wide_most) return reject(Reason::bad_amount, "product is 2^63 base units or more");
    return Amount(static_cast<std::uint64_t>(scaled));
}

Result<Bps> Bps::of(std::uint64_t points) {
    if (points > whole) return reject(Reason::bad_amount, "more than 10000 basis points");
    return Bps(static_cast<std::uint32_t>(points));
}

Amount least_output(Amount quoted_out, Bps slippage) {
    const Wide kept = Wide(quoted_out.base_units()) * (Bps::whole - slippage.points());
    return Amount(static_cast<std::uint64_t>((kept + Bps::whole - 1) / Bps::whole));
}

Amount most_input(Amount quoted_in, Bps slippage) {
    const Wide raised = Wide(quoted_in.base_units()) * (Bps::whole + slippage.points()) / Bps::whole;
    return Amount(static_cast<std::uint64_t>(raised < wide_most ? raised : wide_most));
}

std::string to_text(TokenAmount amount) {
    std::string digits = amount.amount.to_string();
    if (amount.decimals == 0) return digits;
    if (digits.size() <= amount.decimals) digits.insert(0, amount.decimals + 1u - digits.size(), '0');
    digits.insert(digits.size() - amount.decimals, 1, '.');
    return digits;
}

Result<TokenAmount> parse_token_amount(std::string_view text) {
    const std::size_t dot = text.find('.');
    const std::size_t decimals = dot == std::string_view::npos ? 0 : text.size() - dot - 1;
    if (decimals > decimals_most || (dot != std::string_view::npos && decimals == 0)) {
        return reject(Reason::bad_amount, "expected at most 18 decimals, got " + quoted(text));
    }
    Result<Amount> amount = parse_token_units(text, static_cast<std::uint8_t>(decimals), false);
    if (!amount) return amount.error();
    return TokenAmount{amount.value(), static_cast<std::uint8_t>(decimals)};
}

Result<Amount> parse_token_units(std::string_view text, std::uint8_t decimals, bool exponent_allowed) {
    Result<Decimal> parsed = take_apart(text, exponent_allowed);
    if (!parsed) return parsed.error();
    const Decimal& decimal = parsed.value();

    if (decimal.digits.find_first_not_of('0') == std::string::npos) return Amount(0);
    if (decimal.point_from_right > decimals) {
        return reject(Reason::bad_amount, quoted(text) + " has more than the " + std::to_string(decimals) +
                                              " decimals of this token");
    }
    const long zeros = decimals - decimal.point_from_right;
    Wide value = 0;
    const auto push = [&](unsigned digit) {
        value = value * 10 + digit;
        return value <= wide_most;
    };
    bool fits = true;
    for (std::size_t i = 0; fits && i < decimal.digits.size(); ++i) {
        fits = push(static_cast<unsigned>(decimal.digits[i] - '0'));
    }
    for (long i = 0; fits && i < zeros; ++i) fits = push(0);
    if (!fits) return reject(Reason::bad_amount, quoted(text) + " is 2^63 base units or more");
    return Amount(static_cast<std::uint64_t>(value));
}

std::string price_text(TokenAmount input, TokenAmount output) {
    // output / 10^output_decimals per input / 10^input_decimals, by long division: with at most 18 decimals
    // and amounts below 2^63 every product stays below 2^127.
    const Wide numerator = Wide(output.amount.base_units()) * power_of_ten(input.decimals);
    const Wide denominator = Wide(input.amount.base_units()) * power_of_ten(output.decimals);
    constexpr int places = 12;
    if (denominator == 0) return "0." + std::string(places, '0');

    std::string whole;
    Wide units = numerator / denominator;
    do {
        whole.insert(whole.begin(), static_cast<char>('0' + static_cast<int>(units % 10)));
        units /= 10;
    } while (units != 0);
    std::string text = whole + ".";
    Wide rest = numerator % denominator;
    for (int i = 0; i < places; ++i) {
        rest *= 10;
        text += static_cast<char>('0' + static_cast<int>(rest / denominator));
        rest %= denominator;
    }
    return text;
}

}  // namespace libexec
