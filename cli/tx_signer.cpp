#include "tx_signer.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "pool_snapshot.hpp"

namespace libexec::cli {
namespace {

constexpr std::size_t seed_size = 32;
constexpr std::size_t seed_text_most = 256;  // of standard input: 64 digits and room for line ends

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Straight from the descriptor: a stream would keep a copy of what it read.
std::size_t read_standard_input(std::span<char> text) {
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t part = ::read(STDIN_FILENO, text.data() + size, text.size() - size);
        if (part < 0 && errno == EINTR) continue;
        if (part <= 0) break;
        size += static_cast<std::size_t>(part);
    }
    return size;
}

KeyPair read_seed(const std::string& word) {
    std::optional<KeyPair> pair;
    if (word == "-") {
        std::array<char, seed_text_most> text{};
        pair = pair_of_seed(std::span(text).first(read_standard_input(text)));
    } else {
        std::string text = word;
        pair = pair_of_seed(text);
    }
    if (!pair)
        refuse(word == "-" ? "standard input is no seed" : "--seed is no seed",
               "write its 32 bytes as 64 hexadecimal digits; --seed - reads them from standard input");
    return std::move(*pair);
}

}  // namespace

std::optional<KeyPair> pair_of_seed(std::span<char> digits) {
    std::span<char> rest = digits;
    while (!rest.empty() && is_space(rest.front())) rest = rest.subspan(1);
    while (!rest.empty() && is_space(rest.back())) rest = rest.first(rest.size() - 1);
    std::array<std::uint8_t, seed_size> seed{};
    bool good = rest.size() == 2 * seed_size;
    for (std::size_t i = 0; good && i < seed_size; ++i) {
        const int high = digit_of(rest[2 * i]);
        const int low = digit_of(rest[2 * i + 1]);
        good = high >= 0 && low >= 0;
        if (good) seed[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    ::explicit_bzero(digits.data(), digits.size());
    std::optional<KeyPair> pair;
    if (good) pair = KeyPair::from_seed(seed);
    ::explicit_bzero(seed.data(), seed.size());
    return pair;
}

std::vector<OptionSpec> signer_option_specs() {
    return {
        {"--user", "PUBKEY", "The wallet, whose key stays where it is: the transaction is not signed"},
        {"--seed", "HEX",
         "The wallet's seed, 64 hexadecimal digits, which signs; other users of the machine see it on the "
         "command line: write - to read it from standard input, or use --keypair"},
        {"--keypair", "FILE",
         "The wallet's key as solana-keygen writes it, which signs; refused unless only its owner can read "
         "it",
         "", false, Completes::file}};
}

TxSigner read_signer(const Arguments& arguments) {
    int given = 0;
    for (const char* const name : {"user", "seed", "keypair"}) given += arguments.has(name) ? 1 : 0;
    if (given != 1)
        refuse(given == 0 ? "there is no wallet" : "more than one wallet was given",
               "give one of --user PUBKEY, --seed HEX and --keypair FILE");
    if (arguments.has("user")) return {address_of("--user", arguments.text("user")), std::nullopt};
    if (arguments.has("seed")) {
        KeyPair pair = read_seed(arguments.text("seed"));
        const PublicKey user = pair.public_key();
        return {user, std::move(pair)};
    }
    Result<KeyPair> pair = read_key_pair_file(arguments.text("keypair"));
    if (!pair) refuse(pair.error().detail, "give --keypair a file of solana-keygen that only you can read");
    const PublicKey user = pair.value().public_key();
    return {user, std::move(pair).value()};
}

}  // namespace libexec::cli
