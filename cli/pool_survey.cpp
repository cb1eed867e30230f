#include "pool_survey.hpp"

#include <algorithm>
#include <utility>

#include "libexec/model/money.hpp"
#include "libexec/venues/pools/whole_trade.hpp"
#include "libexec/venues/solana/pool_book.hpp"

namespace libexec::cli {
namespace {

constexpr std::uint64_t million = 1'000'000;

/// To the nearest part of a million. A fee on what is paid was taken from more than arrives.
std::optional<std::uint64_t> fee_ppm_of(const PoolTrade& trade, const PublicKey& mint_in) {
    const Wide whole = trade.fee_mint == mint_in ? Wide(trade.amount_in) : Wide(trade.amount_out) + trade.fee;
    if (whole == 0) return std::nullopt;
    return static_cast<std::uint64_t>((Wide(trade.fee) * million + whole / 2) / whole);
}

SurveyedPool named_pool(const PoolFamily& family, const FoundPool& found, bool in_is_a) {
    SurveyedPool pool;
    pool.family = &family;
    pool.address = found.address;
    pool.held_in = found.held[in_is_a ? 0 : 1];
    pool.held_out = found.held[in_is_a ? 1 : 0];
    return pool;
}

void ask_pool_itself(SurveyedPool& surveyed, const Pool& pool, const PoolSurveyQuestion& question,
                     const ChainClock& clock) {
    surveyed.closed.reset();
    const Result<PoolTrade> probe =
        pool.sell(question.mint_in, question.amount.value_or(surveyed.held_in / 1'000 + 1), clock);
    if (probe) surveyed.fee_ppm = fee_ppm_of(probe.value(), question.mint_in);
    if (!probe && probe.error().reason == Reason::pool_closed) {
        surveyed.closed = probe.error();
    } else if (question.amount) {
        surveyed.sale = whole_sale(pool, question.mint_in, *question.amount, clock);
    }
}

std::uint64_t paid_by(const SurveyedPool& pool) {
    return pool.sale && *pool.sale ? pool.sale->value().amount_out : 0;
}

bool is_better(const SurveyedPool& one, const SurveyedPool& other) {
    if (paid_by(one) != paid_by(other)) return paid_by(one) > paid_by(other);
    if (one.closed.has_value() != other.closed.has_value()) return !one.closed;
    return holds_more({one.held_in, one.held_out}, {other.held_in, other.held_out});
}

/// Opens those that were named. Those that do not open keep the reason of why not.
Task<Result<std::uint64_t>> open_named(ChainReader& reader, const Clock& clock, const PoolFamily& family,
                                       PoolSurveyQuestion question, std::vector<SurveyedPool>& named) {
    std::vector<PublicKey> addresses;
    for (const SurveyedPool& pool : named) addresses.push_back(pool.address);
    PoolBook book(std::move(addresses), reader, clock);
    const Result<Done> learned = co_await book.learn();
    if (!learned) co_return learned.error();
    libexec::PoolQuestion asked;
    asked.family = &family;
    asked.mint_in = question.mint_in;
    asked.mint_out = question.mint_out;
    const Result<libexec::PoolSnapshot> read = co_await book.read(std::move(asked));
    const std::vector<KnownPool> known = book.pools();
    for (SurveyedPool& pool : named) {
        for (const KnownPool& one : known) {
            if (one.address == pool.address && !one.is_open)
                pool.closed = reject(Reason::bad_account,
                                     one.left_out.empty() ? "it does not trade the pair" : one.left_out);
        }
    }
    if (!read) {
        if (is_said_of_pools(read.error().reason)) co_return 0;
        co_return read.error();
    }
    for (const OpenPool& opened : read.value().pools) {
        for (SurveyedPool& pool : named) {
            if (pool.address == opened.pool->address())
                ask_pool_itself(pool, *opened.pool, question, read.value().clock);
        }
    }
    co_return read.value().slot;
}

}  // namespace

Task<PoolSurvey> survey_pools(ChainReader& reader, const Clock& clock, PoolSurveyQuestion question) {
    PoolSurvey survey;
    const MintPair pair(question.mint_in, question.mint_out);
    for (const PoolFamily* family : pool_families()) {
        SurveyedFamily searched;
        searched.family = family;
        PoolFinder finder(reader);
        const Result<FoundPools> found = co_await finder.find(*family, pair);
        std::vector<SurveyedPool> named;
        if (!found) {
            searched.failure = found.error();
        } else {
            searched.named = found.value().named;
            for (const FoundPool& pool : found.value().pools) {
                if (named.size() == question.limit) break;
                named.push_back(named_pool(*family, pool, question.mint_in == pair.a));
            }
        }
        if (!named.empty()) {
            const Result<std::uint64_t> slot = co_await open_named(reader, clock, *family, question, named);
            if (slot) {
                survey.slot = std::max(survey.slot, slot.value());
                survey.pools.insert(survey.pools.end(), named.begin(), named.end());
            } else {
                searched.failure = slot.error();
            }
        }
        survey.families.push_back(std::move(searched));
    }
    std::stable_sort(survey.pools.begin(), survey.pools.end(), is_better);
    co_return survey;
}

}  // namespace libexec::cli
