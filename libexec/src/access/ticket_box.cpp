#include "libexec/access/ticket_box.hpp"

#include "crypto.hpp"

namespace libexec {

std::optional<std::string> TicketBox::issue(const std::string& key_id) {
    const ApiKey::Bytes random = crypto::random_bytes();
    const std::string ticket = crypto::to_hex(random.data(), random.size());
    const Time now = clock_.now();
    const std::lock_guard lock(mutex_);
    const auto held = per_key_.find(key_id);
    if (waiting_.size() >= all_most || (held != per_key_.end() && held->second >= per_key_most)) sweep(now);
    std::size_t& mine = per_key_[key_id];
    if (waiting_.size() >= all_most || mine >= per_key_most) return std::nullopt;
    ++mine;
    waiting_.emplace(crypto::sha256(ticket), Waiting{key_id, now + lifetime});
    return ticket;
}

std::optional<std::string> TicketBox::redeem(std::string_view ticket) {
    // Found by its digest: how long the search takes says nothing about any ticket.
    const ApiKey::Bytes digest = crypto::sha256(ticket);
    const Time now = clock_.now();
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(digest);
    if (found == waiting_.end()) return std::nullopt;
    const Waiting waiting = found->second;
    waiting_.erase(found);
    if (const auto mine = per_key_.find(waiting.key_id); mine != per_key_.end() && --mine->second == 0)
        per_key_.erase(mine);
    if (now >= waiting.until) return std::nullopt;
    return waiting.key_id;
}

void TicketBox::sweep(Time now) {
    per_key_.clear();
    std::erase_if(waiting_, [now](const auto& entry) { return now >= entry.second.until; });
    for (const auto& [digest, waiting] : waiting_) ++per_key_[waiting.key_id];
}

}  // namespace libexec
