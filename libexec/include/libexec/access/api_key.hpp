#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/base/result.hpp"

namespace libexec {

/// What a key may do.
enum class Scope : std::uint8_t {
    read,   ///< look at its account's orders, at quotes, venues and the queue
    trade,  ///< submit, cancel and retry in its account; ask for quotes
    admin,  ///< look at every account's orders and at the nodes; change venues and faults. Includes `read`.
};

/// "read", "trade" or "admin".
std::string_view to_string(Scope scope);

/// A set of scopes.
/// Errors: `parse` takes names with commas between, each at most once, at least one.
class Scopes {
public:
    Scopes() = default;
    /// The scopes that `list` names.
    static Result<Scopes> parse(std::string_view list);

    /// One more.
    void add(Scope scope) { bits_ = static_cast<std::uint8_t>(bits_ | bit(scope)); }
    /// Whether it is in the set by its own name.
    bool names(Scope scope) const { return (bits_ & bit(scope)) != 0; }
    /// Whether whoever has these may do what `scope` stands for.
    bool allow(Scope scope) const { return names(scope) || (scope == Scope::read && names(Scope::admin)); }
    /// Whether there is none.
    bool empty() const { return bits_ == 0; }
    /// "read,trade", in the order of the enumerators.
    std::string to_string() const;

    friend bool operator==(const Scopes&, const Scopes&) = default;

private:
    static std::uint8_t bit(Scope scope) {
        return static_cast<std::uint8_t>(1U << static_cast<unsigned>(scope));
    }
    std::uint8_t bits_ = 0;
};

/// Who may come in, and as whom.
/// Shape:  nothing in it opens a door: a bearer's secret is kept as its SHA-256, a signer's as the public
/// key. Unit:   times are UTC microseconds; `rate_per_minute` counts submissions. Source: one line of the key
/// file, see KeyFile.
struct ApiKey {
    /// How its holder proves to be the one.
    enum class Kind : std::uint8_t {
        bearer,   ///< by a secret that comes with each request
        ed25519,  ///< by a signature over each request
    };
    /// A digest, or half of a key pair.
    using Bytes = std::array<std::uint8_t, 32>;

    std::string id;       ///< 4 to 32 of a-z and 0-9; no secret
    std::string name;     ///< for people: 1 to 100 bytes of UTF-8 without control characters
    std::string account;  ///< whose orders it places and sees: 1 to 64 letters, digits and ._-
    Scopes scopes;
    Kind kind = Kind::bearer;
    Bytes proof{};  ///< SHA-256 of the bearer's secret as it is written, or the public key
    Time created_at{};
    std::optional<Time> expires_at;                ///< from then on it is no key any more
    std::optional<Time> revoked_at;                ///< set once, by `execctl keys revoke`
    std::optional<std::uint32_t> rate_per_minute;  ///< takes the place of RATE_LIMIT; 0: no limit
    std::vector<std::string> addresses;  ///< where it may come from, 10.0.0.0/8 or ::1; empty: anywhere

    /// Whether it still opens anything at that moment.
    bool stands_at(Time now) const { return !revoked_at && (!expires_at || now < *expires_at); }
    /// Whether it may come from that address.
    bool may_come_from(std::string_view address) const;

    friend bool operator==(const ApiKey&, const ApiKey&) = default;
};

std::string_view to_string(ApiKey::Kind kind);

/// What is wrong with a key's name, account or addresses, as "name: must ..."; empty when nothing is.
std::string describe_key_trouble(const ApiKey& key);

/// A bearer's secret as its holder has it: `lx_ID_SECRET`, the secret 64 hexadecimal digits.
struct BearerToken {
    std::string id;
    std::string secret;

    /// Nothing when it is not written like one.
    static std::optional<BearerToken> parse(std::string_view text);
    /// As its holder writes it.
    std::string to_string() const { return "lx_" + id + "_" + secret; }
};

/// A new id, drawn from the system.
std::string new_key_id();
/// Makes `key` a bearer's with a new secret of 256 random bits, which is in the answer and nowhere else.
BearerToken give_secret(ApiKey& key);
/// A public key as `execctl keys create --ed25519` takes it: the base64 of 32 bytes.
std::optional<ApiKey::Bytes> parse_public_key(std::string_view base64);

}  // namespace libexec
