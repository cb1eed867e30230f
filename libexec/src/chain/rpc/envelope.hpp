#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "libexec/base/result.hpp"
#include "libexec/chain/rpc/types.hpp"
#include "libexec/json/value.hpp"

namespace libexec {

/// `{"jsonrpc":"2.0","id":...,"method":...,"params":[...]}`; `params` is the inside of the list, JSON
/// already.
std::string encode_rpc_call(std::uint64_t id, std::string_view method, std::string_view params);

/// An error as a node words it.
struct RpcError {
    std::int64_t code = 0;
    std::string message;  ///< at most 1 KiB of it
    JsonValue data;
};

/// What a call was answered: a result, which may be null, or an error.
using RpcOutcome = std::variant<JsonValue, RpcError>;

/// Errors: invalid_body, for what is no JSON-RPC 2.0 answer to the call of that id. An error may come without
/// id, as it does when the node could not read the question.
Result<RpcOutcome> decode_rpc_answer(std::string_view text, std::uint64_t id, std::size_t values_most);

/// What an error of a node means for the call and for the node.
struct ErrorMeaning {
    enum class Next : std::uint8_t {
        give_up,      ///< any other node would say the same
        ask_another,  ///< this one cannot say, and is not to blame
        blame,        ///< this one fails
        rest,         ///< this one asks for a rest
        behind,       ///< this one lags
    };
    Next next = Next::blame;
    Rejection why;  ///< the node's words are in it, word for word
    std::optional<std::uint64_t> slots_behind;
    std::optional<TransactionError> transaction_error;
};

/// Source: the error codes of Agave's rpc-custom-error, -32429 as some providers spell HTTP 429.
ErrorMeaning meaning_of(const RpcError& error);

/// Text from outside, fit for one line: at most `bytes_most`, control characters as blanks.
std::string outside_words(std::string_view text, std::size_t bytes_most);

}  // namespace libexec
