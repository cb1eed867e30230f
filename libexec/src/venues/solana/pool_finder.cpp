#include "libexec/venues/solana/pool_finder.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "libexec/model/money.hpp"
#include "libexec/solana/token_state.hpp"

namespace libexec {
namespace {

/// What one call for accounts takes.
constexpr std::size_t vaults_of_one_read = 100;
constexpr std::size_t key_bytes = 32;

using Keys = std::array<PublicKey, 2>;
using Holdings = std::array<std::uint64_t, 2>;

/// The keys of both vaults, of an account's bytes from `data_at` on. Nothing when they are not among them.
std::optional<Keys> vaults_in(const PoolLayout& layout, const Bytes& data, std::size_t data_at) {
    Keys vaults;
    for (std::size_t i = 0; i < 2; ++i) {
        if (layout.vaults[i] < data_at || layout.vaults[i] - data_at + key_bytes > data.size())
            return std::nullopt;
        PublicKey::Bytes bytes{};
        const auto from = data.begin() + static_cast<std::ptrdiff_t>(layout.vaults[i] - data_at);
        std::copy_n(from, key_bytes, bytes.begin());
        vaults[i] = PublicKey(bytes);
    }
    return vaults;
}

/// What of the pair's tokens these vaults hold, whichever is whose.
Holdings held_in(const Keys& vaults, const MintPair& pair, const AccountStates& accounts) {
    Holdings held{};
    for (const PublicKey& vault : vaults) {
        const auto account = accounts.find(vault);
        if (account == accounts.end()) continue;
        const Result<TokenAccountState> read = read_token_account(account->second);
        if (!read) continue;
        if (read.value().mint == pair.a) held[0] = read.value().amount;
        if (read.value().mint == pair.b) held[1] = read.value().amount;
    }
    return held;
}

Bytes bytes_of(const PublicKey& key) { return Bytes(key.bytes().begin(), key.bytes().end()); }

AccountSearch search_of(const PoolFamily& family, const PublicKey& first, const PublicKey& second) {
    const PoolLayout& layout = family.layout();
    AccountSearch search(family.program(), layout.size_bytes);
    const std::string_view name = layout.discriminator;
    if (!name.empty()) search.having.push_back(BytesAt{0, Bytes(name.begin(), name.end())});
    search.having.push_back(BytesAt{layout.mints[0], bytes_of(first)});
    search.having.push_back(BytesAt{layout.mints[1], bytes_of(second)});
    const auto [low, high] = std::minmax(layout.vaults[0], layout.vaults[1]);
    search.slice_at = low;
    search.slice_bytes = high - low + key_bytes;
    return search;
}

bool is_before(const FoundPool& one, const FoundPool& other) {
    if (holds_more(one.held, other.held)) return true;
    return !holds_more(other.held, one.held) && one.address < other.address;
}

}  // namespace

Holdings holdings_of(const PoolFamily& family, const MintPair& pair, const PublicKey& pool,
                     const AccountStates& accounts) {
    const auto account = accounts.find(pool);
    if (account == accounts.end()) return {};
    const auto vaults = vaults_in(family.layout(), account->second.data, 0);
    return vaults ? held_in(*vaults, pair, accounts) : Holdings{};
}

bool holds_more(const Holdings& a, const Holdings& b) {
    const Wide product_a = Wide(a[0]) * a[1];
    const Wide product_b = Wide(b[0]) * b[1];
    if (product_a != product_b) return product_a > product_b;
    return Wide(a[0]) + a[1] > Wide(b[0]) + b[1];
}

Task<Result<FoundPools>> PoolFinder::find(const PoolFamily& family, MintPair pair) {
    const PoolLayout layout = family.layout();
    const std::size_t slice_at = std::min(layout.vaults[0], layout.vaults[1]);
    FoundPools found;
    const std::size_t turns = layout.sorts_mints ? 1 : 2;
    std::vector<std::vector<std::pair<PublicKey, Keys>>> named_in(turns);
    for (std::size_t turn = 0; turn < turns; ++turn) {
        AccountSearch search =
            turn == 0 ? search_of(family, pair.a, pair.b) : search_of(family, pair.b, pair.a);
        const Result<AccountsAtSlot> said = co_await reader_.search(std::move(search));
        if (!said) co_return said.error();
        found.slot = said.value().slot;
        found.named += said.value().accounts.size();
        for (const auto& [address, account] : said.value().accounts) {
            const auto vaults = vaults_in(layout, account.data, slice_at);
            if (vaults && named_in[turn].size() < weighed_most) named_in[turn].emplace_back(address, *vaults);
        }
    }
    // Whoever makes many pools one way round does not hide those of the other way: each has half, and what
    // the other leaves of its half.
    std::map<PublicKey, Keys> vaults_of;
    for (std::size_t turn = 0; turn < turns; ++turn) {
        const std::size_t others = turns == 1 ? 0 : named_in[1 - turn].size();
        const std::size_t share =
            std::max(weighed_most / turns, weighed_most - std::min(weighed_most, others));
        named_in[turn].resize(std::min(named_in[turn].size(), share));
        vaults_of.insert(named_in[turn].begin(), named_in[turn].end());
    }

    AccountStates holdings;
    std::vector<PublicKey> asked;
    std::size_t left = vaults_of.size();
    for (const auto& [address, vaults] : vaults_of) {
        asked.insert(asked.end(), vaults.begin(), vaults.end());
        --left;
        if (asked.size() + vaults.size() <= vaults_of_one_read && left > 0) continue;
        std::vector<PublicKey> some = std::exchange(asked, {});
        Result<AccountsAtSlot> said = co_await reader_.accounts(std::move(some), 0);
        if (!said) co_return said.error();
        AccountsAtSlot read = std::move(said).value();
        holdings.merge(read.accounts);
    }
    for (const auto& [address, vaults] : vaults_of) {
        const Holdings held = held_in(vaults, pair, holdings);
        if (held[0] != 0 || held[1] != 0) found.pools.push_back(FoundPool{address, held});
    }
    std::sort(found.pools.begin(), found.pools.end(), is_before);
    co_return found;
}

}  // namespace libexec
