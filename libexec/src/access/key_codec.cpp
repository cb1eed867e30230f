#include <algorithm>
#include <array>
#include <unordered_set>

#include "crypto.hpp"
#include "libexec/access/key_file.hpp"
#include "libexec/json/nearest_word.hpp"
#include "libexec/json/time_text.hpp"
#include "libexec/json/value.hpp"

// One key a line:
// {"id":..,"name":..,"account":..,"scopes":[..],"kind":"bearer","secretSha256":..,"createdAt":..}
// {"id":..,"name":..,"account":..,"scopes":[..],"kind":"ed25519","publicKey":..,"createdAt":..}
// and, where they hold, expiresAt, revokedAt, ratePerMinute, addresses.

namespace libexec {
namespace {

constexpr std::size_t keys_most = 100'000;
constexpr std::uint64_t rate_most = 6'000'000;
constexpr std::array<std::string_view, 12> fields{"id",        "name",         "account",       "scopes",
                                                  "kind",      "secretSha256", "publicKey",     "createdAt",
                                                  "expiresAt", "revokedAt",    "ratePerMinute", "addresses"};

bool is_string(const JsonValue& value) { return value.json().starts_with('"'); }
bool is_list_of_strings(const JsonValue& value) {
    const std::vector<JsonValue> items = value.items();
    return value.json().starts_with('[') && std::all_of(items.begin(), items.end(), is_string);
}

/// Reads one line; the first thing wrong with it is kept.
class LineReader {
public:
    explicit LineReader(const JsonValue& object) : object_(object) {}

    ApiKey read() {
        check_names();
        ApiKey key;
        key.id = text("id");
        key.name = text("name");
        key.account = text("account");
        key.scopes = scopes();
        read_proof(key);
        if (const auto created = time("createdAt", true)) key.created_at = *created;
        key.expires_at = time("expiresAt", false);
        key.revoked_at = time("revokedAt", false);
        read_rate(key);
        read_addresses(key);
        if (trouble_.empty()) trouble_ = describe_key_trouble(key);
        return key;
    }
    const std::string& trouble() const { return trouble_; }

private:
    void complain(std::string_view field, const std::string& rule) {
        if (trouble_.empty()) trouble_ = std::string(field) + ": " + rule;
    }

    void check_names() {
        std::unordered_set<std::string> seen;
        for (const std::string& name : object_.names()) {
            if (!seen.insert(name).second) complain(name.substr(0, 32), "is given twice");
            if (std::find(fields.begin(), fields.end(), name) != fields.end()) continue;
            const std::string_view near = nearest_word(name, fields);
            complain(
                name.substr(0, 32),
                "is no field of a key" + (near.empty() ? "" : ": did you mean " + std::string(near) + "?"));
        }
    }

    std::string text(std::string_view field) {
        const JsonValue value = object_[field];
        if (!object_.has(field)) {
            complain(field, "is missing");
        } else if (!is_string(value)) {
            complain(field, "must be a string");
        }
        return value.text();
    }

    Scopes scopes() {
        const JsonValue value = object_["scopes"];
        if (!is_list_of_strings(value)) {
            complain("scopes", "must be a list such as [\"read\",\"trade\"]");
            return {};
        }
        std::string list;
        for (const JsonValue& item : value.items()) list += (list.empty() ? "" : ",") + item.text();
        const Result<Scopes> read = Scopes::parse(list);
        if (read) return read.value();
        complain("scopes", read.error().detail);
        return {};
    }

    void read_proof(ApiKey& key) {
        const std::string kind = text("kind");
        const bool signs = kind == "ed25519";
        if (!signs && kind != "bearer") complain("kind", "must be bearer or ed25519");
        const std::string_view wanted = signs ? "publicKey" : "secretSha256";
        const std::string_view unwanted = signs ? "secretSha256" : "publicKey";
        if (object_.has(unwanted)) complain(unwanted, "does not belong to a key of this kind");
        const std::string proof = text(wanted);
        key.kind = signs ? ApiKey::Kind::ed25519 : ApiKey::Kind::bearer;
        const auto bytes = signs ? parse_public_key(proof) : crypto::from_hex(proof);
        if (bytes) {
            key.proof = *bytes;
        } else {
            complain(wanted, signs ? "must be the base64 of 32 bytes"
                                   : "must be 64 hexadecimal digits in lower case");
        }
    }

    std::optional<Time> time(std::string_view field, bool required) {
        if (!required && !object_.has(field)) return std::nullopt;
        const auto at = is_string(object_[field]) ? object_[field].time() : std::nullopt;
        if (!at) complain(field, "must be a time such as 2026-01-02T03:04:05Z");
        return at;
    }

    void read_rate(ApiKey& key) {
        if (!object_.has("ratePerMinute")) return;
        const JsonValue value = object_["ratePerMinute"];
        const auto rate = is_string(value) ? std::nullopt : value.whole();
        if (rate && *rate <= rate_most) {
            key.rate_per_minute = static_cast<std::uint32_t>(*rate);
        } else {
            complain("ratePerMinute", "must be a whole number from 0 to 6000000");
        }
    }

    void read_addresses(ApiKey& key) {
        if (!object_.has("addresses")) return;
        const JsonValue value = object_["addresses"];
        if (!is_list_of_strings(value) || value.items().empty()) {
            // An empty list could be meant as "from nowhere"; nobody shall have to guess.
            complain("addresses",
                     "must be a list of addresses or networks such as [\"10.0.0.0/8\"], or left out");
            return;
        }
        for (const JsonValue& item : value.items()) key.addresses.push_back(item.text());
    }

    const JsonValue& object_;
    std::string trouble_;
};

std::string quoted_list(const std::vector<std::string>& words) {
    std::string text = "[";
    for (const std::string& word : words) text += (text.size() == 1 ? "" : ",") + to_json_string(word);
    return text + "]";
}

std::string encode_key(const ApiKey& key) {
    std::vector<std::string> scopes;
    for (const Scope scope : {Scope::read, Scope::trade, Scope::admin}) {
        if (key.scopes.names(scope)) scopes.emplace_back(to_string(scope));
    }
    std::string line = "{\"id\":" + to_json_string(key.id) + ",\"name\":" + to_json_string(key.name) +
                       ",\"account\":" + to_json_string(key.account) + ",\"scopes\":" + quoted_list(scopes) +
                       ",\"kind\":" + to_json_string(to_string(key.kind));
    if (key.kind == ApiKey::Kind::bearer) {
        line += ",\"secretSha256\":" + to_json_string(crypto::to_hex(key.proof.data(), key.proof.size()));
    } else {
        line += ",\"publicKey\":" + to_json_string(crypto::to_base64(key.proof.data(), key.proof.size()));
    }
    line += ",\"createdAt\":" + to_json_string(to_rfc3339(key.created_at));
    if (key.expires_at) line += ",\"expiresAt\":" + to_json_string(to_rfc3339(*key.expires_at));
    if (key.revoked_at) line += ",\"revokedAt\":" + to_json_string(to_rfc3339(*key.revoked_at));
    if (key.rate_per_minute) line += ",\"ratePerMinute\":" + std::to_string(*key.rate_per_minute);
    if (!key.addresses.empty()) line += ",\"addresses\":" + quoted_list(key.addresses);
    return line + "}";
}

}  // namespace

Result<std::vector<ApiKey>> parse_keys(std::string_view text) {
    std::vector<ApiKey> keys;
    std::unordered_set<std::string> ids;
    std::size_t number = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        ++number;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
        const auto refuse = [number](const std::string& what) {
            return reject(Reason::invalid_parameter, "line " + std::to_string(number) + ": " + what);
        };
        const Result<JsonValue> parsed = JsonValue::parse(line);
        if (!parsed) return refuse("is no JSON object on one line (" + parsed.error().detail + ")");
        if (!parsed.value().is_object()) return refuse("must be a JSON object, one key a line");
        LineReader reader(parsed.value());
        ApiKey key = reader.read();
        if (!reader.trouble().empty()) return refuse(reader.trouble());
        if (!ids.insert(key.id).second) return refuse("id: " + key.id + " is on an earlier line already");
        if (keys.size() == keys_most) return refuse("more than " + std::to_string(keys_most) + " keys");
        keys.push_back(std::move(key));
    }
    return keys;
}

std::string encode_keys(const std::vector<ApiKey>& keys) {
    std::string text;
    for (const ApiKey& key : keys) text += encode_key(key) + "\n";
    return text;
}

}  // namespace libexec
