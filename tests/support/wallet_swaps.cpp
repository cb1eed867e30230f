#include "support/wallet_swaps.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>
#include <utility>

#include "libexec/solana/address.hpp"
#include "libexec/solana/instructions.hpp"
#include "libexec/solana/well_known.hpp"

namespace libexec::test {
namespace {

namespace keys = well_known;
namespace make = instructions;

constexpr PublicKey cpmm = "CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C"_key;
constexpr PublicKey amm_v4 = "675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8"_key;
constexpr PublicKey whirlpool = "whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"_key;
constexpr PublicKey clmm = "CAMMCzo5YL8w4VFF8KVHrK22GGUsp5VTaW7grrKgrWqK"_key;
constexpr PublicKey dlmm = "LBUZKhRxPF3XUpBCjp4YzTKgLccjZhTSDM9YuVaPwxo"_key;
constexpr PublicKey damm_v2 = "cpamdpZCGKUy5JxQXB4dcpGPiikHawvSWAd6mEn1sGG"_key;
const PublicKey apples = plain_key(201);
const PublicKey pears = plain_key(202);

constexpr std::uint64_t most_in = 1'000'000;
constexpr std::uint64_t least_out = 995'000;

KeyPair pair_of(std::uint8_t number) {
    std::array<std::uint8_t, 32> seed{};
    seed.fill(number);
    return KeyPair::from_seed(seed);
}

const PublicKey& wallet() {
    static const PublicKey key = wallet_pair().public_key();
    return key;
}

PublicKey purse(const PublicKey& owner, const PublicKey& mint,
                const PublicKey& program = keys::token_program) {
    static std::map<std::array<PublicKey, 3>, PublicKey> known;  // deriving one takes its time
    const auto [place, fresh] = known.try_emplace({owner, mint, program});
    if (fresh) place->second = associated_token_address(owner, program, mint);
    return place->second;
}

void append(Bytes& bytes, std::uint64_t number, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
        bytes.push_back(static_cast<std::uint8_t>(i < 8 ? number >> 8 * i & 0xff : 0));
}

/// A pool program's instruction of so many accounts, all of them the pool's own.
Instruction pool_call(const PublicKey& program, std::size_t accounts, const Bytes& name) {
    Instruction call{.program = program, .accounts = {}, .data = name};
    for (std::size_t i = 0; i < accounts; ++i)
        call.accounts.push_back({plain_key(static_cast<std::uint8_t>(100 + i)), false, i % 2 == 1});
    append(call.data, most_in, 8);
    append(call.data, least_out, 8);
    return call;
}

Instruction cpmm_swap(const PublicKey& in, const PublicKey& out) {
    Instruction call = pool_call(cpmm, 13, {0x8f, 0xbe, 0x5a, 0xda, 0xc4, 0x1e, 0x33, 0xde});
    call.accounts[0] = {wallet(), true, false};
    call.accounts[4] = {purse(wallet(), in), false, true};
    call.accounts[5] = {purse(wallet(), out), false, true};
    call.accounts[10].key = in;
    call.accounts[11].key = out;
    return call;
}

Instruction amm_swap(const PublicKey& in, const PublicKey& out) {
    Instruction call = pool_call(amm_v4, 17, {9});
    call.accounts[14] = {purse(wallet(), in), false, true};
    call.accounts[15] = {purse(wallet(), out), false, true};
    call.accounts[16] = {wallet(), true, false};
    return call;
}

Instruction whirlpool_swap(const PublicKey& a, const PublicKey& b, bool a_to_b) {
    Instruction call = pool_call(whirlpool, 15, {0x2b, 0x04, 0xed, 0x0b, 0x1a, 0xc9, 0x1e, 0x62});
    call.accounts[3] = {wallet(), true, false};
    call.accounts[5].key = a;
    call.accounts[6].key = b;
    call.accounts[7] = {purse(wallet(), a), false, true};
    call.accounts[9] = {purse(wallet(), b), false, true};
    append(call.data, 0, 16);
    append(call.data, 1, 1);
    append(call.data, a_to_b ? 1 : 0, 1);
    append(call.data, 0, 1);
    return call;
}

/// With as many arrays as a pool can name.
Instruction clmm_swap(const PublicKey& in, const PublicKey& out) {
    Instruction call = pool_call(clmm, 20, {0x2b, 0x04, 0xed, 0x0b, 0x1a, 0xc9, 0x1e, 0x62});
    call.accounts[0] = {wallet(), true, false};
    call.accounts[3] = {purse(wallet(), in), false, true};
    call.accounts[4] = {purse(wallet(), out), false, true};
    call.accounts[11].key = in;
    call.accounts[12].key = out;
    static const PublicKey extension = [&] {
        constexpr std::string_view seed = "pool_tick_array_bitmap_extension";
        const PublicKey& pool = call.accounts[2].key;
        return derive_address(
                   {Bytes(seed.begin(), seed.end()), Bytes(pool.bytes().begin(), pool.bytes().end())}, clmm)
            .value()
            .key;
    }();
    call.accounts[13].key = extension;
    append(call.data, 0, 16);
    append(call.data, 1, 1);
    return call;
}

/// The same, and nobody to share the fee with: the program stands for none.
Instruction dlmm_swap(const PublicKey& in, const PublicKey& out) {
    Instruction call = pool_call(dlmm, 20, {0x41, 0x4b, 0x3f, 0x4c, 0xeb, 0x5b, 0x5b, 0x88});
    call.accounts[4] = {purse(wallet(), in), false, true};
    call.accounts[5] = {purse(wallet(), out), false, true};
    call.accounts[6].key = in;
    call.accounts[7].key = out;
    call.accounts[9] = {dlmm, false, false};
    call.accounts[10] = {wallet(), true, false};
    append(call.data, 0, 4);
    return call;
}

/// Without a referral, and with the account by which the program sees the other instructions.
Instruction damm_swap(const PublicKey& in, const PublicKey& out) {
    Instruction call = pool_call(damm_v2, 15, {0xf8, 0xc6, 0x9e, 0x91, 0xe1, 0x75, 0x87, 0xc8});
    call.accounts[2] = {purse(wallet(), in), false, true};
    call.accounts[3] = {purse(wallet(), out), false, true};
    call.accounts[6].key = in;
    call.accounts[7].key = out;
    call.accounts[8] = {wallet(), true, false};
    call.accounts[11] = {damm_v2, false, false};
    call.accounts[14] = {keys::instructions_sysvar, false, false};
    return call;
}

SwapTerms terms_for(const PublicKey& in, const PublicKey& out) {
    SwapTerms terms;
    terms.order = Uuid::parse("01890a5d-ac96-774b-bcce-b302099a8057").value();
    terms.mint_in = in.mint();
    terms.mint_out = out.mint();
    terms.most_in = Amount(most_in);
    terms.least_out = Amount(least_out);
    terms.wraps_sol = in == keys::wrapped_sol;
    terms.unwraps_sol = out == keys::wrapped_sol;
    return terms;
}

/// The trade with what an engine puts around it.
WalletSwap framed(std::string name, const PublicKey& in, const PublicKey& out,
                  const std::vector<Instruction>& trade) {
    WalletSwap made{std::move(name), terms_for(in, out), {}};
    auto& all = made.instructions;
    all.push_back(make::compute_unit_limit(120'000));
    all.push_back(make::compute_unit_price(25'000));
    all.push_back(make::memo("libexec:01890a5d-ac96-774b-bcce-b302099a8057:1"));
    if (made.terms.wraps_sol) all.push_back(make::create_token_account(wallet(), wallet(), in));
    all.push_back(make::create_token_account(wallet(), wallet(), out));
    if (made.terms.wraps_sol) {
        all.push_back(make::transfer(wallet(), purse(wallet(), in), most_in));
        all.push_back(make::sync_native(purse(wallet(), in)));
    }
    all.insert(all.end(), trade.begin(), trade.end());
    if (made.terms.wraps_sol || made.terms.unwraps_sol)
        all.push_back(make::close_account(purse(wallet(), keys::wrapped_sol), wallet(), wallet()));
    return made;
}

std::vector<Instruction> two_transfers(const PublicKey& in, const PublicKey& out) {
    const PublicKey other = counterparty_pair().public_key();
    return {make::transfer_checked({.from = purse(wallet(), in),
                                    .mint = in,
                                    .to = purse(other, in),
                                    .owner = wallet(),
                                    .amount = most_in,
                                    .decimals = 6}),
            make::transfer_checked({.from = purse(other, out),
                                    .mint = out,
                                    .to = purse(wallet(), out),
                                    .owner = other,
                                    .amount = least_out,
                                    .decimals = 6})};
}

// ---- what a message does, added up without the policy's help
// -----------------------------------------------

std::uint64_t number(const Bytes& data, std::size_t at, std::size_t size) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < size; ++i) sum += std::uint64_t{data.at(at + i)} << 8 * i;
    return sum;
}

/// What moves. Wide: sums of many u64 fit.
struct Moves {
    Wide wrapped = 0;
    Wide tipped = 0;
    Wide given = 0;   ///< of the input, out of the wallet's own account
    Wide gotten = 0;  ///< of the output, into the wallet's own account, at the least
    Wide units = 1'400'000;
    Wide unit_price = 0;
    int sales = 0;
    int payments = 0;
    int returns = 0;
    PublicKey partner;
};

/// Where a program's swap names what is the wallet's, and its amounts.
struct Places {
    std::size_t user, in, out, amount;
};

class Ledger {
public:
    Ledger(const Message& message, const SwapTerms& terms, const SwapPolicyConfig& ceilings)
        : message_(message), terms_(terms), ceilings_(ceilings) {}

    std::string verdict() {
        if (!message_.lookups.empty()) return "accounts that nobody sees";
        if (message_.keys.at(0) != wallet()) return "somebody else's transaction";
        for (const CompiledInstruction& call : message_.instructions) {
            const std::string trouble = book(call);
            if (!trouble.empty()) return trouble;
        }
        return sum();
    }

private:
    const PublicKey& key(const CompiledInstruction& call, std::size_t place) const {
        return message_.keys.at(call.accounts.at(place));
    }
    bool is_mine(const PublicKey& account, const Mint& mint) const {
        const PublicKey key(mint);
        return account == purse(wallet(), key) || account == purse(wallet(), key, keys::token_2022_program);
    }

    std::string book(const CompiledInstruction& call) {
        const PublicKey& program = message_.keys.at(call.program);
        const Bytes& data = call.data;
        if (program == keys::memo_program) return {};
        if (program == keys::compute_budget_program) {
            if (data.at(0) == 2) moves_.units = number(data, 1, 4);
            if (data.at(0) == 3) moves_.unit_price = number(data, 1, 8);
            return data.at(0) >= 2 && data.at(0) <= 4 ? "" : "a strange budget";
        }
        if (program == keys::system_program) return book_lamports(call);
        if (program == keys::associated_token_program) {
            const bool mine = key(call, 2) == wallet() && (is_mine(key(call, 1), terms_.mint_in) ||
                                                           is_mine(key(call, 1), terms_.mint_out));
            return mine ? "" : "pays rent for somebody else";
        }
        if (program == keys::token_program || program == keys::token_2022_program) return book_token(call);
        return book_pool(call, program);
    }

    std::string book_lamports(const CompiledInstruction& call) {
        if (number(call.data, 0, 4) != 2) return "a system call that is no transfer";
        const Wide lamports = number(call.data, 4, 8);
        const PublicKey& to = key(call, 1);
        if (std::ranges::count(ceilings_.tip_accounts, to) > 0) {
            moves_.tipped += lamports;
            return {};
        }
        if (to != purse(wallet(), keys::wrapped_sol)) return "lamports leave";
        moves_.wrapped += lamports;
        return {};
    }

    std::string book_token(const CompiledInstruction& call) {
        const std::uint8_t tag = call.data.at(0);
        if (tag == 17) return {};
        if (tag == 9)
            return key(call, 1) == wallet() && call.accounts.size() == 3 ? ""
                                                                         : "an account's end pays others";
        if (tag != 12) return "a token call that gives rights away";
        const Wide amount = number(call.data, 1, 8);
        const PublicKey& owner = key(call, 3);
        if (owner == wallet()) {
            if (!is_mine(key(call, 0), terms_.mint_in)) return "another token leaves";
            moves_.given += amount;
            ++moves_.payments;
            return {};
        }
        if (!is_mine(key(call, 2), terms_.mint_out)) return "somebody pays somebody";
        for (const Mint& mint : {terms_.mint_in, terms_.mint_out}) {
            if (is_mine(key(call, 0), mint)) return "the wallet is paid with its own";
        }
        moves_.gotten += amount;
        moves_.partner = owner;
        ++moves_.returns;
        return {};
    }

    std::string book_pool(const CompiledInstruction& call, const PublicKey& program) {
        if (std::ranges::count(ceilings_.programs, program) == 0) return "a program that nobody knows";
        Places at{};
        if (program == cpmm) {
            at = {0, 4, 5, 8};
        } else if (program == amm_v4) {
            at = {16, 14, 15, 1};
        } else if (program == whirlpool) {
            const bool a_to_b = call.data.at(41) == 1;
            at = {3, std::size_t(a_to_b ? 7 : 9), std::size_t(a_to_b ? 9 : 7), 8};
            if (call.data.at(40) != 1) return "a purchase";
        } else if (program == clmm) {
            at = {0, 3, 4, 8};
            if (call.data.at(40) != 1) return "a purchase";
        } else if (program == dlmm) {
            at = {10, 4, 5, 8};
            if (key(call, 9) != dlmm) return "a part of the fee for others";
        } else if (program == damm_v2) {
            at = {8, 2, 3, 8};
            if (key(call, 11) != damm_v2) return "a part of the fee for others";
        } else {
            return "a pool nobody can read here";
        }
        if (key(call, at.user) != wallet()) return "a swap by somebody else";
        if (!is_mine(key(call, at.in), terms_.mint_in)) return "another token is sold";
        if (!is_mine(key(call, at.out), terms_.mint_out)) return "others are paid";
        moves_.given += number(call.data, at.amount, 8);
        moves_.gotten += number(call.data, at.amount + 8, 8);
        ++moves_.sales;
        return {};
    }

    std::string sum() const {
        const Wide most = terms_.most_in.base_units();
        if (moves_.given > most) return "too much leaves";
        if (moves_.gotten < terms_.least_out.base_units()) return "too little arrives";
        if (moves_.wrapped > (terms_.wraps_sol ? most : 0)) return "too much is wrapped";
        if (moves_.tipped > ceilings_.most_tip) return "too large a tip";
        if (moves_.unit_price > ceilings_.most_unit_price) return "too dear a unit";
        if (moves_.units * moves_.unit_price > Wide(ceilings_.most_priority_fee) * 1'000'000)
            return "too large a fee";
        const auto ceiling = ceilings_.most_per_order.find(terms_.mint_in);
        if (ceiling == ceilings_.most_per_order.end() || terms_.most_in > ceiling->second)
            return "more than any order may";
        const bool pool = moves_.sales == 1 && moves_.payments == 0 && moves_.returns == 0;
        const bool transfers = moves_.sales == 0 && moves_.payments == 1 && moves_.returns == 1;
        if (!pool && !transfers) return "not one swap";
        if (message_.signers != (pool ? 1 : 2)) return "signers without a reason";
        if (transfers && message_.keys.at(1) != moves_.partner) return "the partner has not signed";
        return {};
    }

    const Message& message_;
    const SwapTerms& terms_;
    const SwapPolicyConfig& ceilings_;
    Moves moves_;
};

std::uint8_t byte_below(const Draw& draw, std::size_t bound) {
    return static_cast<std::uint8_t>(draw(std::max<std::size_t>(bound, 1)));
}

void change_instruction(CompiledInstruction& call, const Message& message, const Draw& draw) {
    const std::size_t count = message.keys.size();
    switch (draw(6)) {
        case 0:
            call.program = byte_below(draw, count);
            return;
        case 1:
            if (!call.accounts.empty()) call.accounts[draw(call.accounts.size())] = byte_below(draw, count);
            return;
        case 2:
            if (!call.data.empty()) call.data[draw(call.data.size())] = byte_below(draw, 256);
            return;
        case 3:  // a number by a little
            if (!call.data.empty()) {
                std::uint8_t& byte = call.data[draw(call.data.size())];
                byte = static_cast<std::uint8_t>(byte + (draw(2) == 0 ? 1 : 255));
            }
            return;
        case 4:
            if (draw(2) == 0 && !call.data.empty())
                call.data.pop_back();
            else
                call.data.push_back(byte_below(draw, 256));
            return;
        default:
            if (draw(2) == 0 && !call.accounts.empty())
                call.accounts.pop_back();
            else
                call.accounts.push_back(byte_below(draw, count));
            return;
    }
}

}  // namespace

KeyPair wallet_pair() { return pair_of(7); }
KeyPair counterparty_pair() { return pair_of(9); }

PublicKey plain_key(std::uint8_t number) {
    PublicKey::Bytes bytes{};
    bytes.fill(number);
    bytes[0] = 3;
    return PublicKey(bytes);
}

Message WalletSwap::message() const {
    MessageDraft draft{.version = MessageVersion::v0,
                       .payer = wallet(),
                       .instructions = instructions,
                       .blockhash = Blockhash(plain_key(42).bytes())};
    auto made = compile_message(draft);
    if (!made) throw std::logic_error(made.error().detail);
    return std::move(made).value();
}

UnsignedTransaction WalletSwap::to_sign() const {
    const Message made = message();
    UnsignedTransaction unsigned_one;
    unsigned_one.message = encode_message(made);
    const KeyPair other = counterparty_pair();
    for (std::size_t i = 1; i < made.signers; ++i) {
        if (made.keys[i] != other.public_key()) continue;
        unsigned_one.cosigned.push_back(
            {.signer = other.public_key().bytes(), .signature = other.sign(unsigned_one.message)});
    }
    return unsigned_one;
}

std::size_t WalletSwap::place_of(const PublicKey& program) const {
    const auto found = std::ranges::find(instructions, program, &Instruction::program);
    if (found == instructions.end()) throw std::logic_error("it does not call " + program.to_string());
    return static_cast<std::size_t>(found - instructions.begin());
}

Instruction& WalletSwap::of(const PublicKey& program) { return instructions[place_of(program)]; }

std::vector<WalletSwap> wallet_swaps() {
    const PublicKey sol = keys::wrapped_sol;
    return {framed("tokens by cpmm", apples, pears, {cpmm_swap(apples, pears)}),
            framed("sol by cpmm", sol, pears, {cpmm_swap(sol, pears)}),
            framed("into sol by amm", apples, sol, {amm_swap(apples, sol)}),
            framed("tokens by whirlpool", apples, pears, {whirlpool_swap(apples, pears, true)}),
            framed("sol by whirlpool", sol, apples, {whirlpool_swap(apples, sol, false)}),
            framed("tokens by clmm", apples, pears, {clmm_swap(apples, pears)}),
            framed("sol by dlmm", sol, pears, {dlmm_swap(sol, pears)}),
            framed("into sol by damm", apples, sol, {damm_swap(apples, sol)}),
            framed("tokens by transfers", apples, pears, two_transfers(apples, pears)),
            framed("sol by transfers", sol, pears, two_transfers(sol, pears))};
}

WalletSwap wallet_swap(std::string_view name) {
    for (WalletSwap& swap : wallet_swaps()) {
        if (swap.name == name) return swap;
    }
    throw std::logic_error("there is no such swap");
}

SwapPolicyConfig exact_ceilings() {
    SwapPolicyConfig config;
    config.transfers = true;
    for (const PublicKey& mint : {apples, pears, keys::wrapped_sol})
        config.most_per_order[mint.mint()] = Amount(most_in);
    config.most_unit_price = 25'000;
    config.most_priority_fee = 3'000;
    return config;
}

std::string beyond_terms(const Message& message, const SwapTerms& terms, const SwapPolicyConfig& ceilings) {
    try {
        return Ledger(message, terms, ceilings).verdict();
    } catch (const std::out_of_range&) {
        return "an instruction that is cut short";
    }
}

Message changed(Message message, const Draw& draw) {
    auto& calls = message.instructions;
    switch (draw(8)) {
        case 0: {  // a key: a foreign one, or two change places
            PublicKey& key = message.keys[draw(message.keys.size())];
            if (draw(2) == 0)
                key = plain_key(byte_below(draw, 256));
            else
                std::swap(key, message.keys[draw(message.keys.size())]);
            return message;
        }
        case 1:
            if (draw(2) == 0)
                message.signers = byte_below(draw, message.keys.size() + 1);
            else
                message.readonly_others = byte_below(draw, message.keys.size() + 1);
            return message;
        case 2: {
            if (calls.empty()) return message;
            const CompiledInstruction again = calls[draw(calls.size())];
            const auto at = static_cast<std::ptrdiff_t>(draw(calls.size() + 1));
            calls.insert(calls.begin() + at, again);
            return message;
        }
        case 3:
            if (!calls.empty()) calls.erase(calls.begin() + static_cast<std::ptrdiff_t>(draw(calls.size())));
            return message;
        default:
            if (!calls.empty()) change_instruction(calls[draw(calls.size())], message, draw);
            return message;
    }
}

}  // namespace libexec::test
