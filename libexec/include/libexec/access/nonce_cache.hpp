#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>

#include "libexec/base/clock.hpp"

namespace libexec {

/// What bounds a NonceCache. An entry costs about 100 bytes: the defaults are at most 13 MB.
struct NonceLimits {
    std::size_t per_key = 8'192;
    std::size_t all = 131'072;
};

/// Remembers which nonces each key has used, for as long as a request with them could be accepted again. It
/// never forgets one early: when it is full, new ones are refused. Not safe from several threads at once.
class NonceCache {
public:
    /// What to say of a nonce.
    enum class Answer : std::uint8_t { fresh, used, full };

    /// Empty.
    explicit NonceCache(NonceLimits limits = {}) : limits_(limits) {}

    /// Uses it up until `forget_at`, which does not go back from one call to the next.
    Answer use(const std::string& key_id, std::string_view nonce, Time now, Time forget_at);
    /// How many are remembered.
    std::size_t size() const { return size_; }

private:
    using Digest = std::array<std::uint8_t, 16>;  ///< of its SHA-256: as good as the nonce itself
    struct FirstBytes {
        std::size_t operator()(const Digest& digest) const noexcept;
    };
    struct Entry {
        Time forget_at;
        Digest nonce;
    };
    struct Used {
        std::unordered_set<Digest, FirstBytes> nonces;
        std::deque<Entry> in_order;
    };
    void forget(Used& used, Time now);

    const NonceLimits limits_;
    std::map<std::string, Used> keys_;
    std::size_t size_ = 0;
};

}  // namespace libexec
