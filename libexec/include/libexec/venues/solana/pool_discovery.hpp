#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/base/task.hpp"
#include "libexec/base/timers.hpp"
#include "libexec/solana/chain_reader.hpp"
#include "libexec/telemetry/log.hpp"
#include "libexec/venues/solana/pool_book.hpp"
#include "libexec/venues/solana/pool_finder.hpp"

namespace libexec {

/// Which pools to look for, and how often.
struct PoolSearchPlan {
    /// Pools of these pairs, of every family.
    explicit PoolSearchPlan(std::vector<MintPair> of) : pairs(std::move(of)) {}

    std::vector<MintPair> pairs;
    std::chrono::milliseconds every{600'000};  ///< after an answer
    std::chrono::milliseconds again{5'000};    ///< after a failure; doubled with each in a row, up to `every`
    std::size_t places = 4;                    ///< pools that a family and pair have in the book at the most
};

/// Looks for pools on the chain, and keeps in the book those of each family and pair that hold most. A place
/// is taken by a pool that opens and lets trades in; a search that names a better one puts it there. What
/// was found stays until a search is answered: one that fails takes nothing away. One search at a time.
class PoolDiscovery {
public:
    /// Tells the book what to expect. Everything handed in outlives `stop`.
    PoolDiscovery(PoolSearchPlan plan, ChainReader& reader, PoolBook& book, const Clock& clock,
                  Timers& timers, Log* log = nullptr);

    /// Searches whenever a search is due, until `stop`.
    static Task<void> keep_searching(std::shared_ptr<PoolDiscovery> self);
    /// The searches that are due now, one after the other.
    static Task<void> search_due(std::shared_ptr<PoolDiscovery> self);
    /// When the next one is due. In the past: now.
    Time next_due() const;
    /// Nothing that was handed in is touched any more, but by what it is told of a question under way.
    void stop() { stopped_ = true; }

    /// Of one search at the most so many pools are read as a whole: those that do not open take no place, and
    /// somebody can make many of them.
    static constexpr std::size_t tried_most = 32;

private:
    struct Errand {
        const PoolFamily* family = nullptr;
        MintPair pair;
        Time due{};
        std::uint32_t failures_in_row = 0;
        std::string told;  ///< the last trouble that was told of
    };
    static Task<void> run(std::shared_ptr<PoolDiscovery> self, std::size_t number);
    static Task<Result<std::vector<PublicKey>>> choose(std::shared_ptr<PoolDiscovery> self,
                                                       const PoolFamily& family, MintPair pair);
    static Task<Result<Done>> weigh(std::shared_ptr<PoolDiscovery> self, const PoolFamily& family,
                                    MintPair pair, std::vector<PublicKey> addresses,
                                    std::vector<FoundPool>& open);
    void note_failure(Errand& errand, const Rejection& why);
    void note_answer(Errand& errand, const std::vector<PublicKey>& pools);

    const PoolSearchPlan plan_;
    ChainReader& reader_;
    PoolBook& book_;
    const Clock& clock_;
    Timers& timers_;
    Log* const log_;
    std::vector<Errand> errands_;  ///< as many as there are, for good
    bool stopped_ = false;
};

}  // namespace libexec
