#include "libexec/solana/token_state.hpp"

#include <algorithm>
#include <string>

#include "extensions.hpp"
#include "libexec/solana/well_known.hpp"
#include "little_endian.hpp"

namespace libexec {
namespace {

__extension__ using Wide = unsigned __int128;  // holds any u64 times 10000 exactly

constexpr std::size_t account_size = 165;
constexpr std::size_t mint_size = 82;
constexpr std::uint16_t whole = 10'000;  // basis points
constexpr std::uint8_t initialized = 1;
constexpr std::uint8_t frozen = 2;

using View = std::span<const std::uint8_t>;

Rejection bad(std::string what) { return reject(Reason::bad_account, std::move(what)); }

/// The owner is one of the token programs and the size is one it gives to such accounts.
std::optional<Rejection> trouble_with(const AccountState& account, std::size_t base_size, const char* what) {
    const bool extends = account.owner == well_known::token_2022_program;
    if (!extends && account.owner != well_known::token_program)
        return bad(std::string("a ") + what + " belongs to a token program, not to " +
                   account.owner.to_string());
    const std::size_t size = account.data.size();
    if (size < base_size || (size != base_size && !extends))
        return bad(std::string("a ") + what + " has " + std::to_string(base_size) + " bytes, not " +
                   std::to_string(size));
    return std::nullopt;
}

/// A value that may be absent: u32 that says whether, then the value.
bool is_option(View data, std::size_t at) { return little_endian::read<std::uint32_t>(data, at) <= 1; }

std::optional<PublicKey> option_key(View data, std::size_t at) {
    if (little_endian::read<std::uint32_t>(data, at) == 0) return std::nullopt;
    return little_endian::read_key(data, at + 4);
}

bool is_zero(View bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

Result<TransferFee> read_fee(View data) {
    const TransferFee fee{.epoch = little_endian::read<std::uint64_t>(data, 0),
                          .most = little_endian::read<std::uint64_t>(data, 8),
                          .points = little_endian::read<std::uint16_t>(data, 16)};
    if (fee.points > whole) return bad("a transfer fee of " + std::to_string(fee.points) + " basis points");
    return fee;
}

/// What the extensions say about transfers.
std::optional<Rejection> extend(MintState& mint, const Extensions& extensions) {
    const auto fee = extensions.find(ExtensionType::transfer_fee_config, 108);
    const auto state = extensions.find(ExtensionType::default_account_state, 1);
    const auto delegate = extensions.find(ExtensionType::permanent_delegate, 32);
    const auto hook = extensions.find(ExtensionType::transfer_hook, 64);
    const auto pause = extensions.find(ExtensionType::pausable, 33);
    for (const auto* found : {&fee, &state, &delegate, &hook, &pause}) {
        if (!*found) return found->error();
    }
    if (const View config = fee.value(); !config.empty()) {
        // Two authorities and what was withheld, then the two fees.
        const auto older = read_fee(config.subspan(72, 18));
        const auto newer = read_fee(config.subspan(90, 18));
        if (!older) return older.error();
        if (!newer) return newer.error();
        mint.older_fee = older.value();
        mint.newer_fee = newer.value();
    }
    if (const View byte = state.value(); !byte.empty()) {
        if (byte[0] > frozen) return bad("a default account state of " + std::to_string(byte[0]));
        mint.starts_frozen = byte[0] == frozen;
    }
    mint.has_permanent_delegate = !is_zero(delegate.value());
    // The authority may set a program later; until then nothing is called.
    if (const View keys = hook.value(); !keys.empty()) mint.has_transfer_hook = !is_zero(keys.subspan(32));
    if (const View config = pause.value(); !config.empty()) mint.is_paused = config[32] != 0;
    mint.is_non_transferable = extensions.has(ExtensionType::non_transferable);
    return std::nullopt;
}

const TransferFee* fee_in(const MintState& mint, std::uint64_t epoch) {
    if (mint.newer_fee && epoch >= mint.newer_fee->epoch) return &*mint.newer_fee;
    return mint.older_fee ? &*mint.older_fee : nullptr;
}

}  // namespace

std::uint64_t MintState::transfer_fee(std::uint64_t amount, std::uint64_t epoch) const {
    const TransferFee* fee = fee_in(*this, epoch);
    if (fee == nullptr) return 0;
    const Wide raw = (Wide(amount) * std::min(fee->points, whole) + whole - 1) / whole;
    return std::min(static_cast<std::uint64_t>(raw), fee->most);  // raw is at most the amount
}

std::optional<std::uint64_t> MintState::amount_that_delivers(std::uint64_t net, std::uint64_t epoch) const {
    const TransferFee* fee = fee_in(*this, epoch);
    if (fee == nullptr || fee->points == 0 || net == 0) return net;
    // What arrives of an amount is the larger of floor(amount * kept / whole) and amount - most, both of
    // which grow by one or nothing when the amount grows by one. So the least amount that delivers `net` or
    // more delivers `net` itself, and it is the lesser of the least ones for each.
    Wide least = Wide(net) + fee->most;
    if (fee->points < whole) {
        const Wide kept = whole - fee->points;
        least = std::min(least, (Wide(net) * whole + kept - 1) / kept);
    }
    if (least > UINT64_MAX) return std::nullopt;
    return static_cast<std::uint64_t>(least);
}

Result<TokenAccountState> read_token_account(const AccountState& account) {
    if (const auto trouble = trouble_with(account, account_size, "token account")) return *trouble;
    const View data = account.data;
    const auto extensions = Extensions::read(data, account_size, TokenHolder::account);
    if (!extensions) return extensions.error();
    const std::uint8_t state = data[108];
    if (state != initialized && state != frozen)
        return bad("a token account in state " + std::to_string(state));
    // Delegate, native reserve and close authority.
    if (!is_option(data, 72) || !is_option(data, 109) || !is_option(data, 129))
        return bad("a token account with an option that is neither there nor absent");
    const auto memo = extensions.value().find(ExtensionType::memo_transfer, 1);
    if (!memo) return memo.error();
    const auto guard = extensions.value().find(ExtensionType::cpi_guard, 1);
    if (!guard) return guard.error();
    return TokenAccountState{.token_program = account.owner,
                             .mint = little_endian::read_key(data, 0),
                             .owner = little_endian::read_key(data, 32),
                             .amount = little_endian::read<std::uint64_t>(data, 64),
                             .frozen = state == frozen,
                             .wants_memo = !is_zero(memo.value()),
                             .refuses_cpi = !is_zero(guard.value())};
}

Result<MintState> read_mint(const AccountState& account) {
    if (const auto trouble = trouble_with(account, mint_size, "mint")) return *trouble;
    const View data = account.data;
    const auto extensions = Extensions::read(data, mint_size, TokenHolder::mint);
    if (!extensions) return extensions.error();
    if (data[45] != initialized) return bad("a mint in state " + std::to_string(data[45]));
    if (!is_option(data, 0) || !is_option(data, 46))
        return bad("a mint with an authority that is neither there nor absent");
    MintState mint;
    mint.token_program = account.owner;
    mint.supply = little_endian::read<std::uint64_t>(data, 36);
    mint.decimals = data[44];
    mint.mint_authority = option_key(data, 0);
    mint.freeze_authority = option_key(data, 46);
    if (const auto trouble = extend(mint, extensions.value())) return *trouble;
    return mint;
}

}  // namespace libexec
