#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "endpoint_board.hpp"
#include "libexec/base/result.hpp"
#include "libexec/chain/rpc/types.hpp"
#include "libexec/json/value.hpp"

namespace libexec {

/// Reads an answer member by member. The first thing that is wrong is remembered, with its place, and
/// everything after it reads as empty, so a reader of answers checks once, at its end.
class AnswerReader {
public:
    /// What no slot, height or time is beyond.
    static constexpr std::uint64_t slot_most = INT64_MAX;
    /// What no account of the chain is beyond.
    static constexpr std::size_t account_bytes_most = 10 * 1024 * 1024;

    bool fine() const { return trouble_.empty(); }
    /// What was read, or what was wrong with it.
    template <class T>
    Result<T> finished(T value) const {
        if (!fine()) return reject(Reason::invalid_body, trouble_);
        return value;
    }
    void complain(const std::string& place, std::string_view rule);

    /// An object that must be there.
    JsonValue object(const JsonValue& of, const char* name, const std::string& place);
    std::vector<JsonValue> list(const JsonValue& value, const std::string& place, std::size_t most);
    std::uint64_t whole(const JsonValue& value, const std::string& place, std::uint64_t most = UINT64_MAX);
    bool flag(const JsonValue& value, const std::string& place);
    std::string text(const JsonValue& value, const std::string& place, std::size_t bytes_most);
    PublicKey key(const JsonValue& value, const std::string& place);
    Blockhash hash(const JsonValue& value, const std::string& place);
    /// `["...","base64"]`.
    Bytes base64(const JsonValue& value, const std::string& place, std::size_t most);
    /// An amount as decimal text.
    std::uint64_t amount_text(const JsonValue& value, const std::string& place);
    /// The slot of `{"context":{"slot":...},"value":...}`, which every such answer tells of the node.
    std::uint64_t context_slot(const JsonValue& result, Seen& seen);
    /// An account that is not null. `sliced`: its data is a part, so its length says nothing.
    AccountState account(const JsonValue& value, const std::string& place, bool sliced);
    std::optional<TransactionError> error_or_null(const JsonValue& of, const std::string& place);
    /// The lines of a log; null is none.
    std::vector<std::string> logs(const JsonValue& value, const std::string& place);

private:
    std::string trouble_;
};

}  // namespace libexec
