#include "libexec/solana/transaction_text.hpp"

#include <algorithm>
#include <optional>

#include "libexec/solana/base64.hpp"

namespace libexec {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_plain(char c) { return is_space(c) || (c > ' ' && c <= '~'); }

std::string_view without_space_around(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

/// The transaction of these bytes, or of the message they are; else what is wrong with them as a transaction.
Result<Transaction> decode(const Bytes& bytes) {
    Result<Transaction> transaction = decode_transaction(bytes);
    if (transaction) return transaction;
    Result<Message> message = decode_message(bytes);
    if (message) return unsigned_transaction(std::move(message).value());
    // The first byte tells the two apart: versioned messages have its highest bit, which no count of
    // signatures has that fits a transaction.
    if (!bytes.empty() && (bytes[0] & 0x80) != 0) return message.error();
    return transaction;
}

}  // namespace

Result<Transaction> read_transaction(std::string_view contents) {
    if (contents.size() > transaction_text_most)
        return reject(Reason::invalid_body, "more than " + std::to_string(transaction_text_most) +
                                                " bytes: no transaction is that long");
    if (!std::all_of(contents.begin(), contents.end(), is_plain))
        return decode(Bytes(contents.begin(), contents.end()));

    const std::string_view text = without_space_around(contents);
    if (text.empty()) return reject(Reason::invalid_body, "there is nothing in it");
    // Some texts are spelled right either way: the one that makes sense is meant.
    std::optional<Rejection> why;
    for (const std::optional<Bytes>& bytes : {from_base64(text), from_base58(text, transaction_text_most)}) {
        if (!bytes) continue;
        Result<Transaction> transaction = decode(*bytes);
        if (transaction) return transaction;
        if (!why) why = transaction.error();
    }
    if (why) return *why;
    return reject(Reason::invalid_body,
                  "neither base64 nor base58, nor the bytes of a transaction: write one of the three");
}

}  // namespace libexec
