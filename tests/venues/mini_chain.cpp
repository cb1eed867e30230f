#include "mini_chain.hpp"

#include <algorithm>
#include <stdexcept>

#include "libexec/solana/address.hpp"
#include "libexec/solana/instructions.hpp"
#include "libexec/solana/token_state.hpp"
#include "libexec/venues/pools/pool.hpp"
#include "synthetic_pools.hpp"

namespace libexec::test {
namespace {

constexpr PublicKey cpmm_program = "CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C"_key;
constexpr PublicKey sysvar_owner = "Sysvar1111111111111111111111111111111111111"_key;
constexpr std::uint64_t never = ~std::uint64_t{0};

/// What the chain says of a transaction that broke a rule.
struct Failed {
    Reason reason;
    std::string line;  ///< of the log
};

std::uint64_t number(const Bytes& data, std::size_t at, std::size_t size = 8) {
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8 | data.at(at + i);
    return value;
}

void put(Bytes& data, std::size_t at, std::uint64_t value) {
    for (std::size_t i = 0; i < 8; ++i) data.at(at + i) = static_cast<std::uint8_t>(value >> 8 * i);
}

bool is_native(const Bytes& data) { return data.size() >= 165 && data[109] == 1; }

/// One transaction being run.
class Run {
public:
    Run(AccountStates& world, const Message& message, const MiniChain& chain)
        : world_(world), message_(message), chain_(chain) {}

    void all() {
        const std::vector<Instruction> instructions = instructions_of(message_).value();
        std::uint64_t units = 200'000 * instructions.size();
        std::uint64_t price = 0;
        for (const Instruction& instruction : instructions) {
            if (instruction.program != well_known::compute_budget_program) continue;
            if (instruction.data.at(0) == 2) units = number(instruction.data, 1, 4);
            if (instruction.data.at(0) == 3) price = number(instruction.data, 1);
        }
        if (units > 1'400'000) throw std::logic_error("more compute than the chain gives");
        const PublicKey& payer = message_.keys.front();
        take(payer, message_.signers * 5'000ull + (units * price + 999'999) / 1'000'000);
        for (const Instruction& instruction : instructions) one(instruction);
        const std::uint64_t left = world_[payer].lamports;
        if (left > 0 && left < MiniChain::rent(0))
            throw Failed{Reason::chain_rejected, "InsufficientFundsForRent"};
    }

private:
    void one(const Instruction& instruction) {
        instruction_ = &instruction;
        if (instruction.program == well_known::compute_budget_program ||
            instruction.program == well_known::memo_program)
            return;
        if (instruction.program == well_known::system_program) return transfer();
        if (instruction.program == well_known::associated_token_program) return create();
        if (instruction.program == cpmm_program) return swap();
        if (instruction.program != well_known::token_program &&
            instruction.program != well_known::token_2022_program)
            throw std::logic_error("a program that nobody knows");
        switch (instruction.data.at(0)) {
            case 9:
                return close();
            case 12:
                return transfer_checked();
            case 17:
                return sync();
            default:
                throw std::logic_error("an instruction that nobody knows");
        }
    }

    const AccountMeta& meta(std::size_t i) const { return instruction_->accounts.at(i); }
    const PublicKey& key(std::size_t i) const { return meta(i).key; }
    const PublicKey& written(std::size_t i) const {
        if (!meta(i).writable) throw std::logic_error("an account that is written is not said to be");
        return key(i);
    }
    const PublicKey& signer(std::size_t i) const {
        if (!meta(i).signer) throw std::logic_error("somebody has to sign and is not said to");
        return key(i);
    }

    void take(const PublicKey& from, std::uint64_t lamports) {
        AccountState& account = world_[from];
        if (account.lamports < lamports)
            throw Failed{Reason::chain_rejected, "Transfer: insufficient lamports " +
                                                     std::to_string(account.lamports) + ", need " +
                                                     std::to_string(lamports)};
        account.lamports -= lamports;
    }

    void transfer() {
        const std::uint64_t lamports = number(instruction_->data, 4);
        signer(0);
        take(written(0), lamports);
        world_[written(1)].lamports += lamports;
    }

    void create() {
        const PublicKey& at = written(1);
        if (at != associated_token_address(key(2), key(5), key(3)))
            throw std::logic_error("the address of the token account is not derived from its owner");
        AccountState& account = world_[at];
        if (!account.data.empty()) return;
        const std::size_t size = key(5) == well_known::token_program ? 165 : 170;
        const std::uint64_t missing =
            MiniChain::rent(size) - std::min(account.lamports, MiniChain::rent(size));
        signer(0);
        take(written(0), missing);
        AccountState& made = world_[at];
        made.lamports += missing;
        made.owner = key(5);
        made.data.assign(size, 0);
        std::copy(key(3).bytes().begin(), key(3).bytes().end(), made.data.begin());
        std::copy(key(2).bytes().begin(), key(2).bytes().end(), made.data.begin() + 32);
        made.data[108] = 1;
        if (size > 165) {
            made.data[165] = 2;  // a token account, with an owner that stays
            made.data[166] = 7;
        }
        if (key(3) == well_known::wrapped_sol) {
            made.data[109] = 1;
            put(made.data, 113, MiniChain::rent(size));
            put(made.data, 64, made.lamports - MiniChain::rent(size));
        }
    }

    Bytes& token_account(const PublicKey& at) {
        const auto found = world_.find(at);
        if (found == world_.end() || found->second.data.size() < 165)
            throw Failed{Reason::chain_rejected, "Program log: Error: InvalidAccountData"};
        return found->second.data;
    }

    void sync() {
        Bytes& data = token_account(written(0));
        put(data, 64, world_[key(0)].lamports - number(data, 113));
    }

    void close() {
        const Bytes& data = token_account(written(0));
        if (!is_native(data) && number(data, 64) != 0)
            throw Failed{Reason::chain_rejected, "Program log: Error: NonNativeHasBalance"};
        check_owner(key(0), signer(2));
        world_[written(1)].lamports += world_[key(0)].lamports;
        world_.erase(key(0));
    }

    void check_owner(const PublicKey& account, const PublicKey& owner) {
        if (read_token_account(world_.at(account)).value().owner != owner)
            throw Failed{Reason::chain_rejected, "Program log: Error: owner does not match"};
    }

    void move(const PublicKey& from, const PublicKey& to, std::uint64_t sent, std::uint64_t arrives) {
        Bytes& source = token_account(from);
        if (number(source, 64) < sent)
            throw Failed{Reason::chain_rejected, "Program log: Error: insufficient funds"};
        put(source, 64, number(source, 64) - sent);
        if (is_native(source)) world_[from].lamports -= sent;
        Bytes& target = token_account(to);
        put(target, 64, number(target, 64) + arrives);
        if (is_native(target)) world_[to].lamports += arrives;
    }

    void transfer_checked() {
        const std::uint64_t amount = number(instruction_->data, 1);
        const MintState mint = read_mint(world_.at(key(1))).value();
        if (mint.decimals != instruction_->data.at(9))
            throw Failed{Reason::chain_rejected, "Program log: Error: MintDecimalsMismatch"};
        for (const std::size_t at : {std::size_t{0}, std::size_t{2}}) {
            token_account(written(at));
            if (read_token_account(world_.at(key(at))).value().mint != key(1))
                throw Failed{Reason::chain_rejected, "Program log: Error: MintMismatch"};
        }
        check_owner(key(0), signer(3));
        move(key(0), key(2), amount, amount - mint.transfer_fee(amount, chain_.epoch));
    }

    /// user, authority, config, pool, user in, user out, vault in, vault out, programs, mints, observation
    void swap() {
        const std::uint64_t amount = number(instruction_->data, 8);
        const std::uint64_t least = number(instruction_->data, 16);
        const PublicKey& pool_key = written(3);
        const auto pool = family_of(world_.at(pool_key))->open(pool_key, world_);
        if (!pool) throw std::logic_error(pool.error().detail);
        const auto trade = pool.value()->sell(key(10), amount, chain_.clock());
        if (!trade)
            throw Failed{Reason::chain_rejected, "Program log: AnchorError. Error Code: ZeroTradingTokens"};
        const std::uint64_t out = trade.value().amount_out + static_cast<std::uint64_t>(chain_.pays_more);
        const std::uint64_t in = amount + static_cast<std::uint64_t>(chain_.takes_more);
        if (out < least)
            throw Failed{Reason::chain_rejected,
                         "Program log: AnchorError thrown in swap.rs. Error Code: ExceededSlippage. Error "
                         "Number: 6005."};
        check_owner(written(4), signer(0));
        const MintState mint_in = read_mint(world_.at(key(10))).value();
        move(key(4), written(6), in, in - mint_in.transfer_fee(in, chain_.epoch));
        // What leaves the vault is more than what arrives, by the fee of the token.
        const MintState mint_out = read_mint(world_.at(key(11))).value();
        move(written(7), written(5), mint_out.amount_that_delivers(out, chain_.epoch).value(), out);
    }

    AccountStates& world_;
    const Message& message_;
    const MiniChain& chain_;
    const Instruction* instruction_ = nullptr;
};

}  // namespace

MiniChain::MiniChain(SimTime& time) : time_(time) { state[well_known::wrapped_sol] = mint_account(9); }

AccountState mint_account(std::uint8_t decimals, const PublicKey& program) {
    AccountWriter out(82);
    out.number(36, never, 8).number(44, decimals, 1).number(45, 1, 1);
    return out.owned_by(program);
}

AccountState MiniChain::clock_account() const {
    AccountWriter out(40);
    out.number(0, slot, 8).number(16, epoch, 8);
    out.number(32, static_cast<std::uint64_t>(unix_timestamp), 8);
    return out.owned_by(sysvar_owner);
}

Task<Result<AccountsAtSlot>> MiniChain::accounts(std::vector<PublicKey> addresses, std::uint64_t least_slot) {
    if (latency.count() > 0) co_await time_.sleep_for(latency);
    reads.push_back(addresses);
    least_slots.push_back(least_slot);
    if (reads_fail) co_return *reads_fail;
    const std::optional<Rejection> trouble = before_read(addresses);
    if (trouble) co_return *trouble;
    if (slot < least_slot) throw std::logic_error("a slot that is not there yet");
    AccountsAtSlot seen;
    seen.slot = slot;
    for (const PublicKey& address : addresses) {
        const auto found = state.find(address);
        if (found != state.end()) seen.accounts.insert(*found);
    }
    const bool wants_clock =
        std::find(addresses.begin(), addresses.end(), well_known::clock_sysvar) != addresses.end();
    // A test may put a broken one there.
    if (wants_clock) seen.accounts.emplace(well_known::clock_sysvar, clock_account());
    co_return seen;
}

Task<Result<AccountsAtSlot>> MiniChain::search(AccountSearch search) {
    if (latency.count() > 0) co_await time_.sleep_for(latency);
    searches.push_back(search);
    if (search.having.size() > 3 || search.slice_bytes == 0)
        throw std::logic_error("no node takes such a search");
    const std::optional<Rejection> failure = searches_fail(search.program);
    if (failure) co_return *failure;
    AccountsAtSlot found;
    found.slot = slot;
    for (const auto& [key, account] : state) {
        const Bytes& data = account.data;
        const auto has = [&data](const BytesAt& part) {
            return part.at + part.bytes.size() <= data.size() &&
                   std::equal(part.bytes.begin(), part.bytes.end(),
                              data.begin() + static_cast<std::ptrdiff_t>(part.at));
        };
        if (account.owner != search.program || data.size() != search.size_bytes) continue;
        if (not_indexed.contains(key)) continue;
        if (!std::all_of(search.having.begin(), search.having.end(), has)) continue;
        AccountState slice = account;
        const auto begin = data.begin() + static_cast<std::ptrdiff_t>(search.slice_at);
        slice.data.assign(begin, begin + static_cast<std::ptrdiff_t>(search.slice_bytes));
        found.accounts.emplace(key, std::move(slice));
    }
    co_return found;
}

Task<Result<AccountsAtSlot>> MiniChain::recent_accounts(std::vector<PublicKey> addresses) {
    ++recent_reads;
    if (!remembered) co_return co_await accounts(std::move(addresses), 0);
    AccountsAtSlot seen;
    seen.slot = remembered->slot;
    seen.asked_at = remembered->asked_at;
    for (const PublicKey& address : addresses) {
        const auto found = remembered->accounts.find(address);
        if (found != remembered->accounts.end()) seen.accounts.insert(*found);
    }
    co_return seen;
}

Task<Result<SimulatedRun>> MiniChain::simulate(Bytes bytes, std::vector<PublicKey> watched,
                                               std::uint64_t least_slot) {
    if (latency.count() > 0) co_await time_.sleep_for(latency);
    simulated.push_back(bytes);
    before_simulation();
    if (simulations_fail) co_return *simulations_fail;
    const Transaction transaction = decode_transaction(bytes).value();
    for (const Signature& signature : transaction.signatures) {
        if (signature != Signature{}) throw std::logic_error("a signed transaction was shown");
    }
    if (slot < least_slot) throw std::logic_error("a slot that is not there yet");
    SimulatedRun seen;
    seen.slot = slot;
    seen.compute_units = units;
    AccountStates world = state;
    try {
        Run(world, transaction.message, *this).all();
        for (const PublicKey& key : watched) {
            const auto found = world.find(key);
            if (found != world.end()) seen.after.insert(*found);
        }
    } catch (const Failed& failed) {
        seen.failure = reject(failed.reason, "custom program error");
        seen.log = {"Program 1 invoke [1]", failed.line, "Program 1 failed: custom program error"};
    }
    twist(seen);
    after_simulation();
    co_return seen;
}

Task<Result<std::vector<std::uint64_t>>> MiniChain::recent_fees(std::vector<PublicKey> written) {
    if (written.empty()) throw std::logic_error("fees of nothing");
    ++fee_questions;
    if (fees_fail) co_return *fees_fail;
    co_return fees;
}

Task<Result<std::uint64_t>> MiniChain::rent_exemption(std::uint64_t size_bytes) {
    co_return rent(size_bytes);
}

std::optional<Rejection> MiniChain::land(const Transaction& transaction) {
    if (!is_signed(transaction)) throw std::logic_error("a signature is missing or wrong");
    AccountStates world = state;
    try {
        Run(world, transaction.message, *this).all();
    } catch (const Failed& failed) {
        return reject(failed.reason, failed.line);
    }
    state = std::move(world);
    return std::nullopt;
}

void MiniChain::add(const AccountStates& accounts) {
    for (const auto& [key, account] : accounts) state[key] = account;
}

void MiniChain::set_lamports(const PublicKey& wallet, std::uint64_t lamports) {
    state[wallet].lamports = lamports;
    state[wallet].owner = well_known::system_program;
}

PublicKey MiniChain::give(const PublicKey& owner, const PublicKey& mint, std::uint64_t amount) {
    const PublicKey program = state.at(mint).owner;
    const PublicKey at = associated_token_address(owner, program, mint);
    AccountState& account = state[at];
    if (account.data.empty()) {
        const bool native = mint == well_known::wrapped_sol;
        AccountWriter out(165);
        out.key(0, mint).key(32, owner).number(108, 1, 1);
        if (native) out.number(109, 1, 1).number(113, rent(165), 8);
        account = out.owned_by(program);
        account.lamports = rent(165);
    }
    put(account.data, 64, number(account.data, 64) + amount);
    if (is_native(account.data)) account.lamports += amount;
    return at;
}

std::uint64_t MiniChain::lamports(const PublicKey& key) const {
    const auto found = state.find(key);
    return found == state.end() ? 0 : found->second.lamports;
}

std::uint64_t MiniChain::tokens(const PublicKey& key) const {
    const auto found = state.find(key);
    return found == state.end() ? 0 : read_token_account(found->second).value().amount;
}

}  // namespace libexec::test
