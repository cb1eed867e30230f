#include "libexec/access/nonce_cache.hpp"

#include <algorithm>
#include <cstring>

#include "crypto.hpp"

namespace libexec {

std::size_t NonceCache::FirstBytes::operator()(const Digest& digest) const noexcept {
    std::size_t hash = 0;
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
}

void NonceCache::forget(Used& used, Time now) {
    while (!used.in_order.empty() && used.in_order.front().forget_at < now) {
        used.nonces.erase(used.in_order.front().nonce);
        used.in_order.pop_front();
        --size_;
    }
}

NonceCache::Answer NonceCache::use(const std::string& key_id, std::string_view nonce, Time now,
                                   Time forget_at) {
    Used& used = keys_[key_id];
    forget(used, now);
    if (size_ >= limits_.all) {
        for (auto& [id, other] : keys_) forget(other, now);
        std::erase_if(
            keys_, [&](const auto& entry) { return entry.second.in_order.empty() && entry.first != key_id; });
    }
    const ApiKey::Bytes whole = crypto::sha256(nonce);
    Entry entry{forget_at, {}};
    std::copy_n(whole.begin(), entry.nonce.size(), entry.nonce.begin());
    if (used.nonces.contains(entry.nonce)) return Answer::used;
    if (used.nonces.size() >= limits_.per_key || size_ >= limits_.all) return Answer::full;
    used.nonces.insert(entry.nonce);
    used.in_order.push_back(entry);
    ++size_;
    return Answer::fresh;
}

}  // namespace libexec
