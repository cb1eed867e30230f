#pragma once

#include <cstddef>
#include <string_view>

#include "libexec/base/result.hpp"
#include "libexec/solana/transaction.hpp"

namespace libexec {

/// The most bytes that are taken for a transaction, however it is written.
inline constexpr std::size_t transaction_text_most = 4'096;

/// The transaction of a file: its bytes, or their base64 or base58 with space around it. A message alone is
/// taken for a transaction that nobody has signed. Errors: invalid_body, naming the part that is wrong, or
/// the three ways to write one.
Result<Transaction> read_transaction(std::string_view contents);

}  // namespace libexec
