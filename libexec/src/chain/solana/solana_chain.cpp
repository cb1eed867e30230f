#include "libexec/chain/solana/solana_chain.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "balance_changes.hpp"
#include "libexec/solana/jito.hpp"
#include "libexec/solana/transaction.hpp"
#include "status_rounds.hpp"
#include "transaction_failure.hpp"

namespace libexec {
namespace {

/// What the endpoints say of a transaction, taken together.
struct Verdict {
    std::optional<SignatureStatus> status;  ///< the furthest anybody saw it
    std::size_t agree = 0;                  ///< endpoints that saw it end likewise, at its commitment
    bool contradicted = false;              ///< somebody saw it end the other way
};

Verdict weigh(const SignatureViews& seen) {
    Verdict verdict;
    for (const auto& view : seen.views) {
        if (!view.status) continue;
        if (!verdict.status || view.status->commitment > verdict.status->commitment)
            verdict.status = view.status;
    }
    if (!verdict.status) return verdict;
    for (const auto& view : seen.views) {
        if (!view.status) continue;
        const bool same = view.status->error.has_value() == verdict.status->error.has_value();
        if (!same) verdict.contradicted = true;
        if (same && view.status->commitment == verdict.status->commitment) ++verdict.agree;
    }
    return verdict;
}

/// How often it is asked again what a transaction moved that did land.
constexpr int tellings_most = 5;
/// Whose tellings are counted at a time.
constexpr std::size_t untold_most = 10'000;
/// What can be booked, with room for a tip.
constexpr std::uint64_t fee_most = Amount::most / 2;

/// Looks after the endpoints while the chain lives.
struct Watch {
    std::mutex mutex;
    Result<Done> health = Result<Done>(Done());
};

Task<void> keep_watch(std::weak_ptr<Watch> watch, const SolanaNetwork& network, Timers& timers,
                      std::chrono::milliseconds pause) {
    for (;;) {
        {
            const std::shared_ptr<Watch> alive = watch.lock();
            if (!alive) co_return;
            Result<Done> now = network.health();
            const std::lock_guard lock(alive->mutex);
            alive->health = std::move(now);
        }
        co_await timers.sleep_for(pause);
    }
}

class SolanaChain final : public Chain {
public:
    SolanaChain(SolanaChainConfig config, asio::io_context& io, SolanaNetwork& network, const Clock& clock,
                Timers& timers, Log& log)
        : config_(config),
          network_(network),
          log_(log),
          rounds_(network, clock, timers, config.status_pause, config.hurried_pause),
          watch_(std::make_shared<Watch>()) {
        asio::co_spawn(io, keep_watch(watch_, network, timers, config.health_pause), asio::detached);
    }

    Task<Result<Anchor>> anchor() override {
        const Result<LatestBlockhash> latest = co_await network_.latest_blockhash();
        if (!latest) co_return latest.error();
        Anchor anchor;
        anchor.blockhash = latest.value().blockhash.to_string();
        anchor.last_valid_height = latest.value().last_valid_height;
        anchor.slot = latest.value().slot;
        co_return anchor;
    }

    Task<Result<Done>> send(CommittedIntent intent) override {
        Result<Done> sent = co_await network_.send(std::move(intent));
        co_return sent;
    }

    Task<Observation> observe(Attempt attempt) override {
        const SignatureViews seen = co_await rounds_.status(attempt.signature);
        const Verdict verdict = weigh(seen);
        if (!verdict.status) co_return co_await look_for_its_end(std::move(attempt), seen);
        const std::size_t needed = std::min<std::size_t>(2, seen.endpoints);
        // Whoever lies about a failure makes us trade twice.
        const bool failed = verdict.status->error.has_value();
        if (failed && (verdict.contradicted || verdict.agree < needed)) co_return Unknown{};

        Landed landed;
        landed.ok = !failed;
        landed.commitment = verdict.status->commitment;
        landed.slot = verdict.status->slot;
        const Commitment tells = failed ? Commitment::finalized : config_.announced;
        if (landed.commitment < tells) co_return landed;
        co_return co_await fill_in(std::move(attempt), std::move(landed), *verdict.status);
    }

    std::unique_ptr<Listening> listen(const Attempt& attempt, std::function<void()> look) override {
        auto hurry = [this, look = std::move(look)] {
            rounds_.hurry();
            look();
        };
        return network_.listen(attempt.signature, config_.announced, std::move(hurry));
    }

    Result<Done> health() const override {
        const std::lock_guard lock(watch_->mutex);
        return watch_->health;
    }

private:
    /// What it cost and moved. Until a node tells, it is not decided.
    Task<Observation> fill_in(Attempt attempt, Landed landed, SignatureStatus status) {
        std::string signature = attempt.signature;
        const Result<std::optional<LandedTransaction>> told =
            co_await network_.transaction(std::move(signature), landed.commitment);
        if (!told || !told.value()) co_return Unknown{};
        LandedTransaction detail = *told.value();
        if (detail.error.has_value() != status.error.has_value() || detail.slot != landed.slot)
            co_return Unknown{};
        // More than can be booked is no fee that anybody paid: whoever says so has told nothing.
        const bool is_told = detail.fee_lamports <= fee_most;
        if (!is_told) detail.fee_lamports = 0;
        landed.fee_lamports = detail.fee_lamports;
        const Result<Transaction> sent = decode_transaction(attempt.signed_bytes);
        if (!sent) {
            note(attempt, "solana.unreadable_attempt", sent.error().detail, LogLevel::error);
            co_return Unknown{};
        }
        const Message& message = sent.value().message;
        if (detail.error) {
            landed.error = failure_of(*detail.error, message);
            landed.rent = Rent();  // what a failed transaction did is undone
            untold_.erase(attempt.signature);
            co_return landed;
        }
        // A tip pays for the same as the chain's own fee: a place in a block. One that failed pays none.
        detail.fee_lamports += tips_in(message);
        landed.fee_lamports = detail.fee_lamports;
        const Result<BalanceChanges> moved =
            is_told ? balance_changes(detail, message.keys.front())
                    : Result<BalanceChanges>(
                          reject(Reason::chain_rejected, "the node says a fee that cannot be"));
        if (!moved) {
            // It did land, and the next answer, perhaps of another node, may tell what it moved.
            // Of an order that another node has taken over nobody says here how it ended.
            if (untold_.size() >= untold_most) untold_.erase(untold_.begin());
            const bool asks_again = ++untold_[attempt.signature] <= tellings_most;
            if (asks_again) co_return Unknown{};
            untold_.erase(attempt.signature);
            // What was quoted is the best that is known.
            note(attempt, "solana.amounts_unknown", moved.error().detail, LogLevel::warn);
            landed.amount_in = attempt.quoted_in;
            landed.amount_out = attempt.quoted_out;
            co_return landed;
        }
        untold_.erase(attempt.signature);
        landed.amount_in = Amount(moved.value().gone);
        landed.amount_out = Amount(moved.value().come);
        landed.rent = moved.value().rent;
        co_return landed;
    }

    /// Nobody has it: perhaps it can be proven that nobody ever will.
    Task<Observation> look_for_its_end(Attempt attempt, SignatureViews seen) {
        if (seen.views.empty()) co_return Unknown{};
        // One cheap question before the many of a proof.
        const Result<std::uint64_t> height = co_await network_.finalized_height();
        if (!height || height.value() <= attempt.last_valid_height) co_return Unknown{};
        std::vector<std::shared_ptr<ChainNode>> nodes = network_.witnesses();
        const bool alone = nodes.size() == 1;
        const std::size_t least = alone ? 1 : 2;
        std::string signature = attempt.signature;
        ExpiryVerdict verdict =
            co_await prove_expiry(std::move(nodes), std::move(signature), attempt.last_valid_height, least);
        if (ProvablyDead* const dead = std::get_if<ProvablyDead>(&verdict)) {
            untold_.erase(attempt.signature);
            dead->alone = alone;
            co_return std::move(*dead);
        }
        note(attempt, "solana.expiry_not_proven", std::get<NotProven>(verdict).why);
        co_return Unknown{};
    }

    void note(const Attempt& attempt, const char* event, const std::string& what,
              LogLevel level = LogLevel::debug) {
        if (!log_.enabled(level)) return;
        log_.write(level, event, what,
                   {LogField{"orderId", attempt.order.to_string()}, LogField{"txHash", attempt.signature}});
    }

    const SolanaChainConfig config_;
    SolanaNetwork& network_;
    Log& log_;
    StatusRounds rounds_;
    std::shared_ptr<Watch> watch_;
    /// Transactions that landed, and how often nobody could tell what they moved.
    std::map<std::string, int> untold_;
};

}  // namespace

std::unique_ptr<Chain> make_solana_chain(SolanaChainConfig config, asio::io_context& io,
                                         SolanaNetwork& network, const Clock& clock, Timers& timers,
                                         Log& log) {
    return std::make_unique<SolanaChain>(config, io, network, clock, timers, log);
}

}  // namespace libexec
