#include "transaction_failure.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "libexec/solana/program_errors.hpp"

namespace libexec {
namespace {

struct Kind {
    std::string_view word;
    Reason reason;
};

constexpr std::array kinds{
    Kind{"AccountInUse", Reason::account_in_use},
    Kind{"WouldExceedMaxAccountCostLimit", Reason::account_in_use},
    Kind{"BlockhashNotFound", Reason::stale_blockhash},
    Kind{"AccountNotFound", Reason::insufficient_funds},
    Kind{"InsufficientFundsForFee", Reason::insufficient_funds},
    Kind{"InsufficientFundsForRent", Reason::insufficient_funds},
};

}  // namespace

Rejection failure_of(const TransactionError& error, const Message& message) {
    const auto kind =
        std::find_if(kinds.begin(), kinds.end(), [&](const Kind& known) { return known.word == error.kind; });
    if (kind != kinds.end()) return reject(kind->reason, "the chain refused: " + error.words);
    if (!error.instruction || *error.instruction >= message.instructions.size())
        return reject(Reason::chain_rejected, "the chain refused: " + error.words);

    // decode_message has seen to it that every instruction's program is one of the keys.
    const PublicKey& program = message.keys[message.instructions[*error.instruction].program];
    const std::string place =
        "instruction " + std::to_string(*error.instruction + 1) + " of " + program.to_string() + " failed";
    const Reason reason =
        error.custom ? reason_of_program_error(program, *error.custom) : Reason::chain_rejected;
    return reject(reason, place + ": " + error.words);
}

}  // namespace libexec
