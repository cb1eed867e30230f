#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "command.hpp"
#include "libexec/solana/key_pair.hpp"

namespace libexec::cli {

/// --user, --seed and --keypair.
std::vector<OptionSpec> signer_option_specs();

/// Who a transaction is for, and his key where it was given.
struct TxSigner {
    PublicKey user;
    std::optional<KeyPair> key;
};

/// What the three options say. Throws Trouble (usage) unless exactly one of them was given, and for what it
/// says; never repeats a seed.
TxSigner read_signer(const Arguments& arguments);

/// The pair of a seed in 64 hexadecimal digits, with space around them; wipes them. Nothing when they are not
/// that.
std::optional<KeyPair> pair_of_seed(std::span<char> digits);

}  // namespace libexec::cli
