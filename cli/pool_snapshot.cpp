#include "pool_snapshot.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <ostream>

#include "libexec/json/value.hpp"

namespace libexec::cli {
namespace {

constexpr std::uint64_t slots_per_epoch = 432'000;
constexpr std::size_t absent_shown = 8;

// A slot of mainnet and its time. Since then one has taken 0.4 s, within a few hundredths.
constexpr std::uint64_t known_slot = 449'280'000;
constexpr std::int64_t known_time = 1'790'000'000;

const std::string save_it = "`solana account ADDRESS --output json --output-file FILE` saves one";

[[noreturn]] void refuse_absent(std::string what, std::string next) {
    Complaint complaint = usage_complaint(std::move(what), std::move(next));
    complaint.exit = ExitCode::not_found;
    complaint.code = "not_found";
    throw Trouble(complaint);
}

SavedAccounts read_folder(const std::string& folder) {
    Result<SavedAccounts> snapshot = read_saved_accounts(folder);
    if (snapshot) return std::move(snapshot).value();
    const std::string next = "give --accounts a folder of the pool's account files alone; " + save_it;
    if (snapshot.error().reason == Reason::not_found) refuse_absent(snapshot.error().detail, next);
    refuse(snapshot.error().detail, next);
}

std::vector<PublicKey> absent_of(const PoolFamily& family, const PublicKey& pool,
                                 const AccountStates& accounts) {
    std::vector<PublicKey> absent;
    const auto wanted = family.wanted(pool, accounts);
    if (!wanted) return absent;  // the pool's own bytes are bad, which `open` says
    for (const PublicKey& key : wanted.value()) {
        if (!accounts.contains(key) && std::find(absent.begin(), absent.end(), key) == absent.end())
            absent.push_back(key);
    }
    return absent;
}

std::string with_absent(const Rejection& why, const std::vector<PublicKey>& absent) {
    std::string list;
    std::size_t count = 0;
    for (const PublicKey& key : absent) {
        const std::string address = key.to_string();
        if (why.detail.find(address) != std::string::npos) continue;
        if (++count <= absent_shown) list += (list.empty() ? "" : ", ") + address;
    }
    if (count == 0) return why.detail;
    if (count > absent_shown) list += " and " + std::to_string(count - absent_shown) + " more";
    return why.detail + "; the snapshot does not have " + list + ", which the pool reads where they exist";
}

Result<SavedPool> open_pool(const PublicKey& address, const AccountStates& accounts) {
    const AccountState& account = accounts.at(address);
    SavedPool saved;
    saved.family = family_of(account);
    if (saved.family == nullptr) {
        std::string known;
        for (const PoolFamily* one : pool_families())
            known += (known.empty() ? "" : ", ") + std::string(one->name());
        return reject(Reason::bad_account, "the account " + address.to_string() + " belongs to " +
                                               account.owner.to_string() +
                                               ", which owns no kind of pool that is known: " + known);
    }
    saved.absent = absent_of(*saved.family, address, accounts);
    Result<std::unique_ptr<Pool>> opened = saved.family->open(address, accounts);
    if (!opened) return reject(opened.error().reason, with_absent(opened.error(), saved.absent));
    saved.pool = std::move(opened).value();
    return saved;
}

}  // namespace

PoolSnapshot::PoolSnapshot(std::string folder)
    : folder_(std::move(folder)), snapshot_(read_folder(folder_)) {}

const Result<SavedPool>& PoolSnapshot::pool(const PublicKey& address) {
    const auto known = pools_.find(address);
    if (known != pools_.end()) return known->second;
    if (!snapshot_.accounts().contains(address))
        refuse_absent("the pool " + address.to_string() + " is none of the " +
                          std::to_string(snapshot_.accounts().size()) + " accounts in '" + folder_ + "'",
                      "save it there too; " + save_it);
    return pools_.emplace(address, open_pool(address, snapshot_.accounts())).first->second;
}

ChainClock AskedClock::resolve(const SavedAccounts& snapshot, Time now, bool& guessed) const {
    const auto& saved = snapshot.clock();
    const std::optional<std::uint64_t> saved_slot = snapshot.slot();
    ChainClock clock;
    if (unix_timestamp) {
        clock.unix_timestamp = static_cast<std::int64_t>(*unix_timestamp);
    } else if (saved) {
        clock.unix_timestamp = saved->unix_timestamp;
    } else {
        guessed = true;
        clock.unix_timestamp =
            std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    }
    if (slot) {
        clock.slot = *slot;
    } else if (saved_slot) {
        clock.slot = *saved_slot;
    } else {
        guessed = true;
        // Two and a half slots a second; bounded, so that no time overflows.
        constexpr std::int64_t most = 1'000'000'000'000;
        const std::int64_t since = std::clamp(clock.unix_timestamp - known_time, -most, most);
        const std::int64_t at = static_cast<std::int64_t>(known_slot) + since * 5 / 2;
        clock.slot = static_cast<std::uint64_t>(std::max<std::int64_t>(at, 0));
    }
    if (epoch) {
        clock.epoch = *epoch;
    } else if (saved && !slot) {
        clock.epoch = saved->epoch;
    } else {
        clock.epoch = clock.slot / slots_per_epoch;
    }
    return clock;
}

std::vector<OptionSpec> clock_option_specs() {
    return {{"--slot", "S", "The slot of the chain's clock", "the snapshot's"},
            {"--unix-timestamp", "T", "The time of the chain's clock, in seconds", "the snapshot's"},
            {"--epoch", "E", "The epoch of the chain's clock", "the snapshot's, or --slot / 432000"}};
}

AskedClock read_clock_options(const Arguments& arguments) {
    constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();
    constexpr auto seconds_most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return {arguments.whole("slot", 0, any), arguments.whole("unix-timestamp", 0, seconds_most),
            arguments.whole("epoch", 0, any)};
}

void tell_guessed_clock(const Context& context, const ChainClock& clock) {
    if (context.options.quiet) return;
    context.console.err << "note: the snapshot has no clock: slot " << clock.slot << ", time "
                        << clock.unix_timestamp << " and epoch " << clock.epoch
                        << " are this machine's guess; say --slot, --unix-timestamp and --epoch\n";
}

std::vector<OptionSpec> pool_option_specs() {
    return {{"--accounts", "DIR", "The folder of account files", "", false, Completes::file},
            {"--pool", "ADDRESS", "The pool"},
            {"--in", "MINT", "The token that is given: one of the pool's two mints"}};
}

std::string needed(const Arguments& arguments, std::string_view name, std::string_view example) {
    if (!arguments.has(name))
        refuse("--" + std::string(name) + " is missing",
               "write --" + std::string(name) + " " + std::string(example));
    return arguments.text(name);
}

PublicKey address_of(const std::string& what, const std::string& text) {
    const auto key = PublicKey::parse(text);
    if (!key) refuse(what + " '" + text + "' is no address", "write the base58 of its 32 bytes");
    return *key;
}

std::uint64_t base_units_of(const std::string& what, const std::string& text) {
    std::uint64_t units = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, units);
    if (error == std::errc::result_out_of_range && stop == end)
        refuse(what + " '" + text + "' is more than a token can have", "write at most 18446744073709551615");
    if (error != std::errc{} || stop != end)
        refuse(what + " '" + text + "' is no whole number of base units",
               "write digits alone: 1.5 SOL, which has 9 decimals, is 1500000000");
    return units;
}

void check_mint(const SavedPool& pool, const std::string& what, const PublicKey& mint) {
    const Pool& opened = *pool.pool;
    if (mint == opened.mint_a() || mint == opened.mint_b()) return;
    refuse(what + " '" + mint.to_string() + "' is no token of this pool",
           "write " + opened.mint_a().to_string() + " or " + opened.mint_b().to_string());
}

Complaint pool_refusal(const Rejection& why, const std::vector<PublicKey>& absent) {
    const std::string detail =
        why.reason == Reason::insufficient_liquidity ? with_absent(why, absent) : why.detail;
    Complaint complaint =
        usage_complaint("the pool refuses (" + std::string(to_string(why.reason)) + "): " + detail,
                        "ask for another amount or at another time, or save the pool anew");
    complaint.exit = ExitCode::order_failed;
    complaint.code = to_string(why.reason);
    complaint.repeat = "safe, with the same end";
    complaint.problem = "{\"error\":{\"code\":" + to_json_string(complaint.code) +
                        ",\"detail\":" + to_json_string(detail) + "}}";
    return complaint;
}

}  // namespace libexec::cli
