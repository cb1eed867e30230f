#pragma once

#include <vector>

#include "libexec/model/attempt.hpp"
#include "libexec/solana/public_key.hpp"

namespace libexec {

/// An account an instruction names, and what it may do with it.
struct AccountMeta {
    PublicKey key;
    bool signer = false;
    bool writable = false;

    friend bool operator==(const AccountMeta&, const AccountMeta&) = default;
};

/// One call of one program.
struct Instruction {
    PublicKey program;
    std::vector<AccountMeta> accounts;
    Bytes data;

    friend bool operator==(const Instruction&, const Instruction&) = default;
};

}  // namespace libexec
