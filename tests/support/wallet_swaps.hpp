#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "libexec/model/transaction.hpp"
#include "libexec/solana/key_pair.hpp"
#include "libexec/solana/message.hpp"
#include "libexec/solana/well_known.hpp"
#include "libexec/venues/solana/swap_policy.hpp"

namespace libexec::test {

/// Keys that sign; the same in every run.
KeyPair wallet_pair();
KeyPair counterparty_pair();
/// The public one of `wallet_pair`.
const PublicKey& wallet_key();
/// Where `owner` keeps its tokens of `mint`.
PublicKey purse(const PublicKey& owner, const PublicKey& mint,
                const PublicKey& program = well_known::token_program);
/// A key that stands for nothing.
PublicKey plain_key(std::uint8_t number);

/// A swap as an engine builds it, and what its order allows: to the unit what it does.
struct WalletSwap {
    std::string name;
    SwapTerms terms;
    std::vector<Instruction> instructions;

    Message message() const;
    UnsignedTransaction to_sign()
        const;  ///< with the counterparty's signature where it is one of the signers
    /// The first instruction of a program.
    Instruction& of(const PublicKey& program);
    std::size_t place_of(const PublicKey& program) const;
};

/// One of each kind: pools of each program, SOL on either side, and two transfers.
std::vector<WalletSwap> wallet_swaps();
WalletSwap wallet_swap(std::string_view name);

/// Allows all of `wallet_swaps` and not a unit more.
SwapPolicyConfig exact_ceilings();

/// What a message does beyond its terms and the ceilings, by an arithmetic of its own that shares nothing
/// with the policy's; empty when it stays within.
std::string beyond_terms(const Message& message, const SwapTerms& terms, const SwapPolicyConfig& ceilings);

/// A number below a bound.
using Draw = std::function<std::uint64_t(std::uint64_t)>;
/// The message with one thing changed: a program, an account, a byte or a number of an instruction, a key, a
/// count of signers, an instruction more, less or elsewhere.
Message changed(Message message, const Draw& draw);

}  // namespace libexec::test
