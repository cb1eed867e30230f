#include "libexec/venues/solana/pool_discovery.hpp"

#include <algorithm>
#include <set>

namespace libexec {
namespace {

using namespace std::chrono_literals;

/// Pools that are read together as candidates for a place: as many as there usually are places, and few
/// enough for one call.
constexpr std::size_t candidates_at_once = 4;

/// Whether trades are let in just now. A small one is enough to ask.
bool lets_trades_in(const Pool& pool, const MintPair& pair, const FoundPool& found, const ChainClock& clock) {
    const auto refuses = [&](const PublicKey& mint, std::uint64_t held) {
        const Result<PoolTrade> trade = pool.sell(mint, held / 1'000 + 1, clock);
        return !trade && trade.error().reason == Reason::pool_closed;
    };
    return !refuses(pair.a, found.held[0]) && !refuses(pair.b, found.held[1]);
}

bool has_more(const FoundPool& one, const FoundPool& other) { return holds_more(one.held, other.held); }

}  // namespace

PoolDiscovery::PoolDiscovery(PoolSearchPlan plan, ChainReader& reader, PoolBook& book, const Clock& clock,
                             Timers& timers, Log* log)
    : plan_(std::move(plan)), reader_(reader), book_(book), clock_(clock), timers_(timers), log_(log) {
    for (const MintPair& pair : plan_.pairs) {
        for (const PoolFamily* family : pool_families()) {
            errands_.push_back(Errand{family, pair, {}, 0, {}});
            book_.searches().expect(*family, pair);
        }
    }
}

Time PoolDiscovery::next_due() const {
    Time due = Time::max();
    for (const Errand& errand : errands_) due = std::min(due, errand.due);
    return due;
}

Task<void> PoolDiscovery::keep_searching(std::shared_ptr<PoolDiscovery> self) {
    while (!self->stopped_ && !self->errands_.empty()) {
        co_await search_due(self);
        if (self->stopped_) break;
        const auto pause = self->next_due() - self->clock_.now();
        // A clock that was set back must not make a pause of it.
        const auto most = std::chrono::duration_cast<std::chrono::microseconds>(self->plan_.every);
        co_await self->timers_.sleep_for(std::clamp<std::chrono::microseconds>(pause, 1ms, most));
    }
}

Task<void> PoolDiscovery::search_due(std::shared_ptr<PoolDiscovery> self) {
    for (std::size_t i = 0; i < self->errands_.size() && !self->stopped_; ++i) {
        const Time now = self->clock_.now();
        Time& due = self->errands_[i].due;
        due = std::min(due, now + self->plan_.every);
        if (due <= now) co_await run(self, i);
    }
}

Task<void> PoolDiscovery::run(std::shared_ptr<PoolDiscovery> self, std::size_t number) {
    Errand& errand = self->errands_[number];
    // Pools that were listed are not read while the first search makes their venue wait.
    const Result<Done> learned = co_await self->book_.learn();
    if (self->stopped_) co_return;
    if (!learned) co_return self->note_failure(errand, learned.error());
    const Result<std::vector<PublicKey>> chosen = co_await choose(self, *errand.family, errand.pair);
    if (self->stopped_) co_return;
    if (!chosen) co_return self->note_failure(errand, chosen.error());
    self->note_answer(errand, chosen.value());
    // Spares the next quote the wait. What fails is tried again by whoever asks.
    (void)co_await self->book_.learn();
}

/// The best of what the search names and of what was found before: a node may have forgotten what it knew.
Task<Result<std::vector<PublicKey>>> PoolDiscovery::choose(std::shared_ptr<PoolDiscovery> self,
                                                           const PoolFamily& family, MintPair pair) {
    PoolFinder finder(self->reader_);
    Result<FoundPools> named = co_await finder.find(family, pair);
    if (!named) co_return named.error();
    if (self->stopped_) co_return reject(Reason::cancelled, "the search was stopped");
    const std::vector<PublicKey> known = self->book_.found(family, pair);
    std::set<PublicKey> forgotten(known.begin(), known.end());
    for (const FoundPool& pool : named.value().pools) forgotten.erase(pool.address);
    std::vector<PublicKey> candidates(forgotten.begin(), forgotten.end());
    for (const FoundPool& pool : named.value().pools) {
        // One that was listed is traded in as it is, and takes nobody's place.
        if (candidates.size() < tried_most && !self->book_.is_listed(pool.address))
            candidates.push_back(pool.address);
    }

    const auto was_named = [&](const FoundPool& pool) { return !forgotten.contains(pool.address); };
    std::vector<FoundPool> open;
    for (std::size_t from = 0; from < candidates.size();) {
        const std::size_t to = std::min(candidates.size(), from + candidates_at_once);
        std::vector<PublicKey> some(candidates.begin() + static_cast<std::ptrdiff_t>(from),
                                    candidates.begin() + static_cast<std::ptrdiff_t>(to));
        const Result<Done> weighed = co_await weigh(self, family, pair, std::move(some), open);
        if (!weighed) co_return weighed.error();
        from = to;
        // The rest holds less than what fills the places already.
        const auto filled = std::count_if(open.begin(), open.end(), was_named);
        if (static_cast<std::size_t>(filled) >= self->plan_.places) break;
    }
    std::stable_sort(open.begin(), open.end(), has_more);
    std::vector<PublicKey> chosen;
    for (const FoundPool& pool : open) {
        if (chosen.size() < self->plan_.places) chosen.push_back(pool.address);
    }
    co_return chosen;
}

/// Adds those that open and let trades in, with what they hold now. Errors: those of the reader.
Task<Result<Done>> PoolDiscovery::weigh(std::shared_ptr<PoolDiscovery> self, const PoolFamily& family,
                                        MintPair pair, std::vector<PublicKey> addresses,
                                        std::vector<FoundPool>& open) {
    PoolBook tried(std::move(addresses), self->reader_, self->clock_);
    // One that could not be read to its end would look like one that is worth nothing.
    const Result<Done> learned = co_await tried.learn();
    if (!learned) co_return learned.error();
    PoolQuestion question;
    question.family = &family;
    question.mint_in = pair.a;
    question.mint_out = pair.b;
    const Result<PoolSnapshot> read = co_await tried.read(std::move(question));
    if (!read) {
        if (is_said_of_pools(read.error().reason)) co_return Done{};
        co_return read.error();
    }
    const PoolSnapshot& seen = read.value();
    for (const OpenPool& opened : seen.pools) {
        FoundPool pool;
        pool.address = opened.pool->address();
        pool.held = holdings_of(family, pair, pool.address, seen.accounts);
        if (lets_trades_in(*opened.pool, pair, pool, seen.clock)) open.push_back(pool);
    }
    co_return Done{};
}

void PoolDiscovery::note_failure(Errand& errand, const Rejection& why) {
    book_.searches().failed(*errand.family, errand.pair, why);
    std::chrono::milliseconds pause = plan_.again;
    for (std::uint32_t i = 0; i < errand.failures_in_row && pause < plan_.every; ++i) pause *= 2;
    if (pause < plan_.every) ++errand.failures_in_row;
    errand.due = clock_.now() + std::min(pause, plan_.every);
    if (log_ != nullptr && errand.told != why.detail) {
        log_->warn("pools.search_failed",
                   "pools were not found by a search; it is tried again: " + why.detail,
                   {LogField{"family", std::string(errand.family->name())},
                    LogField{"mints", errand.pair.a.to_string() + "/" + errand.pair.b.to_string()},
                    LogField{"reason", std::string(to_string(why.reason))}});
    }
    errand.told = why.detail;
}

void PoolDiscovery::note_answer(Errand& errand, const std::vector<PublicKey>& pools) {
    std::vector<PublicKey> before = book_.found(*errand.family, errand.pair);
    book_.keep_found(*errand.family, errand.pair, pools);
    std::vector<PublicKey> after = book_.found(*errand.family, errand.pair);
    std::sort(before.begin(), before.end());
    std::sort(after.begin(), after.end());
    if (log_ != nullptr && before != after) {
        log_->info("pools.found", "a search says which pools are traded in",
                   {LogField{"family", std::string(errand.family->name())},
                    LogField{"mints", errand.pair.a.to_string() + "/" + errand.pair.b.to_string()},
                    LogField::number("pools", static_cast<std::int64_t>(after.size()))});
    }
    errand.failures_in_row = 0;
    errand.told.clear();
    errand.due = clock_.now() + plan_.every;
}

}  // namespace libexec
