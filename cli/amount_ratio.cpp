#include "amount_ratio.hpp"

#include <algorithm>

#include "libexec/model/money.hpp"
#include "text.hpp"

namespace libexec::cli {

std::optional<std::uint64_t> tenth_bps_between(std::string_view a, std::string_view b) {
    const Result<TokenAmount> left = parse_token_amount(a);
    const Result<TokenAmount> right = parse_token_amount(b);
    if (!left || !right || left.value().decimals != right.value().decimals) return std::nullopt;
    const std::uint64_t from = left.value().amount.base_units();
    const std::uint64_t to = right.value().amount.base_units();
    if (to == 0) return std::nullopt;
    const Wide gap = from > to ? from - to : to - from;
    const Wide tenths = (gap * 100'000 + to / 2) / to;
    constexpr Wide most = Amount::most;  // so that a sign fits, too
    return static_cast<std::uint64_t>(std::min(tenths, most));
}

std::optional<std::int64_t> signed_tenth_bps(std::string_view a, std::string_view b) {
    const auto tenths = tenth_bps_between(a, b);
    if (!tenths) return std::nullopt;
    const auto distance = static_cast<std::int64_t>(*tenths);
    return is_above(a, b) ? distance : -distance;
}

std::string gap_text(std::string_view a, std::string_view b) {
    const Result<TokenAmount> left = parse_token_amount(a);
    const Result<TokenAmount> right = parse_token_amount(b);
    if (!left || !right || left.value().decimals != right.value().decimals) return {};
    const auto [least, most] = std::minmax(left.value().amount, right.value().amount);
    return to_text({subtract_floor(most, least), left.value().decimals});
}

bool is_above(std::string_view a, std::string_view b) {
    const Result<TokenAmount> left = parse_token_amount(a);
    const Result<TokenAmount> right = parse_token_amount(b);
    return left && right && left.value().amount > right.value().amount;
}

std::string signed_bps_text(std::int64_t tenths) {
    const std::string size = tenth_bps_text(static_cast<std::uint64_t>(tenths < 0 ? -tenths : tenths));
    return (tenths < 0 ? "-" : tenths > 0 ? "+" : "") + size;
}

std::string rough_amount(std::string_view amount) {
    std::string whole(amount.substr(0, amount.find('.')));
    if (whole.size() <= 3) return whole;
    const std::size_t group = std::min<std::size_t>((whole.size() - 1) / 3, 5);
    const std::size_t before = whole.size() - group * 3;
    std::string rough = whole.substr(0, before);
    if (before < 3) rough += "." + whole.substr(before, 3 - before);
    return without_trailing_zeros(rough) + std::string("kMGTP").substr(group - 1, 1);
}

std::string short_price(std::string_view price) {
    constexpr std::size_t digits_most = 8;
    std::size_t digits = 0;
    std::size_t end = 0;
    bool fraction = false;
    for (; end < price.size(); ++end) {
        if (price[end] == '.') {
            fraction = true;
            continue;
        }
        if (fraction && digits >= digits_most) break;
        if (digits > 0 || price[end] != '0') ++digits;
    }
    return without_trailing_zeros(price.substr(0, end));
}

}  // namespace libexec::cli
