#include "rate_limiter.hpp"

#include <algorithm>

#include <asio/ip/address.hpp>

namespace libexec::server {

std::string rate_key(std::string_view address) {
    asio::error_code error;
    const auto parsed = asio::ip::make_address(std::string(address), error);
    if (error || parsed.is_v4()) return std::string(address);
    if (parsed.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, parsed.to_v6()).to_string();
    auto bytes = parsed.to_v6().to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
    return asio::ip::address_v6(bytes).to_string() + "/64";
}

Time& RateLimiter::bucket(std::string_view address, Time now) {
    using namespace std::chrono_literals;
    std::string key = rate_key(address);
    if (const auto found = full_at_.find(key); found != full_at_.end()) return found->second;
    if (full_at_.size() >= addresses_max_ && now - swept_at_ >= 1s) {
        swept_at_ = now;
        std::erase_if(full_at_, [&](const auto& entry) { return entry.second <= now; });
    }
    if (full_at_.size() >= addresses_max_) return others_full_at_;
    return full_at_.emplace(std::move(key), Time{}).first->second;
}

Task<RateLimiter::Answer> RateLimiter::take(Client client) {
    Answer answer = take_here(client);
    const std::uint32_t most = per_minute(client);
    if (!answer.allowed || shared_ == nullptr || most == 0) co_return answer;
    Task<Result<SharedLimits::Verdict>> asking = shared_->take(rate_key(client.name), most);
    const Result<SharedLimits::Verdict> verdict = co_await std::move(asking);
    if (verdict) answer = adopt(client, verdict.value());
    co_return answer;
}

/// From here on this node's own bucket stands as the one of all nodes.
RateLimiter::Answer RateLimiter::adopt(const Client& client, const SharedLimits::Verdict& verdict) {
    const std::lock_guard lock(mutex_);
    const Time now = clock_.now();
    Time& mine = bucket(client.name, now);
    const Time full_at = now + verdict.missing;
    if (&mine != &others_full_at_) mine = full_at;  // that one is not this client's alone
    Answer answer = answer_at(now, full_at, std::max(per_minute(client), 1U));
    answer.allowed = verdict.allowed;
    if (!answer.allowed) ++refused_;
    return answer;
}

RateLimiter::Answer RateLimiter::ask(const Client& client, bool take_one) {
    using std::chrono::microseconds;
    const std::uint32_t per_minute = this->per_minute(client);
    if (per_minute == 0) return {};
    const microseconds minute = std::chrono::minutes(1);
    const microseconds token = minute / per_minute;
    const std::lock_guard lock(mutex_);
    const Time now = clock_.now();
    Time& full_at = bucket(client.name, now);
    const bool allowed = std::max(full_at, now) + token - now <= minute;
    if (allowed && take_one) full_at = std::max(full_at, now) + token;
    if (!allowed && take_one) ++refused_;
    Answer answer = answer_at(now, full_at, per_minute);
    answer.allowed = allowed;
    return answer;
}

RateLimiter::Answer RateLimiter::answer_at(Time now, Time full_at, std::uint32_t per_minute) const {
    using std::chrono::microseconds;
    const microseconds minute = std::chrono::minutes(1);
    const microseconds token = minute / per_minute;
    Answer answer;
    const microseconds missing = std::max(full_at, now) - now;
    const auto whole = std::max<microseconds::rep>((minute - missing) / token, 0);
    answer.remaining = static_cast<std::uint32_t>(std::min<microseconds::rep>(whole, per_minute));
    const microseconds wait = missing - (minute - token * (answer.remaining + 1));
    answer.retry_after = std::max(std::chrono::ceil<std::chrono::seconds>(wait), std::chrono::seconds(1));
    return answer;
}

}  // namespace libexec::server
