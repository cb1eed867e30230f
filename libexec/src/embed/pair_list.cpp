#include "pair_list.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace libexec {
namespace {

/// Each is searched in every family, one search after the other.
constexpr std::size_t pairs_most = 16;

[[noreturn]] void refuse_pairs(const std::string& why) {
    throw std::runtime_error("configuration: discover_pairs: " + why);
}

std::string without_blanks(std::string text) {
    std::erase_if(text, [](char c) { return c == ' ' || c == '\t'; });
    return text;
}

PublicKey mint_called(const std::string& word, const TokenRegistry& tokens) {
    const std::optional<Token> token = tokens.find(word);
    if (token) return PublicKey(token->mint);
    refuse_pairs("'" + word +
                 "' is no token known here: write its symbol as it is spelled in the list of tokens, or add "
                 "it to tokens_file");
}

}  // namespace

std::vector<std::pair<std::string, std::string>> split_pairs(const std::string& text) {
    std::vector<std::pair<std::string, std::string>> pairs;
    if (text.empty()) return pairs;
    std::istringstream parts(text + ",");
    for (std::string part; std::getline(parts, part, ',');) {
        part = without_blanks(std::move(part));
        const std::size_t slash = part.find('/');
        const bool sound = slash != std::string::npos && slash > 0 && slash + 1 < part.size() &&
                           part.find('/', slash + 1) == std::string::npos;
        if (!sound)
            refuse_pairs("'" + part +
                         "' is no pair: write two tokens such as SOL/USDC, with commas between pairs");
        pairs.emplace_back(part.substr(0, slash), part.substr(slash + 1));
    }
    if (pairs.size() > pairs_most)
        refuse_pairs("at most " + std::to_string(pairs_most) + " pairs are searched, and there are " +
                     std::to_string(pairs.size()));
    return pairs;
}

std::vector<MintPair> read_pairs(const std::string& text, const TokenRegistry& tokens) {
    std::vector<MintPair> pairs;
    for (const auto& [one, other] : split_pairs(text)) {
        const MintPair pair(mint_called(one, tokens), mint_called(other, tokens));
        if (pair.a == pair.b) refuse_pairs(one + "/" + other + " is one token twice");
        if (std::find(pairs.begin(), pairs.end(), pair) != pairs.end())
            refuse_pairs(one + "/" + other + " stands there already: remove one");
        pairs.push_back(pair);
    }
    return pairs;
}

}  // namespace libexec
