#include "support/golden.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "libexec/solana/base64.hpp"

namespace libexec::test {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
    throw std::runtime_error(file.string() + ": " + what);
}

std::string text_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream.is_open()) fail(file, "cannot be read");
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void read_account(const std::filesystem::path& file, AccountStates& accounts) {
    const auto document = JsonValue::parse(text_of(file));
    if (!document) fail(file, document.error().detail);
    const JsonValue account = document.value()["account"];
    const auto data = account["data"].items();
    if (data.size() != 2 || data[1].text() != "base64") fail(file, "data is not [\"...\", \"base64\"]");
    const auto bytes = from_base64(data[0].text());
    if (!bytes) fail(file, "data is not base64");
    AccountState state;
    state.owner = key_of(account["owner"].text());
    state.lamports = number_of(account["lamports"]);
    state.data = *bytes;
    state.executable = account["executable"].is_true();
    if (account.has("space") && number_of(account["space"]) != bytes->size())
        fail(file, "space is not its size");
    accounts[key_of(document.value()["pubkey"].text())] = std::move(state);
}

}  // namespace

std::optional<std::filesystem::path> fixtures_or_say() {
    const char* named = std::getenv("LIBEXEC_FIXTURES");
    const std::filesystem::path root =
        std::filesystem::path(named ? named : FIXTURES_BESIDE_THE_TREE) / "solana";
    if (std::filesystem::is_directory(root)) return root;
    MESSAGE("skipped: fixtures not found");
    return std::nullopt;
}

std::vector<JsonValue> read_golden(const std::filesystem::path& file) {
    const std::string text = text_of(file);
    std::vector<JsonValue> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        if (end > at) {
            const auto line = JsonValue::parse(std::string_view(text).substr(at, end - at));
            if (!line) fail(file, "line " + std::to_string(lines.size() + 1) + ": " + line.error().detail);
            lines.push_back(line.value());
        }
        at = end + 1;
    }
    if (lines.empty()) fail(file, "has no lines");
    return lines;
}

std::vector<JsonValue> program_runs() { return read_golden(PROGRAM_RUNS); }

AccountStates read_accounts(const std::vector<std::filesystem::path>& files) {
    AccountStates accounts;
    for (const auto& file : files) read_account(file, accounts);
    return accounts;
}

AccountStates read_accounts(const std::filesystem::path& root, const JsonValue& names) {
    std::vector<std::filesystem::path> files;
    for (const JsonValue& name : names.items()) files.push_back(root / name.text());
    return read_accounts(files);
}

ChainClock read_clock(const JsonValue& clock) {
    return {.slot = number_of(clock["slot"]),
            .unix_timestamp = static_cast<std::int64_t>(number_of(clock["unix_timestamp"])),
            .epoch = number_of(clock["epoch"])};
}

PublicKey key_of(std::string_view base58) {
    const auto key = PublicKey::parse(base58);
    if (!key) throw std::runtime_error("'" + std::string(base58) + "' is no public key");
    return *key;
}

Bytes hex_bytes(std::string_view digits) {
    Bytes bytes(digits.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const char* const at = digits.data() + 2 * i;
        if (std::from_chars(at, at + 2, bytes[i], 16).ptr != at + 2)
            throw std::runtime_error("'" + std::string(digits) + "' is not hexadecimal");
    }
    if (digits.size() % 2 != 0) throw std::runtime_error("an odd number of hexadecimal digits");
    return bytes;
}

std::string to_hex(const Bytes& bytes) {
    std::string digits;
    for (const std::uint8_t byte : bytes) {
        digits += "0123456789abcdef"[byte >> 4];
        digits += "0123456789abcdef"[byte & 15];
    }
    return digits;
}

std::uint64_t number_of(const JsonValue& digits) {
    const std::string& text = digits.text();
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end)
        throw std::runtime_error("'" + text + "' is no number within 64 bits");
    return number;
}

}  // namespace libexec::test
