#include "answer_reader.hpp"

#include <charconv>

#include "answers.hpp"
#include "envelope.hpp"
#include "libexec/solana/base64.hpp"

namespace libexec {
namespace {

constexpr std::size_t error_bytes_most = 4'096;
constexpr std::size_t log_lines_most = 10'000;
constexpr std::size_t log_line_bytes_most = 16 * 1024;

}  // namespace

void AnswerReader::complain(const std::string& place, std::string_view rule) {
    if (fine()) trouble_ = (place.empty() ? "the result" : place) + " " + std::string(rule);
}

JsonValue AnswerReader::object(const JsonValue& of, const char* name, const std::string& place) {
    JsonValue value = of[name];
    if (!value.is_object()) complain(place + "/" + name, "is no object");
    return value;
}

std::vector<JsonValue> AnswerReader::list(const JsonValue& value, const std::string& place,
                                          std::size_t most) {
    if (!value.is_list()) {
        complain(place, "is no list");
        return {};
    }
    std::vector<JsonValue> items = value.items();
    if (items.size() > most) {
        complain(place, "has more than " + std::to_string(most) + " entries");
        return {};
    }
    return items;
}

std::uint64_t AnswerReader::whole(const JsonValue& value, const std::string& place, std::uint64_t most) {
    const std::optional<std::uint64_t> number = value.whole();
    if (!number || *number > most) {
        complain(place, "is no whole number up to " + std::to_string(most));
        return 0;
    }
    return *number;
}

bool AnswerReader::flag(const JsonValue& value, const std::string& place) {
    if (!value.is_true() && !value.is_false()) complain(place, "is neither true nor false");
    return value.is_true();
}

std::string AnswerReader::text(const JsonValue& value, const std::string& place, std::size_t bytes_most) {
    if (!value.is_text() || value.text().size() > bytes_most) {
        complain(place, "is no text of at most " + std::to_string(bytes_most) + " bytes");
        return {};
    }
    return value.text();
}

PublicKey AnswerReader::key(const JsonValue& value, const std::string& place) {
    const std::optional<PublicKey> key = value.is_text() ? PublicKey::parse(value.text()) : std::nullopt;
    if (!key) complain(place, "is no base58 of 32 bytes");
    return key.value_or(PublicKey());
}

Blockhash AnswerReader::hash(const JsonValue& value, const std::string& place) {
    return Blockhash(key(value, place).bytes());
}

Bytes AnswerReader::base64(const JsonValue& value, const std::string& place, std::size_t most) {
    const std::vector<JsonValue> pair = value.items();
    if (pair.size() != 2 || !pair[0].is_text() || !pair[1].is_text() || pair[1].text() != "base64") {
        complain(place, "is no pair of a text and \"base64\"");
        return {};
    }
    std::optional<Bytes> bytes;
    if (pair[0].text().size() <= (most + 2) / 3 * 4) bytes = from_base64(pair[0].text());
    if (!bytes || bytes->size() > most) {
        complain(place, "is no base64 of at most " + std::to_string(most) + " bytes");
        return {};
    }
    return *std::move(bytes);
}

std::uint64_t AnswerReader::amount_text(const JsonValue& value, const std::string& place) {
    std::uint64_t amount = 0;
    const std::string& digits = value.text();
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, amount);
    if (!value.is_text() || error != std::errc{} || stop != end) {
        complain(place, "is no text of digits within 64 bits");
        return 0;
    }
    return amount;
}

std::uint64_t AnswerReader::context_slot(const JsonValue& result, Seen& seen) {
    if (!result.is_object()) complain("", "is no object");
    const std::uint64_t slot = whole(result["context"]["slot"], "/context/slot", slot_most);
    if (!result.has("value")) complain("/value", "is missing");
    if (fine()) seen.slot = slot;
    return slot;
}

AccountState AnswerReader::account(const JsonValue& value, const std::string& place, bool sliced) {
    AccountState account;
    if (!value.is_object()) {
        complain(place, "is no object");
        return account;
    }
    account.owner = key(value["owner"], place + "/owner");
    account.lamports = whole(value["lamports"], place + "/lamports");
    account.executable = flag(value["executable"], place + "/executable");
    account.data = base64(value["data"], place + "/data", account_bytes_most);
    // Older nodes leave it out.
    if (value.has("space")) {
        const std::uint64_t space = whole(value["space"], place + "/space", account_bytes_most);
        if (sliced ? account.data.size() > space : account.data.size() != space)
            complain(place + "/data", "is not as long as /space says");
    }
    return account;
}

std::optional<TransactionError> AnswerReader::error_or_null(const JsonValue& of, const std::string& place) {
    if (!of.has("err")) complain(place + "/err", "is missing");
    if (of["err"].is_null()) return std::nullopt;
    Result<TransactionError> error = read_transaction_error(of["err"]);
    if (!error) {
        complain(place + "/err", error.error().detail);
        return std::nullopt;
    }
    return std::move(error).value();
}

std::vector<std::string> AnswerReader::logs(const JsonValue& value, const std::string& place) {
    std::vector<std::string> lines;
    if (value.is_null()) return lines;
    for (const JsonValue& line : list(value, place, log_lines_most))
        lines.push_back(text(line, place, log_line_bytes_most));
    return lines;
}

Result<TransactionError> read_transaction_error(const JsonValue& error) {
    TransactionError read;
    read.words = error.json();
    if (read.words.size() > error_bytes_most) return reject(Reason::invalid_body, "is too long");
    if (error.is_text()) {
        read.kind = error.text();
        return read;
    }
    const std::vector<std::string> names = error.names();
    if (names.size() != 1)
        return reject(Reason::invalid_body, "is neither a word nor an object with one member");
    read.kind = names.front();
    if (read.kind != "InstructionError") return read;
    const std::vector<JsonValue> pair = error["InstructionError"].items();
    const std::optional<std::uint64_t> index = pair.size() == 2 ? pair[0].whole() : std::nullopt;
    if (!index || *index > UINT8_MAX)
        return reject(Reason::invalid_body, "names no instruction from 0 to 255");
    read.instruction = static_cast<std::uint8_t>(*index);
    if (!pair[1].has("Custom")) return read;
    const std::optional<std::uint64_t> custom = pair[1]["Custom"].whole();
    if (!custom || *custom > UINT32_MAX)
        return reject(Reason::invalid_body, "has a custom error beyond 32 bits");
    read.custom = static_cast<std::uint32_t>(*custom);
    return read;
}

}  // namespace libexec
