#include "libexec/access/api_key.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <asio/ip/address.hpp>
#include <asio/ip/network_v4.hpp>
#include <asio/ip/network_v6.hpp>

#include "crypto.hpp"
#include "libexec/json/nearest_word.hpp"

namespace libexec {
namespace {

constexpr std::array all_scopes{Scope::read, Scope::trade, Scope::admin};
constexpr std::array<std::string_view, 3> scope_words{"read", "trade", "admin"};
constexpr std::string_view token_prefix = "lx_";
constexpr std::string_view id_letters = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr std::size_t id_least = 4;
constexpr std::size_t id_most = 32;

std::optional<asio::ip::address> plain_address(std::string_view text) {
    asio::error_code error;
    const auto address = asio::ip::make_address(std::string(text), error);
    if (error) return std::nullopt;
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return asio::ip::address(asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()));
    return address;
}

/// A network is a range of addresses with their prefix in common.
struct Network {
    asio::ip::address first;
    unsigned prefix = 0;

    static std::optional<Network> parse(const std::string& text) {
        asio::error_code error;
        Network network;
        if (text.find('/') == std::string::npos) {
            const auto address = plain_address(text);
            if (!address) return std::nullopt;
            network.first = *address;
            network.prefix = address->is_v4() ? 32 : 128;
            return network;
        }
        if (const auto four = asio::ip::make_network_v4(text, error); !error) {
            network.first = four.network();
            network.prefix = four.prefix_length();
            return network;
        }
        const auto six = asio::ip::make_network_v6(text, error);
        if (error) return std::nullopt;
        network.first = six.network();
        network.prefix = six.prefix_length();
        return network;
    }

    bool holds(const asio::ip::address& address) const {
        if (address.is_v4() != first.is_v4()) return false;
        const auto same = [this](const auto& a, const auto& b) {
            for (unsigned bit = 0; bit < prefix; ++bit) {
                const unsigned mask = 0x80U >> (bit % 8);
                if ((a[bit / 8] & mask) != (b[bit / 8] & mask)) return false;
            }
            return true;
        };
        if (first.is_v4()) return same(first.to_v4().to_bytes(), address.to_v4().to_bytes());
        return same(first.to_v6().to_bytes(), address.to_v6().to_bytes());
    }
};

}  // namespace

std::string_view to_string(Scope scope) { return scope_words.at(static_cast<std::size_t>(scope)); }

Result<Scopes> Scopes::parse(std::string_view list) {
    Scopes scopes;
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        const std::string_view word = list.substr(begin, end - begin);
        const auto known = std::find(scope_words.begin(), scope_words.end(), word);
        if (known == scope_words.end()) {
            constexpr std::size_t shown_most = 32;
            const std::string_view near = nearest_word(word, scope_words);
            return reject(Reason::invalid_parameter,
                          "must be of read, trade and admin with commas between, not '" +
                              std::string(word.substr(0, shown_most)) + "'" +
                              (near.empty() ? "" : ": did you mean " + std::string(near) + "?"));
        }
        const Scope scope = all_scopes.at(static_cast<std::size_t>(known - scope_words.begin()));
        if (scopes.names(scope))
            return reject(Reason::invalid_parameter, "names " + std::string(word) + " twice");
        scopes.add(scope);
        begin = end + 1;
    }
    return scopes;
}

std::string Scopes::to_string() const {
    std::string text;
    for (const Scope scope : all_scopes) {
        if (names(scope)) text += (text.empty() ? "" : ",") + std::string(libexec::to_string(scope));
    }
    return text;
}

std::string_view to_string(ApiKey::Kind kind) { return kind == ApiKey::Kind::bearer ? "bearer" : "ed25519"; }

bool ApiKey::may_come_from(std::string_view address) const {
    if (addresses.empty()) return true;
    const auto from = plain_address(address);
    if (!from) return false;
    return std::any_of(addresses.begin(), addresses.end(), [&from](const std::string& text) {
        const auto network = Network::parse(text);
        return network && network->holds(*from);
    });
}

std::string describe_key_trouble(const ApiKey& key) {
    constexpr std::size_t name_most = 100;
    constexpr std::size_t account_most = 64;
    constexpr std::size_t addresses_most = 64;
    constexpr std::string_view account_letters =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-";
    if (key.id.size() < id_least || key.id.size() > id_most ||
        key.id.find_first_not_of(id_letters) != std::string::npos) {
        return "id: must be 4 to 32 of a-z and 0-9";
    }
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (key.name.empty() || key.name.size() > name_most ||
        std::any_of(key.name.begin(), key.name.end(), is_control)) {
        return "name: must be 1 to 100 bytes without control characters";
    }
    if (key.account.empty() || key.account.size() > account_most ||
        key.account.find_first_not_of(account_letters) != std::string::npos) {
        return "account: must be 1 to 64 letters, digits and ._-";
    }
    if (key.scopes.empty()) return "scopes: must name at least one of read, trade and admin";
    if (key.addresses.size() > addresses_most) return "addresses: must be at most 64";
    for (const std::string& address : key.addresses) {
        if (!Network::parse(address))
            return "addresses: must be addresses or networks such as 10.0.0.0/8, not '" +
                   address.substr(0, 64) + "'";
    }
    return {};
}

std::optional<BearerToken> BearerToken::parse(std::string_view text) {
    if (!text.starts_with(token_prefix)) return std::nullopt;
    text.remove_prefix(token_prefix.size());
    const std::size_t bar = text.find('_');
    if (bar == std::string_view::npos || bar < id_least || bar > id_most) return std::nullopt;
    BearerToken token;
    token.id = text.substr(0, bar);
    token.secret = text.substr(bar + 1);
    if (token.id.find_first_not_of(id_letters) != std::string::npos || !crypto::from_hex(token.secret))
        return std::nullopt;
    return token;
}

std::string new_key_id() {
    constexpr std::size_t size = 12;  // 60 bits of chance
    const ApiKey::Bytes random = crypto::random_bytes();
    std::string id;
    // 32 of the letters: each of them as likely as the others.
    for (std::size_t i = 0; i < size; ++i) id += id_letters[random.at(i) % 32];
    return id;
}

BearerToken give_secret(ApiKey& key) {
    const ApiKey::Bytes random = crypto::random_bytes();
    BearerToken token;
    token.id = key.id;
    token.secret = crypto::to_hex(random.data(), random.size());
    key.kind = ApiKey::Kind::bearer;
    key.proof = crypto::sha256(token.secret);
    return token;
}

std::optional<ApiKey::Bytes> parse_public_key(std::string_view base64) {
    ApiKey::Bytes bytes{};
    if (!crypto::from_base64(base64, bytes.data(), bytes.size())) return std::nullopt;
    return bytes;
}

}  // namespace libexec
