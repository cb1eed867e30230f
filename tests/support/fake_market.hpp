#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libexec/base/clock.hpp"
#include "libexec/base/timers.hpp"
#include "libexec/chain/chain.hpp"
#include "libexec/venues/venue.hpp"

namespace libexec::test {

/// A venue that answers by a function and builds a message naming the order and attempt.
class FakeVenue final : public Venue {
public:
    using Answer = std::function<Result<Quote>(const QuoteRequest&)>;
    FakeVenue(std::string name, Answer answer, Timers& timers)
        : name_(std::move(name)), answer_(std::move(answer)), timers_(timers) {}

    std::string_view name() const override { return name_; }
    std::string_view kind() const override { return "scripted"; }
    std::string not_yet(const QuoteRequest&) const override { return too_early; }
    Task<Result<Quote>> quote(QuoteRequest request) override {
        ++asked;
        co_await timers_.sleep_for(latency);
        Result<Quote> answer = answer_(request);
        if (!answer) co_return answer;
        Quote quote = answer.value();
        quote.venue = name_;
        co_return quote;
    }
    Task<Result<UnsignedTransaction>> build(SwapPlan plan, Anchor anchor) override {
        UnsignedTransaction transaction;
        const std::string text = plan.order.to_string() + "/" + std::to_string(plan.attempt) + "/" +
                                 anchor.blockhash + "/" + plan.limit.to_string();
        transaction.message.assign(text.begin(), text.end());
        limits.push_back(plan.limit);
        co_return transaction;
    }

    std::chrono::microseconds latency{200'000};
    std::string too_early;  ///< why it cannot be asked yet
    int asked = 0;
    std::vector<Amount> limits;  ///< of every transaction built

private:
    std::string name_;
    Answer answer_;
    Timers& timers_;
};

/// A quote of `out` base units for whatever is asked.
inline FakeVenue::Answer quotes(std::uint64_t out) {
    return [out](const QuoteRequest& request) -> Result<Quote> {
        Quote quote;
        quote.amount_in = request.mode == SwapMode::exact_in ? request.amount : Amount(out);
        quote.amount_out = request.mode == SwapMode::exact_in ? Amount(out) : request.amount;
        quote.liquidity = Amount(1'000'000'000);
        return quote;
    };
}
inline FakeVenue::Answer refuses(Reason reason) {
    return [reason](const QuoteRequest&) -> Result<Quote> { return reject(reason, "as told by the test"); };
}

class FakeSigner final : public Signer {
public:
    Task<Result<SignedTransaction>> sign(UnsignedTransaction transaction, SwapTerms terms) override {
        last_terms = terms;
        SignedTransaction sealed;
        sealed.signature = "sig" + std::to_string(++signatures) + ":" +
                           std::string(transaction.message.begin(), transaction.message.begin() + 38);
        sealed.bytes = transaction.message;
        co_return sealed;
    }
    int signatures = 0;
    SwapTerms last_terms;
};

/// A chain whose transactions meet the fate the test decides, at a moment of the virtual time.
class FakeChain final : public Chain {
public:
    enum class Kind { lands_ok, lands_err, never };
    struct Fate {
        Kind kind = Kind::lands_ok;
        std::chrono::microseconds after{1'000'000};     ///< from the first send to the block
        std::chrono::microseconds finality{1'000'000};  ///< from the block to finality
        Rejection error = reject(Reason::account_in_use, "account in use");
        bool reply_lost = false;
    };
    struct Transaction {
        OrderId order;
        std::uint32_t attempt = 0;
        Time first_sent{};
        Time lands_at{};
        Fate fate;
        int sends = 0;
    };

    explicit FakeChain(const Clock& clock) : clock_(clock) {}

    std::function<Fate(const Attempt&)> fate = [](const Attempt&) { return Fate{}; };
    bool alone = false;  ///< there is one node, and its word is all there is
    std::function<bool()> anchor_works = [] { return true; };
    std::function<void()> before_observe = [] {};
    std::chrono::microseconds validity{8'000'000};
    std::map<std::string, Transaction> transactions;
    /// Who listens for news of a transaction. What they hold may outlive the chain.
    using Listeners = std::map<std::string, std::function<void()>>;
    const std::shared_ptr<Listeners> listeners = std::make_shared<Listeners>();

    std::unique_ptr<Listening> listen(const Attempt& attempt, std::function<void()> look) override {
        (*listeners)[attempt.signature] = std::move(look);
        return std::make_unique<Ear>(listeners, attempt.signature);
    }

    Task<Result<Anchor>> anchor() override {
        if (!anchor_works()) co_return reject(Reason::service_unavailable, "no node answers");
        Anchor anchor;
        anchor.blockhash = "hash" + std::to_string(height());
        anchor.last_valid_height = height() + static_cast<std::uint64_t>(validity.count()) / 1'000;
        anchor.slot = height() + 500;
        co_return anchor;
    }

    Task<Result<Done>> send(CommittedIntent intent) override {
        const Attempt& attempt = intent.attempt();
        const auto [place, first] = transactions.try_emplace(attempt.signature);
        Transaction& transaction = place->second;
        ++transaction.sends;
        if (!listeners->contains(attempt.signature)) ++sent_unheard;
        if (first) {
            transaction.order = attempt.order;
            transaction.attempt = attempt.number;
            transaction.first_sent = clock_.now();
            transaction.fate = fate(attempt);
            transaction.lands_at = clock_.now() + transaction.fate.after;
            const bool stale = height() > attempt.last_valid_height ||
                               height(transaction.lands_at) > attempt.last_valid_height;
            if (stale) transaction.fate.kind = Kind::never;
        }
        if (transaction.fate.reply_lost) co_return reject(Reason::service_unavailable, "reply lost");
        co_return Done{};
    }

    Task<Observation> observe(Attempt attempt) override {
        before_observe();
        Observation seen = Unknown{};
        const auto found = transactions.find(attempt.signature);
        const bool alive = found != transactions.end() && found->second.fate.kind != Kind::never;
        if (alive && clock_.now() >= found->second.lands_at) {
            const Transaction& transaction = found->second;
            Landed landed;
            landed.ok = transaction.fate.kind == Kind::lands_ok;
            landed.slot = height(transaction.lands_at) + 500;
            landed.commitment = clock_.now() >= transaction.lands_at + transaction.fate.finality
                                    ? Commitment::finalized
                                    : Commitment::confirmed;
            landed.amount_in = attempt.quoted_in;
            landed.amount_out = attempt.quoted_out;
            landed.fee_lamports = 5'000;
            if (!landed.ok) landed.error = transaction.fate.error;
            seen = landed;
        } else if (!alive && height() > attempt.last_valid_height) {
            ProvablyDead dead;
            dead.evidence = "height " + std::to_string(height());
            dead.alone = alone;
            seen = dead;
            // Dead is for ever: a later send must not bring it back.
            transactions[attempt.signature].fate.kind = Kind::never;
        }
        co_return seen;
    }

    int sent_unheard = 0;  ///< bytes that were sent while nobody listened for what becomes of them

    int landed_ok(OrderId order) const {
        return static_cast<int>(
            std::count_if(transactions.begin(), transactions.end(), [&](const auto& entry) {
                return entry.second.order == order && entry.second.fate.kind == Kind::lands_ok &&
                       clock_.now() >= entry.second.lands_at;
            }));
    }

private:
    class Ear final : public Listening {
    public:
        Ear(std::shared_ptr<Listeners> listeners, std::string signature)
            : listeners_(std::move(listeners)), signature_(std::move(signature)) {}
        ~Ear() override { listeners_->erase(signature_); }
        Ear(const Ear&) = delete;
        Ear& operator=(const Ear&) = delete;

    private:
        std::shared_ptr<Listeners> listeners_;
        std::string signature_;
    };

    /// One height a millisecond of virtual time.
    std::uint64_t height(Time at) const {
        return static_cast<std::uint64_t>(at.time_since_epoch().count()) / 1'000;
    }
    std::uint64_t height() const { return height(clock_.now()); }

    const Clock& clock_;
};

}  // namespace libexec::test
