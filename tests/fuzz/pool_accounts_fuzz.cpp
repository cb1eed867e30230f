// The accounts of a pool as the chain might show them: the first byte picks the family, then each account
// that the family asks for is a byte for its owner, its size in two bytes, and its bytes. Whatever they say,
// the pool opens or refuses, and answers or refuses.

#include <algorithm>

#include "fuzz/fuzz_target.hpp"
#include "libexec/solana/well_known.hpp"
#include "libexec/venues/pools/pool.hpp"

using namespace libexec;
using fuzz::require;

namespace {

constexpr std::size_t accounts_most = 32;

class Reader {
public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}

    bool is_at_end() const { return bytes_.empty(); }
    std::uint8_t byte() {
        if (bytes_.empty()) return 0;
        const auto value = static_cast<std::uint8_t>(bytes_.front());
        bytes_.remove_prefix(1);
        return value;
    }
    Bytes take(std::size_t size) {
        const std::string_view taken = bytes_.substr(0, size);
        bytes_.remove_prefix(taken.size());
        return Bytes(taken.begin(), taken.end());
    }

private:
    std::string_view bytes_;
};

/// Nothing where the chain has no such account.
std::optional<AccountState> next_account(Reader& reader, const PublicKey& program) {
    const PublicKey owners[] = {program, well_known::token_program, well_known::token_2022_program,
                                well_known::system_program};
    const std::uint8_t owner = reader.byte();
    if (owner >= std::size(owners)) return std::nullopt;
    AccountState account;
    account.owner = owners[owner];
    const std::size_t low = reader.byte();
    account.data = reader.take(low | std::size_t{reader.byte()} << 8);
    return account;
}

/// Everything the family asks for until it names nothing new.
AccountStates gather(const PoolFamily& family, const PublicKey& pool, Reader& reader) {
    AccountStates known;
    std::vector<PublicKey> asked;
    while (asked.size() < accounts_most) {
        const auto wanted = family.wanted(pool, known);
        if (!wanted) {
            require(wanted.error().reason == Reason::bad_account, "only bad bytes keep a pool from wanting");
            break;
        }
        const std::size_t before = asked.size();
        for (const PublicKey& key : wanted.value()) {
            if (std::find(asked.begin(), asked.end(), key) != asked.end()) continue;
            asked.push_back(key);
            if (auto account = next_account(reader, family.program())) known[key] = std::move(*account);
        }
        if (asked.size() == before) break;
    }
    return known;
}

void check_refusal(const Rejection& why) {
    require(why.reason != Reason::internal, "a refusal is the pool's");
    require(!why.detail.empty(), "a refusal says why");
}

void trade(const Pool& pool, const PublicKey& in, const PublicKey& out, std::uint64_t amount,
           const ChainClock& clock) {
    const auto sold = pool.sell(in, amount, clock);
    if (sold) {
        require(sold.value().amount_in <= amount, "no more is taken than was given");
        require(sold.value().fee_mint != in || sold.value().fee <= sold.value().amount_in,
                "a fee on the input is a part of it");
        require(sold.value().fee_mint == in || sold.value().fee_mint == out,
                "a fee is of a token of the pool");
        require(sold.value().price_impact_bps <= 10'000, "an impact is at most all of it");
        const auto again = pool.sell(in, amount, clock);
        require(again && again.value().amount_out == sold.value().amount_out, "asking changes nothing");
    } else {
        check_refusal(sold.error());
    }
    const auto bought = pool.buy(out, amount, clock);
    if (!bought) return check_refusal(bought.error());
    require(bought.value().amount_out == amount, "what is bought is what was wanted");
    const auto back = pool.sell(in, bought.value().amount_in, clock);
    if (back && back.value().amount_in == bought.value().amount_in)
        require(back.value().amount_out >= amount, "what it costs is enough");
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = fuzz::text_of(data, size);
    Reader reader(bytes);
    const auto& families = pool_families();
    const PoolFamily& family = *families[reader.byte() % families.size()];
    PublicKey::Bytes address{};
    address.fill(7);
    const PublicKey key(address);
    const AccountStates known = gather(family, key, reader);
    const auto pool = family.open(key, known);
    if (!pool) {
        check_refusal(pool.error());
        const Reason why = pool.error().reason;
        require(why == Reason::bad_account || why == Reason::unsupported_token, "a pool that does not open");
        return 0;
    }
    const PublicKey a = pool.value()->mint_a();
    const PublicKey b = pool.value()->mint_b();
    ChainClock clock;
    clock.slot = 1;
    clock.unix_timestamp = 1'800'000'000;
    clock.epoch = fuzz::drawn_from(bytes, 0) % 3;
    for (std::uint64_t i = 1; i <= 3; ++i) {
        const std::uint64_t amount = fuzz::drawn_from(bytes, i) >> fuzz::drawn_from(bytes, i + 10) % 64;
        trade(*pool.value(), a, b, amount, clock);
        trade(*pool.value(), b, a, amount, clock);
    }
    PoolSwap swap;
    swap.mint_in = a;
    const auto made = pool.value()->swap(swap, clock);
    if (made) require(made.value().program == family.program(), "a swap is the family's");
    if (!made) check_refusal(made.error());
    return 0;
}
