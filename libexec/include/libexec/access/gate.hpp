#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "libexec/access/api_key.hpp"
#include "libexec/access/nonce_cache.hpp"
#include "libexec/access/request_signature.hpp"
#include "libexec/access/ticket_box.hpp"
#include "libexec/base/clock.hpp"

namespace libexec {

/// All keys of one state of the file, by id. Never changed once made.
class KeyRing {
public:
    /// No two have one id.
    explicit KeyRing(std::vector<ApiKey> keys);

    /// Null when there is none.
    const ApiKey* find(std::string_view id) const;
    /// In the order of their ids.
    const std::vector<ApiKey>& all() const { return keys_; }

private:
    std::vector<ApiKey> keys_;  ///< sorted by id
};

/// What a request shows to be let in. Views of the request.
struct Credentials {
    std::string_view method;
    std::string_view target;  ///< path with query
    std::string_view body;
    std::string_view address;                       ///< where it comes from
    std::optional<std::string_view> authorization;  ///< the headers of these names, where they were sent
    std::optional<std::string_view> api_key;        ///< X-Api-Key
    std::optional<std::string_view> timestamp;      ///< X-Timestamp
    std::optional<std::string_view> nonce;          ///< X-Nonce
    std::optional<std::string_view> signature;      ///< X-Signature
};

/// Who was let in.
struct Caller {
    std::string key_id;
    std::string account;
    Scopes scopes;
    std::optional<std::uint32_t> rate_per_minute;
};

/// Why somebody was not. The detail is fit for them: before they have proven to hold a key it says nothing
/// about which keys there are.
struct Denial {
    /// Of what sort.
    enum class Kind : std::uint8_t {
        unauthorized,  ///< no key, or none that counts
        forbidden,     ///< a good key, but not from there
        too_many,      ///< for now
    };
    Kind kind = Kind::unauthorized;
    std::string detail;
};

/// How strict the gate is with signed requests.
struct GateConfig {
    std::chrono::milliseconds window{5'000};  ///< how old a signature may be
    NonceLimits nonces;
};

/// Tells who is there. The keys may be replaced while others ask: each question sees them as they were when
/// it began. Safe from any thread.
///
/// A clock that is set back would make used signatures good again after their nonces are forgotten, so signed
/// requests are judged by the latest time ever seen: until the clock has caught up they are refused as too
/// old.
class Gate {
public:
    static constexpr std::chrono::milliseconds ahead_most{1'000};  ///< of us, a client's clock

    /// The clock outlives it.
    Gate(GateConfig config, std::vector<ApiKey> keys, const Clock& clock);

    /// By the bearer token or the signature that is shown.
    std::variant<Caller, Denial> admit(const Credentials& shown);
    /// By the ticket of a key that still counts.
    std::variant<Caller, Denial> admit_ticket(std::string_view ticket, std::string_view address);
    /// A ticket for the key of that caller; nothing when too many wait to be used.
    std::optional<std::string> issue_ticket(const Caller& caller) { return tickets_.issue(caller.key_id); }

    /// Whether these are others than before.
    bool replace(std::vector<ApiKey> keys);
    /// The keys that count now.
    std::shared_ptr<const KeyRing> keys() const;
    /// Whether the key with this id still opens anything.
    bool stands(const std::string& key_id) const;

private:
    std::variant<Caller, Denial> admit_bearer(std::string_view authorization, std::string_view address);
    std::variant<Caller, Denial> admit_signed(const Credentials& shown);
    std::variant<Caller, Denial> admit_holder(const ApiKey& key, std::string_view address) const;
    std::optional<Denial> judge_time(std::int64_t sent_ms);
    std::optional<Denial> use_nonce(const ApiKey& key, std::string_view nonce);
    Time latest_now();

    const GateConfig config_;
    const Clock& clock_;
    const Time began_;
    const ApiKey::Bytes nobodys_digest_;  ///< compared with when there is no such key: that takes as long
    const ApiKey::Bytes nobodys_public_key_;
    TicketBox tickets_;
    mutable std::mutex mutex_;
    std::shared_ptr<const KeyRing> keys_;
    std::mutex nonces_mutex_;
    Time latest_{};
    NonceCache nonces_;
};

}  // namespace libexec
