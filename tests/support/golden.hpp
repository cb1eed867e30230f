#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libexec/json/value.hpp"
#include "libexec/solana/account_state.hpp"

namespace libexec::test {

/// The folder `solana` of the fixtures: account bytes of real pools and what the deployed programs made of
/// them. LIBEXEC_FIXTURES names the fixtures, else they are looked for beside the tree. Nothing when they are
/// not there; the test case then says that it is skipped.
std::optional<std::filesystem::path> fixtures_or_say();

/// The lines of a golden file, such as *fixtures_root() / "golden/raydium_cpmm.jsonl". Throws, naming the
/// line, when one is no JSON, and when there is none.
std::vector<JsonValue> read_golden(const std::filesystem::path& file);

/// What the deployed programs took and paid when execd traded through them; part of the tree.
std::vector<JsonValue> program_runs();

/// What these account files say. Throws, naming the file, for what is no account file.
AccountStates read_accounts(const std::vector<std::filesystem::path>& files);
/// The same for the member "accounts" of a golden line, whose names start at `root`.
AccountStates read_accounts(const std::filesystem::path& root, const JsonValue& names);

/// The member "clock" of a golden line.
ChainClock read_clock(const JsonValue& clock);
/// A public key in base58; throws for what is none.
PublicKey key_of(std::string_view base58);
/// Bytes in hexadecimal digits; throws for what is not.
Bytes hex_bytes(std::string_view digits);
/// The digits of bytes.
std::string to_hex(const Bytes& bytes);
/// A number, or a string of digits as golden files write amounts; throws for what is not one within 64 bits.
std::uint64_t number_of(const JsonValue& digits);

}  // namespace libexec::test
