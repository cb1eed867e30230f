#include "support/wallet_swaps.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "libexec/solana/address.hpp"
#include "libexec/solana/instructions.hpp"
#include "libexec/solana/well_known.hpp"
#include "support/pool_programs.hpp"

namespace libexec::test {

using namespace pool_programs;

namespace {

namespace keys = well_known;
namespace make = instructions;

const PublicKey apples = plain_key(201);
const PublicKey pears = plain_key(202);

constexpr std::uint64_t most_in = 1'000'000;
constexpr std::uint64_t least_out = 995'000;

KeyPair pair_of(std::uint8_t number) {
    std::array<std::uint8_t, 32> seed{};
    seed.fill(number);
    return KeyPair::from_seed(seed);
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
    call.accounts[0] = {wallet_key(), true, false};
    call.accounts[4] = {purse(wallet_key(), in), false, true};
    call.accounts[5] = {purse(wallet_key(), out), false, true};
    call.accounts[10].key = in;
    call.accounts[11].key = out;
    return call;
}

Instruction amm_swap(const PublicKey& in, const PublicKey& out) {
    Instruction call = pool_call(amm_v4, 17, {9});
    call.accounts[14] = {purse(wallet_key(), in), false, true};
    call.accounts[15] = {purse(wallet_key(), out), false, true};
    call.accounts[16] = {wallet_key(), true, false};
    return call;
}

Instruction whirlpool_swap(const PublicKey& a, const PublicKey& b, bool a_to_b) {
    Instruction call = pool_call(whirlpool, 15, {0x2b, 0x04, 0xed, 0x0b, 0x1a, 0xc9, 0x1e, 0x62});
    call.accounts[3] = {wallet_key(), true, false};
    call.accounts[5].key = a;
    call.accounts[6].key = b;
    call.accounts[7] = {purse(wallet_key(), a), false, true};
    call.accounts[9] = {purse(wallet_key(), b), false, true};
    append(call.data, 0, 16);
    append(call.data, 1, 1);
    append(call.data, a_to_b ? 1 : 0, 1);
    append(call.data, 0, 1);
    return call;
}

/// With as many arrays as a pool can name.
Instruction clmm_swap(const PublicKey& in, const PublicKey& out) {
    Instruction call = pool_call(clmm, 20, {0x2b, 0x04, 0xed, 0x0b, 0x1a, 0xc9, 0x1e, 0x62});
    call.accounts[0] = {wallet_key(), true, false};
    call.accounts[3] = {purse(wallet_key(), in), false, true};
    call.accounts[4] = {purse(wallet_key(), out), false, true};
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
    call.accounts[4] = {purse(wallet_key(), in), false, true};
    call.accounts[5] = {purse(wallet_key(), out), false, true};
    call.accounts[6].key = in;
    call.accounts[7].key = out;
    call.accounts[9] = {dlmm, false, false};
    call.accounts[10] = {wallet_key(), true, false};
    append(call.data, 0, 4);
    return call;
}

/// Without a referral, and with the account by which the program sees the other instructions.
Instruction damm_swap(const PublicKey& in, const PublicKey& out) {
    Instruction call = pool_call(damm_v2, 15, {0xf8, 0xc6, 0x9e, 0x91, 0xe1, 0x75, 0x87, 0xc8});
    call.accounts[2] = {purse(wallet_key(), in), false, true};
    call.accounts[3] = {purse(wallet_key(), out), false, true};
    call.accounts[6].key = in;
    call.accounts[7].key = out;
    call.accounts[8] = {wallet_key(), true, false};
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
    if (made.terms.wraps_sol) all.push_back(make::create_token_account(wallet_key(), wallet_key(), in));
    all.push_back(make::create_token_account(wallet_key(), wallet_key(), out));
    if (made.terms.wraps_sol) {
        all.push_back(make::transfer(wallet_key(), purse(wallet_key(), in), most_in));
        all.push_back(make::sync_native(purse(wallet_key(), in)));
    }
    all.insert(all.end(), trade.begin(), trade.end());
    if (made.terms.wraps_sol || made.terms.unwraps_sol)
        all.push_back(
            make::close_account(purse(wallet_key(), keys::wrapped_sol), wallet_key(), wallet_key()));
    return made;
}

std::vector<Instruction> two_transfers(const PublicKey& in, const PublicKey& out) {
    const PublicKey other = counterparty_pair().public_key();
    return {make::transfer_checked({.from = purse(wallet_key(), in),
                                    .mint = in,
                                    .to = purse(other, in),
                                    .owner = wallet_key(),
                                    .amount = most_in,
                                    .decimals = 6}),
            make::transfer_checked({.from = purse(other, out),
                                    .mint = out,
                                    .to = purse(wallet_key(), out),
                                    .owner = other,
                                    .amount = least_out,
                                    .decimals = 6})};
}

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

const PublicKey& wallet_key() {
    static const PublicKey key = wallet_pair().public_key();
    return key;
}

PublicKey purse(const PublicKey& owner, const PublicKey& mint, const PublicKey& program) {
    return associated_token_address(owner, program, mint);
}

KeyPair counterparty_pair() { return pair_of(9); }

PublicKey plain_key(std::uint8_t number) {
    PublicKey::Bytes bytes{};
    bytes.fill(number);
    bytes[0] = 3;
    return PublicKey(bytes);
}

Message WalletSwap::message() const {
    MessageDraft draft{.version = MessageVersion::v0,
                       .payer = wallet_key(),
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
