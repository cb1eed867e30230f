#include "libexec/venues/pools/swap_words.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

#include "libexec/solana/well_known.hpp"
#include "libexec/venues/pools/pool.hpp"
#include "wide.hpp"

namespace libexec {
namespace {

using namespace std::string_view_literals;

enum class Kind : std::uint8_t { amount, price, yes_or_no, rest };

struct FieldShape {
    const char* name;
    Kind kind;
};

struct SwapShape {
    PublicKey program;
    std::string_view venue;
    std::string_view discriminator;
    const char* name;
    std::initializer_list<FieldShape> fields;
    std::initializer_list<const char*> roles;
    std::size_t accounts = 0;  ///< 0: the roles hold for any number of them
};

constexpr PublicKey cpmm = "CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C"_key;
constexpr PublicKey amm_v4 = "675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8"_key;
constexpr PublicKey clmm = "CAMMCzo5YL8w4VFF8KVHrK22GGUsp5VTaW7grrKgrWqK"_key;
constexpr PublicKey whirlpool = "whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"_key;
constexpr PublicKey dlmm = "LBUZKhRxPF3XUpBCjp4YzTKgLccjZhTSDM9YuVaPwxo"_key;
constexpr PublicKey damm_v2 = "cpamdpZCGKUy5JxQXB4dcpGPiikHawvSWAd6mEn1sGG"_key;

// Anchor programs give equal names equal numbers: the program tells them apart.
constexpr std::string_view swap_number = "\xf8\xc6\x9e\x91\xe1\x75\x87\xc8"sv;
constexpr std::string_view swap_v2_number = "\x2b\x04\xed\x0b\x1a\xc9\x1e\x62"sv;
constexpr std::string_view swap2_number = "\x41\x4b\x3f\x4c\xeb\x5b\x5b\x88"sv;

const SwapShape shapes[] = {
    {cpmm,
     "raydium_cpmm",
     "\x8f\xbe\x5a\xda\xc4\x1e\x33\xde"sv,
     "swap_base_input",
     {{"amount_in", Kind::amount}, {"min_out", Kind::amount}},
     {"user", "authority", "config", "pool", "user_in", "user_out", "vault_in", "vault_out",
      "token_program_in", "token_program_out", "mint_in", "mint_out", "observation"}},
    {cpmm,
     "raydium_cpmm",
     "\x37\xd9\x62\x56\xa3\x4a\xb4\xad"sv,
     "swap_base_output",
     {{"max_in", Kind::amount}, {"amount_out", Kind::amount}},
     {"user", "authority", "config", "pool", "user_in", "user_out", "vault_in", "vault_out",
      "token_program_in", "token_program_out", "mint_in", "mint_out", "observation"}},
    {amm_v4,
     "raydium_amm_v4",
     "\x09"sv,
     "swap_base_in",
     {{"amount_in", Kind::amount}, {"min_out", Kind::amount}},
     {"token_program", "pool", "authority", "open_orders", "vault_a", "vault_b", "market_program", "market",
      "bids", "asks", "event_queue", "market_vault_a", "market_vault_b", "market_signer", "user_in",
      "user_out", "user"},
     17},
    {amm_v4,
     "raydium_amm_v4",
     "\x09"sv,
     "swap_base_in",
     {{"amount_in", Kind::amount}, {"min_out", Kind::amount}},
     {"token_program", "pool", "authority", "open_orders", "target_orders", "vault_a", "vault_b",
      "market_program", "market", "bids", "asks", "event_queue", "market_vault_a", "market_vault_b",
      "market_signer", "user_in", "user_out", "user"},
     18},
    {amm_v4,
     "raydium_amm_v4",
     "\x09"sv,
     "swap_base_in",
     {{"amount_in", Kind::amount}, {"min_out", Kind::amount}},
     {}},
    {amm_v4,
     "raydium_amm_v4",
     "\x0b"sv,
     "swap_base_out",
     {{"max_in", Kind::amount}, {"amount_out", Kind::amount}},
     {}},
    {amm_v4,
     "raydium_amm_v4",
     "\x10"sv,
     "swap_base_in_v2",
     {{"amount_in", Kind::amount}, {"min_out", Kind::amount}},
     {"token_program", "pool", "authority", "vault_a", "vault_b", "user_in", "user_out", "user"}},
    {amm_v4,
     "raydium_amm_v4",
     "\x11"sv,
     "swap_base_out_v2",
     {{"max_in", Kind::amount}, {"amount_out", Kind::amount}},
     {"token_program", "pool", "authority", "vault_a", "vault_b", "user_in", "user_out", "user"}},
    {clmm,
     "raydium_clmm",
     swap_v2_number,
     "swap_v2",
     {{"amount", Kind::amount},
      {"threshold", Kind::amount},
      {"price_limit", Kind::price},
      {"amount_is_input", Kind::yes_or_no}},
     {"user", "config", "pool", "user_in", "user_out", "vault_in", "vault_out", "observation",
      "token_program", "token_2022_program", "memo_program", "mint_in", "mint_out"}},
    {clmm,
     "raydium_clmm",
     swap_number,
     "swap",
     {{"amount", Kind::amount},
      {"threshold", Kind::amount},
      {"price_limit", Kind::price},
      {"amount_is_input", Kind::yes_or_no}},
     {"user", "config", "pool", "user_in", "user_out", "vault_in", "vault_out", "observation",
      "token_program", "tick_array"}},
    {whirlpool,
     "orca_whirlpool",
     swap_v2_number,
     "swap_v2",
     {{"amount", Kind::amount},
      {"threshold", Kind::amount},
      {"price_limit", Kind::price},
      {"amount_is_input", Kind::yes_or_no},
      {"a_to_b", Kind::yes_or_no},
      {"remaining_accounts", Kind::rest}},
     {"token_program_a", "token_program_b", "memo_program", "user", "pool", "mint_a", "mint_b", "user_a",
      "vault_a", "user_b", "vault_b", "tick_array_0", "tick_array_1", "tick_array_2", "oracle"}},
    {whirlpool,
     "orca_whirlpool",
     swap_number,
     "swap",
     {{"amount", Kind::amount},
      {"threshold", Kind::amount},
      {"price_limit", Kind::price},
      {"amount_is_input", Kind::yes_or_no},
      {"a_to_b", Kind::yes_or_no}},
     {"token_program", "user", "pool", "user_a", "vault_a", "user_b", "vault_b", "tick_array_0",
      "tick_array_1", "tick_array_2", "oracle"}},
    {dlmm,
     "meteora_dlmm",
     swap2_number,
     "swap2",
     {{"amount_in", Kind::amount}, {"min_out", Kind::amount}, {"remaining_accounts", Kind::rest}},
     {"pool", "bitmap_extension", "reserve_x", "reserve_y", "user_in", "user_out", "mint_x", "mint_y",
      "oracle", "host_fee", "user", "token_program_x", "token_program_y", "memo_program", "event_authority",
      "program"}},
    {dlmm,
     "meteora_dlmm",
     swap_number,
     "swap",
     {{"amount_in", Kind::amount}, {"min_out", Kind::amount}},
     {"pool", "bitmap_extension", "reserve_x", "reserve_y", "user_in", "user_out", "mint_x", "mint_y",
      "oracle", "host_fee", "user", "token_program_x", "token_program_y", "event_authority", "program"}},
    {damm_v2,
     "meteora_damm_v2",
     swap_number,
     "swap",
     {{"amount_in", Kind::amount}, {"min_out", Kind::amount}},
     {"authority", "pool", "user_in", "user_out", "vault_a", "vault_b", "mint_a", "mint_b", "user",
      "token_program_a", "token_program_b", "referral", "event_authority", "program"}},
    {damm_v2,
     "meteora_damm_v2",
     swap2_number,
     "swap2",
     {{"amount_0", Kind::amount}, {"amount_1", Kind::amount}, {"mode", Kind::rest}},
     {"authority", "pool", "user_in", "user_out", "vault_a", "vault_b", "mint_a", "mint_b", "user",
      "token_program_a", "token_program_b", "referral", "event_authority", "program"}},
};

/// Reads numbers off the front; the text of nothing means that the bytes have ended.
std::string read(Kind kind, std::span<const std::uint8_t>& rest) {
    const auto number = [&rest](std::size_t size) {
        Wide value = 0;
        for (std::size_t i = size; i-- > 0;) value = value << 8 | rest[i];
        rest = rest.subspan(size);
        std::string digits;
        do digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
        while ((value /= 10) != 0);
        return digits;
    };
    switch (kind) {
        case Kind::amount:
            return rest.size() < 8 ? "" : number(8);
        case Kind::price:
            return rest.size() < 16 ? "" : number(16);
        case Kind::yes_or_no:
            // Programs refuse other bytes than these two.
            if (rest.empty() || rest[0] > 1) return "";
            return number(1) == "1" ? "yes" : "no";
        case Kind::rest:
            break;
    }
    const bool none = std::all_of(rest.begin(), rest.end(), [](std::uint8_t byte) { return byte == 0; });
    std::string text = none ? "none" : "0x" + hex_of(rest);
    rest = {};
    return text;
}

bool begins_with(std::span<const std::uint8_t> data, std::string_view start) {
    return data.size() >= start.size() &&
           std::equal(start.begin(), start.end(), data.begin(), [](char expected, std::uint8_t byte) {
               return static_cast<std::uint8_t>(expected) == byte;
           });
}

/// Whether the bytes are the shape's; fills `words` then.
bool describe_by(const SwapShape& shape, std::span<const std::uint8_t> data, InstructionWords& words) {
    std::span<const std::uint8_t> rest = data.subspan(shape.discriminator.size());
    std::vector<InstructionWords::Field> fields;
    for (const FieldShape& field : shape.fields) {
        std::string value = read(field.kind, rest);
        if (value.empty()) return false;
        fields.push_back({field.name, std::move(value)});
    }
    if (!rest.empty()) fields.push_back({"more", "0x" + hex_of(rest)});
    words.name = shape.name;
    words.fields = std::move(fields);
    words.roles.assign(shape.roles.begin(), shape.roles.end());
    return true;
}

}  // namespace

InstructionWords describe_swap(const PublicKey& program, std::span<const std::uint8_t> data,
                               std::size_t accounts) {
    InstructionWords words = describe_instruction(program, data);
    if (!words.program.empty()) return words;
    for (const SwapShape& shape : shapes) {
        if (shape.program != program) continue;
        words.program = shape.venue;
        if (!begins_with(data, shape.discriminator) || (shape.accounts != 0 && shape.accounts != accounts))
            continue;
        if (describe_by(shape, data, words)) return words;
    }
    if (!words.program.empty()) return words;
    for (const PoolFamily* family : pool_families()) {
        if (family->program() == program) words.program = family->name();
    }
    return words;
}

}  // namespace libexec
