#include "libexec/model/token.hpp"

#include <array>
#include <charconv>
#include <stdexcept>

namespace libexec {
namespace {

struct KnownToken {
    std::string_view symbol;
    std::string_view mint;
    std::uint8_t decimals;
};

constexpr std::string_view wrapped_sol = "So11111111111111111111111111111111111111112";

constexpr std::array known_tokens{
    KnownToken{"SOL", wrapped_sol, 9},
    KnownToken{"USDC", "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", 6},
    KnownToken{"USDT", "Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB", 6},
    KnownToken{"JUP", "JUPyiwrYJFskUPiHa7hkeR8VUtAeFoSYbKedZNsDvCN", 6},
    KnownToken{"RAY", "4k3Dyjzvzp8eMZWUXbBCjEvwSkkk59S5iCNLY3QrkX6R", 6},
    KnownToken{"BONK", "DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263", 5},
    KnownToken{"WIF", "EKpQGSJtjMFqKZ9KQanSqYXRcF8fBopzLHYxdM65zcjm", 6},
    KnownToken{"JTO", "jtojtomepa8beP8AuQc6eXt5FriJwfFMwQx2v2f9mCL", 9},
    KnownToken{"PYTH", "HZ1JovNiVvGrGNiiYvEozEVgZ58xaU3RKwX8eACQBCt3", 6},
    KnownToken{"ORCA", "orcaEKTdK7LKz57vaAYr9QeNsVEPfiu6QeMU1kektZE", 6},
};

bool is_symbol(std::string_view symbol) {
    if (symbol.empty() || symbol.size() > 16) return false;
    for (const char c : symbol) {
        const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!plain && c != '$' && c != '.' && c != '-' && c != '_') return false;
    }
    return true;
}

std::string_view next_word(std::string_view& line) {
    constexpr std::string_view blanks = " \t\r";
    const std::size_t from = line.find_first_not_of(blanks);
    if (from == std::string_view::npos) {
        line = {};
        return {};
    }
    line.remove_prefix(from);
    const std::string_view word = line.substr(0, line.find_first_of(blanks));
    line.remove_prefix(word.size());
    return word;
}

Result<Token> parse_line(std::string_view line) {
    const std::string_view symbol = next_word(line);
    const std::string_view mint_text = next_word(line);
    const std::string_view decimals_text = next_word(line);
    if (decimals_text.empty() || !next_word(line).empty()) {
        return reject(Reason::invalid_parameter, "expected SYMBOL MINT DECIMALS");
    }
    const std::optional<Mint> mint = Mint::parse(mint_text);
    if (!mint)
        return reject(Reason::invalid_parameter,
                      "'" + std::string(mint_text) + "' is not a base58 mint address");
    unsigned decimals = 0;
    const char* const end = decimals_text.data() + decimals_text.size();
    const auto [stop, error] = std::from_chars(decimals_text.data(), end, decimals);
    if (error != std::errc{} || stop != end || decimals > 18) {
        return reject(Reason::invalid_parameter,
                      "decimals must be 0..18, got '" + std::string(decimals_text) + "'");
    }
    return Token{std::string(symbol), *mint, static_cast<std::uint8_t>(decimals)};
}

}  // namespace

const Mint& wrapped_sol_mint() {
    static const Mint mint = Mint::parse(wrapped_sol).value();
    return mint;
}

TokenRegistry TokenRegistry::with_defaults() {
    TokenRegistry registry;
    for (const KnownToken& known : known_tokens) {
        Token token{std::string(known.symbol), Mint::parse(known.mint).value(), known.decimals};
        if (const Result<Done> added = registry.add(std::move(token)); !added) {
            throw std::logic_error(added.error().detail);
        }
    }
    return registry;
}

Result<Done> TokenRegistry::add(Token token) {
    if (!is_symbol(token.symbol)) {
        return reject(Reason::invalid_parameter, "a symbol is 1 to 16 letters, digits or $ . - _, got '" +
                                                     token.symbol.substr(0, 40) + "'");
    }
    if (token.decimals > 18) return reject(Reason::invalid_parameter, "decimals must be 0..18");
    for (const Token& other : tokens_) {
        if (other == token) return Done{};
        if (other.symbol == token.symbol || other.mint == token.mint) {
            return reject(Reason::invalid_parameter, token.symbol + " (" + token.mint.to_string() +
                                                         ") is already known as " + other.symbol + " (" +
                                                         other.mint.to_string() + ", " +
                                                         std::to_string(other.decimals) + " decimals)");
        }
    }
    tokens_.push_back(std::move(token));
    return Done{};
}

Result<Done> TokenRegistry::add_lines(std::string_view text) {
    TokenRegistry extended = *this;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        line = line.substr(0, line.find('#'));
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;

        const auto at_line = [number](const Rejection& why) {
            return reject(why.reason, "line " + std::to_string(number) + ": " + why.detail);
        };
        Result<Token> token = parse_line(line);
        if (!token) return at_line(token.error());
        if (const Result<Done> added = extended.add(token.value()); !added) return at_line(added.error());
    }
    *this = std::move(extended);
    return Done{};
}

std::optional<Token> TokenRegistry::find(std::string_view symbol_or_mint) const {
    for (const Token& token : tokens_) {
        if (token.symbol == symbol_or_mint) return token;
    }
    if (const std::optional<Mint> mint = Mint::parse(symbol_or_mint)) {
        for (const Token& token : tokens_) {
            if (token.mint == *mint) return token;
        }
    }
    return std::nullopt;
}

}  // namespace libexec
