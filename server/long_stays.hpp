#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <asio/post.hpp>

#include "libexec/base/task.hpp"

namespace libexec::server {

/// The sockets and event streams that were opened with a key, so that they can be ended when it stops
/// counting. Safe from any thread; outlives its stays.
class LongStays {
public:
    /// One of them, until it is destroyed.
    class Stay {
    public:
        Stay(LongStays& all, std::uint64_t number) : all_(all), number_(number) {}
        ~Stay() {
            const std::lock_guard lock(all_.mutex_);
            all_.stays_.erase(number_);
        }
        Stay(const Stay&) = delete;
        Stay& operator=(const Stay&) = delete;

    private:
        LongStays& all_;
        const std::uint64_t number_;
    };

    /// `end` runs on `executor`, perhaps more than once, perhaps after the stay has gone.
    std::uint64_t enter(std::string key_id, Executor executor, std::function<void()> end) {
        const std::lock_guard lock(mutex_);
        stays_.emplace(++last_, Entry{std::move(key_id), executor, std::move(end)});
        return last_;
    }

    /// Ends those whose key `counts` does not name any more.
    void sweep(const std::function<bool(const std::string&)>& counts) {
        std::vector<std::pair<Executor, std::function<void()>>> over;
        {
            const std::lock_guard lock(mutex_);
            std::map<std::string, bool> asked;
            for (const auto& [number, entry] : stays_) {
                const auto [known, fresh] = asked.try_emplace(entry.key_id, true);
                if (fresh) known->second = counts(entry.key_id);
                if (!known->second) over.emplace_back(entry.executor, entry.end);
            }
        }
        for (auto& [executor, end] : over) asio::post(executor, std::move(end));
    }

private:
    struct Entry {
        std::string key_id;
        Executor executor;
        std::function<void()> end;
    };
    std::mutex mutex_;
    std::map<std::uint64_t, Entry> stays_;
    std::uint64_t last_ = 0;
};

}  // namespace libexec::server
