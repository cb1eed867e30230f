#include "message_run.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "libexec/solana/address.hpp"
#include "libexec/solana/instructions.hpp"
#include "libexec/solana/token_state.hpp"
#include "libexec/venues/pools/pool.hpp"

namespace libexec::test {
namespace {

constexpr PublicKey swap_program = "CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C"_key;

/// One transaction being run.
class MessageRun {
public:
    MessageRun(AccountStates& world, const Message& message, const MiniChain& chain)
        : world_(world), message_(message), chain_(chain) {}

    void all() {
        const std::vector<Instruction> instructions = instructions_of(message_).value();
        std::uint64_t units = 200'000 * instructions.size();
        std::uint64_t price = 0;
        for (const Instruction& instruction : instructions) {
            if (instruction.program != well_known::compute_budget_program) continue;
            if (instruction.data.at(0) == 2) units = number_at(instruction.data, 1, 4);
            if (instruction.data.at(0) == 3) price = number_at(instruction.data, 1);
        }
        if (units > 1'400'000) throw std::logic_error("more compute than the chain gives");
        const PublicKey& payer = message_.keys.front();
        take(payer, message_.signers * 5'000ull + (units * price + 999'999) / 1'000'000);
        for (const Instruction& instruction : instructions) one(instruction);
        const std::uint64_t left = world_[payer].lamports;
        if (left > 0 && left < MiniChain::rent(0))
            throw FailedRun{Reason::chain_rejected, "InsufficientFundsForRent"};
    }

private:
    void one(const Instruction& instruction) {
        instruction_ = &instruction;
        if (instruction.program == well_known::compute_budget_program ||
            instruction.program == well_known::memo_program)
            return;
        if (instruction.program == well_known::system_program) return transfer();
        if (instruction.program == well_known::associated_token_program) return create();
        if (instruction.program == swap_program) return swap();
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
            throw FailedRun{Reason::chain_rejected, "Transfer: insufficient lamports " +
                                                        std::to_string(account.lamports) + ", need " +
                                                        std::to_string(lamports)};
        account.lamports -= lamports;
    }

    void transfer() {
        const std::uint64_t lamports = number_at(instruction_->data, 4);
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
            put_number(made.data, 113, MiniChain::rent(size));
            put_number(made.data, 64, made.lamports - MiniChain::rent(size));
        }
    }

    Bytes& token_account(const PublicKey& at) {
        const auto found = world_.find(at);
        if (found == world_.end() || found->second.data.size() < 165)
            throw FailedRun{Reason::chain_rejected, "Program log: Error: InvalidAccountData"};
        return found->second.data;
    }

    void sync() {
        Bytes& data = token_account(written(0));
        put_number(data, 64, world_[key(0)].lamports - number_at(data, 113));
    }

    void close() {
        const Bytes& data = token_account(written(0));
        if (!holds_native(data) && number_at(data, 64) != 0)
            throw FailedRun{Reason::chain_rejected, "Program log: Error: NonNativeHasBalance"};
        check_owner(key(0), signer(2));
        world_[written(1)].lamports += world_[key(0)].lamports;
        world_.erase(key(0));
    }

    void check_owner(const PublicKey& account, const PublicKey& owner) {
        if (read_token_account(world_.at(account)).value().owner != owner)
            throw FailedRun{Reason::chain_rejected, "Program log: Error: owner does not match"};
    }

    void move(const PublicKey& from, const PublicKey& to, std::uint64_t sent, std::uint64_t arrives) {
        Bytes& source = token_account(from);
        if (number_at(source, 64) < sent)
            throw FailedRun{Reason::chain_rejected, "Program log: Error: insufficient funds"};
        put_number(source, 64, number_at(source, 64) - sent);
        if (holds_native(source)) world_[from].lamports -= sent;
        Bytes& target = token_account(to);
        put_number(target, 64, number_at(target, 64) + arrives);
        if (holds_native(target)) world_[to].lamports += arrives;
    }

    void transfer_checked() {
        const std::uint64_t amount = number_at(instruction_->data, 1);
        const MintState mint = read_mint(world_.at(key(1))).value();
        if (mint.decimals != instruction_->data.at(9))
            throw FailedRun{Reason::chain_rejected, "Program log: Error: MintDecimalsMismatch"};
        for (const std::size_t at : {std::size_t{0}, std::size_t{2}}) {
            token_account(written(at));
            if (read_token_account(world_.at(key(at))).value().mint != key(1))
                throw FailedRun{Reason::chain_rejected, "Program log: Error: MintMismatch"};
        }
        check_owner(key(0), signer(3));
        move(key(0), key(2), amount, amount - mint.transfer_fee(amount, chain_.epoch));
    }

    /// user, authority, config, pool, user in, user out, vault in, vault out, programs, mints, observation
    void swap() {
        const std::uint64_t amount = number_at(instruction_->data, 8);
        const std::uint64_t least = number_at(instruction_->data, 16);
        const PublicKey& pool_key = written(3);
        const auto pool = family_of(world_.at(pool_key))->open(pool_key, world_);
        if (!pool) throw std::logic_error(pool.error().detail);
        const auto trade = pool.value()->sell(key(10), amount, chain_.clock());
        if (!trade)
            throw FailedRun{Reason::chain_rejected,
                            "Program log: AnchorError. Error Code: ZeroTradingTokens"};
        const std::uint64_t out = trade.value().amount_out + static_cast<std::uint64_t>(chain_.pays_more);
        const std::uint64_t in = amount + static_cast<std::uint64_t>(chain_.takes_more);
        if (out < least)
            throw FailedRun{Reason::chain_rejected,
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

std::uint64_t number_at(const Bytes& data, std::size_t at, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8 | data.at(at + i);
    return value;
}

void put_number(Bytes& data, std::size_t at, std::uint64_t value) {
    for (std::size_t i = 0; i < 8; ++i) data.at(at + i) = static_cast<std::uint8_t>(value >> 8 * i);
}

bool holds_native(const Bytes& data) { return data.size() >= 165 && data[109] == 1; }

void run_message(AccountStates& world, const Message& message, const MiniChain& chain) {
    MessageRun(world, message, chain).all();
}

}  // namespace libexec::test
