#include "extensions.hpp"

#include <algorithm>
#include <array>

#include "little_endian.hpp"

namespace libexec {
namespace {

constexpr std::size_t account_size = 165;  // a mint is filled up to it, so that the type byte is in one place
constexpr std::size_t multisig_size = 355;
constexpr std::size_t head_size = 4;  // type and length, u16 each

constexpr TokenHolder mint = TokenHolder::mint;
constexpr TokenHolder account = TokenHolder::account;

// Whose each extension is, by its number less one: 1 transfer fee, 2 its withheld amount, 3 close authority,
// 4 and 5 confidential transfers, 6 default state, 7 immutable owner, 8 memo, 9 non-transferable, 10
// interest, 11 cpi guard, 12 permanent delegate, 13 non-transferable account, 14 and 15 hook, 16 and 17
// confidential fee, 18 and 19 metadata, 20 to 23 groups, 24 confidential supply, 25 scaled amount, 26 and 27
// pause, 28 burn permission.
constexpr std::array holders{mint,    account, mint,    mint, account, mint, account, account, mint, mint,
                             account, mint,    account, mint, account, mint, account, mint,    mint, mint,
                             mint,    mint,    mint,    mint, mint,    mint, account, mint};

Rejection bad(std::string what) { return reject(Reason::bad_account, std::move(what)); }

Rejection bad_extension(std::uint16_t type, const std::string& what) {
    return bad("token extension " + std::to_string(type) + " " + what);
}

}  // namespace

Result<Extensions> Extensions::read(std::span<const std::uint8_t> data, std::size_t base_size,
                                    TokenHolder holder) {
    Extensions found;
    if (data.size() == base_size) return found;
    // The program itself tells a multisig by its size alone, and takes no account without a first byte to
    // extend by.
    if (data.size() == multisig_size) return bad("355 bytes are a multisig's, not a mint's or an account's");
    if (data.size() <= account_size + 1)
        return bad(std::to_string(data.size()) + " bytes are no mint or token account");
    const auto padding = data.subspan(base_size, account_size - base_size);
    if (std::any_of(padding.begin(), padding.end(), [](std::uint8_t byte) { return byte != 0; }))
        return bad("bytes between a mint and its extensions are not zero");
    const std::uint8_t kind = data[account_size];
    if (kind != static_cast<std::uint8_t>(holder))
        return bad("the type byte says " + std::to_string(kind) + ", not " +
                   std::to_string(static_cast<unsigned>(holder)) +
                   (holder == TokenHolder::mint ? " (mint)" : " (token account)"));

    auto rest = data.subspan(account_size + 1);
    while (rest.size() >= sizeof(std::uint16_t)) {  // a single byte is what a change of size left behind
        const auto type = little_endian::read<std::uint16_t>(rest, 0);
        if (type == 0) break;  // the rest is room for more
        if (type > holders.size()) return bad_extension(type, "is unknown");
        if (holders[type - 1u] != holder) return bad_extension(type, "is not one of this kind of account");
        if (rest.size() < head_size) return bad_extension(type, "has no length");
        const auto length = little_endian::read<std::uint16_t>(rest, 2);
        if (rest.size() - head_size < length) return bad_extension(type, "is longer than the account");
        found.entries_.push_back({type, rest.subspan(head_size, length)});
        rest = rest.subspan(head_size + length);
    }
    return found;
}

Result<std::span<const std::uint8_t>> Extensions::find(ExtensionType type, std::size_t size_bytes) const {
    for (const Entry& entry : entries_) {  // the first one counts, as for the program
        if (entry.type != static_cast<std::uint16_t>(type)) continue;
        if (entry.value.size() != size_bytes)
            return bad_extension(entry.type, "has " + std::to_string(entry.value.size()) + " bytes, not " +
                                                 std::to_string(size_bytes));
        return entry.value;
    }
    return std::span<const std::uint8_t>();
}

bool Extensions::has(ExtensionType type) const {
    return std::any_of(entries_.begin(), entries_.end(),
                       [type](const Entry& entry) { return entry.type == static_cast<std::uint16_t>(type); });
}

}  // namespace libexec
