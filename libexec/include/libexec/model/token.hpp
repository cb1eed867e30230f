#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libexec/base/result.hpp"
#include "libexec/model/mint.hpp"

namespace libexec {

/// A tradable token.
/// Shape:  a symbol for people, a mint for the chain.
/// Unit:   `decimals` turns token units into base units; at most 18.
/// Source: mint accounts on Solana mainnet.
struct Token {
    std::string symbol;
    Mint mint;
    std::uint8_t decimals = 0;

    friend bool operator==(const Token&, const Token&) = default;
};

/// The tokens the engine knows. Built once, then only read.
class TokenRegistry {
public:
    /// SOL (wrapped), USDC, USDT, JUP, RAY, BONK, WIF, JTO, PYTH, ORCA with their mainnet mints.
    static TokenRegistry with_defaults();

    /// Adds a token; `invalid_parameter` when its symbol or mint is taken by another one, or a field is out
    /// of range.
    Result<Done> add(Token token);
    /// Adds every line of a list: `SYMBOL MINT DECIMALS`, blank lines and # comments skipped. All or nothing;
    /// the error names the line.
    Result<Done> add_lines(std::string_view text);

    /// By symbol (case matters) or base58 mint; nothing when unknown.
    std::optional<Token> find(std::string_view symbol_or_mint) const;
    /// In the order in which they were added.
    const std::vector<Token>& all() const { return tokens_; }

private:
    std::vector<Token> tokens_;
};

/// The mint of wrapped SOL. A trader's `SOL` is native: it is wrapped before the venue and unwrapped after.
const Mint& wrapped_sol_mint();

}  // namespace libexec
