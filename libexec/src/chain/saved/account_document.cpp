#include "account_document.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include "libexec/solana/base64.hpp"

namespace libexec::saved {
namespace {

constexpr std::size_t data_size_most = std::size_t{10} << 20;  // the chain's own limit of an account
constexpr std::size_t shown_most = 60;

Rejection no_rule(const std::string& file, const Field& field, const std::string& rule) {
    return trouble(file, field.path + " is " + field.shown() + ", and has to be " + rule);
}

bool is_string(const JsonValue& value) { return value.json().starts_with('"'); }

/// The text that is base64, out of "TEXT" or ["TEXT", "base64"].
Result<std::string> data_text(const std::string& file, const Field& field) {
    const std::vector<JsonValue> parts = field.value.items();
    if (parts.empty() && is_string(field.value)) return field.value.text();
    if (parts.size() != 2 || !is_string(parts[0]))
        return no_rule(file, field, "base64, or [BASE64, \"base64\"]");
    if (parts[1].text() != "base64")
        return trouble(file, field.path + " is encoded as " + Field{"", parts[1]}.shown() +
                                 ", and only \"base64\" is read");
    return parts[0].text();
}

Result<Bytes> read_data(const std::string& file, const Field& field) {
    const Result<std::string> text = data_text(file, field);
    if (!text) return text.error();
    std::optional<Bytes> bytes = from_base64(text.value());
    if (!bytes) return no_rule(file, field, "base64 with its padding");
    if (bytes->size() > data_size_most)
        return trouble(file, field.path + " has " + std::to_string(bytes->size()) +
                                 " bytes, and no account has more than " + std::to_string(data_size_most));
    return std::move(*bytes);
}

}  // namespace

Rejection trouble(const std::string& file, const std::string& what) {
    return reject(Reason::invalid_body, "'" + file + "': " + what);
}

Field Field::member(std::string_view name) const {
    return {path.empty() ? std::string(name) : path + "." + std::string(name), value[name]};
}

std::string Field::shown() const {
    if (value.is_null()) return "absent";
    std::string text = value.json();
    if (text.size() <= shown_most) return text;
    std::size_t end = shown_most;
    // Not in the middle of a character.
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80u) --end;
    return text.substr(0, end) + "...";
}

Result<PublicKey> read_key(const std::string& file, const Field& field) {
    const std::optional<PublicKey> key = PublicKey::parse(field.value.text());
    if (!key) return no_rule(file, field, "an address: base58 of 32 bytes");
    return *key;
}

Result<std::uint64_t> read_number(const std::string& file, const Field& field) {
    const std::optional<std::uint64_t> number = field.value.whole();
    if (!number) return no_rule(file, field, "a whole number from 0 to 18446744073709551615");
    return *number;
}

Result<ChainClock> read_clock(const std::string& file, const Field& field) {
    ChainClock clock;
    const auto slot = read_number(file, field.member("slot"));
    if (!slot) return slot.error();
    const auto time = read_number(file, field.member("unix_timestamp"));
    if (!time) return time.error();
    if (time.value() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return no_rule(file, field.member("unix_timestamp"), "seconds within 63 bits");
    const auto epoch = read_number(file, field.member("epoch"));
    if (!epoch) return epoch.error();
    clock.slot = slot.value();
    clock.unix_timestamp = static_cast<std::int64_t>(time.value());
    clock.epoch = epoch.value();
    return clock;
}

Result<AccountState> read_account(const std::string& file, const Field& field) {
    if (!field.value.is_object()) return no_rule(file, field, "an object with owner, lamports and data");
    std::set<std::string> names;
    for (const std::string& name : field.value.names()) {
        if (!names.insert(name).second) return trouble(file, field.member(name).path + " is there twice");
    }
    const auto owner = read_key(file, field.member("owner"));
    if (!owner) return owner.error();
    const auto lamports = read_number(file, field.member("lamports"));
    if (!lamports) return lamports.error();
    auto data = read_data(file, field.member("data"));
    if (!data) return data.error();

    const Field executable = field.member("executable");
    if (!executable.value.is_null() && !executable.value.is_true() && executable.value.json() != "false")
        return no_rule(file, executable, "true or false");
    const Field space = field.member("space");
    if (!space.value.is_null() && space.value.whole() != data.value().size())
        return trouble(file, space.path + " is " + space.shown() + ", and the data has " +
                                 std::to_string(data.value().size()) + " bytes: a part of it is missing");

    AccountState account;
    account.owner = owner.value();
    account.lamports = lamports.value();
    account.data = std::move(data).value();
    account.executable = executable.value.is_true();
    return account;
}

}  // namespace libexec::saved
