#include "libexec/chain/solana/watched_reader.hpp"

#include <algorithm>
#include <deque>
#include <exception>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "snapshot_shelf.hpp"

namespace libexec {
namespace {

using namespace std::chrono_literals;
using Set = SnapshotShelf::Set;

constexpr std::chrono::hours until_rung{1};      // who waits so long looks again and waits on
constexpr std::chrono::seconds listen_pause{1};  // between tries to listen to what there was no room for

/// How a question was answered, as the metric calls it.
constexpr std::string_view from_shelf = "shelf";      // by what was read before
constexpr std::string_view from_chain = "chain";      // by a question of its own
constexpr std::string_view from_shared = "shared";    // by somebody else's question
constexpr std::string_view from_renewal = "renewal";  // a question that nobody asked

/// What is read unasked costs its share of what a provider allows.
class RenewalBudget {
public:
    bool take(Time now) {
        while (!taken_.empty() && (now < taken_.front() || now - taken_.front() >= 1s)) taken_.pop_front();
        if (taken_.size() >= a_second) return false;
        taken_.push_back(now);
        return true;
    }

private:
    static constexpr std::size_t a_second = 4;
    std::deque<Time> taken_;
};

/// A read under way, and who waits for it.
struct Flight {
    Flight(std::uint64_t which, bool asked) : number(which), is_asked(asked) {}

    const std::uint64_t number;
    const bool is_asked;  ///< by somebody who waits for it, or will in a moment
    std::optional<Result<AccountsAtSlot>> answer;
    std::vector<std::shared_ptr<Alarm>> waiting;
};

/// Shared with the coroutines and the subscriptions, which may come back when the reader is gone.
class Watch : public std::enable_shared_from_this<Watch> {
public:
    explicit Watch(const WatchedReaderParts& parts) : parts_(parts), shelf_(ShelfBounds()) {
        if (parts.metrics == nullptr) return;
        reads_ =
            parts.metrics->counters("libexec_quote_reads_total",
                                    "Reads of what quotes are priced from, by where it came from.", {"from"});
        // A rate needs its zero.
        for (const std::string_view from : {from_shelf, from_chain, from_shared, from_renewal})
            count(from, 0);
    }

    void close() {
        closed_ = true;
        listening_.clear();
    }
    static Task<Result<AccountsAtSlot>> recent(std::shared_ptr<Watch> watch, Set set);

private:
    static Task<void> fly(std::shared_ptr<Watch> watch, std::shared_ptr<Flight> flight, Set set);
    static Task<Result<AccountsAtSlot>> ask(std::shared_ptr<Watch> watch, Set set, std::uint64_t least_slot);
    std::shared_ptr<Flight> start(const Set& set, bool is_asked);
    void renew(const Set& set);
    void follow(const SnapshotShelf::Changes& changes);
    void listen_to(const PublicKey& account);
    void listen_again(Time now);
    void told(const PublicKey& account, const RpcNotice& notice);
    void count(std::string_view from, double by = 1) const {
        if (reads_) reads_->with({from}).add(by);
    }

    const WatchedReaderParts parts_;
    SnapshotShelf shelf_;
    std::optional<MetricFamily<Counter>> reads_;
    std::map<PublicKey, RpcSubscription> listening_;
    std::map<Set, std::shared_ptr<Flight>> flights_;
    std::uint64_t flights_begun_ = 0;
    RenewalBudget budget_;
    bool last_failed_ = false;  ///< of all reads
    bool told_of_limit_ = false;
    std::set<PublicKey> unheard_;  ///< there was no room to listen to these
    Time again_at_{};              ///< when they are tried again
    bool closed_ = false;
};

/// Whoever asked before a read began gets its answer, good or bad. Who came later gets a good one: that it
/// failed may be what somebody else's demand has made of it, and what it shows may be out of date by now.
Task<Result<AccountsAtSlot>> Watch::recent(std::shared_ptr<Watch> watch, Set set) {
    const Time now = watch->parts_.clock.now();
    watch->follow(watch->shelf_.ask(set, now));
    watch->listen_again(now);
    if (std::optional<AccountsAtSlot> found = watch->shelf_.find(set, now)) {
        watch->count(from_shelf);
        co_return *std::move(found);
    }
    const std::uint64_t begun = watch->flights_begun_;
    for (;;) {
        std::shared_ptr<Flight> flight;
        const auto under_way = watch->flights_.find(set);
        const bool joins = under_way != watch->flights_.end();
        flight = joins ? under_way->second : watch->start(set, true);
        const std::shared_ptr<Alarm> alarm = watch->parts_.timers.make_alarm();
        flight->waiting.push_back(alarm);
        while (!flight->answer) co_await alarm->wait(until_rung);
        const Result<AccountsAtSlot>& answer = *flight->answer;
        const bool is_good = answer && !watch->shelf_.is_outdated(set, answer.value());
        if (flight->number <= begun && !is_good && !watch->closed_) continue;
        watch->count(joins ? from_shared : from_chain);
        co_return answer;
    }
}

std::shared_ptr<Flight> Watch::start(const Set& set, bool is_asked) {
    auto flight = std::make_shared<Flight>(++flights_begun_, is_asked);
    flights_[set] = flight;
    // Beside whoever asks: he may go away, and others wait for it, too.
    asio::co_spawn(parts_.executor, fly(shared_from_this(), flight, set), asio::detached);
    return flight;
}

Task<Result<AccountsAtSlot>> Watch::ask(std::shared_ptr<Watch> watch, Set set, std::uint64_t least_slot) {
    // Whom it would ask may be gone as well.
    if (watch->closed_) co_return reject(Reason::cancelled, "the reader is gone");
    try {
        co_return co_await watch->parts_.reader.accounts(std::move(set), least_slot);
    } catch (const std::exception& fault) {
        co_return reject(Reason::internal, std::string("a read of accounts threw: ") + fault.what());
    }
}

Task<void> Watch::fly(std::shared_ptr<Watch> watch, std::shared_ptr<Flight> flight, Set set) {
    SnapshotShelf& shelf = watch->shelf_;
    const SnapshotShelf::Reading reading = shelf.begin(watch->parts_.clock.now());
    const std::uint64_t least_slot = shelf.least_slot(set);
    Result<AccountsAtSlot> read = co_await ask(watch, set, least_slot);
    if (!read && read.error().reason == Reason::service_unavailable && least_slot > 0) {
        shelf.unreached(set);
        // An older slot is better than none for whoever waits; the shelf does not take it.
        if (flight->is_asked || !flight->waiting.empty()) read = co_await ask(watch, set, 0);
    }
    bool is_shelved = false;
    if (read) {
        AccountsAtSlot seen = std::move(read).value();
        seen.asked_at = reading.asked_at;
        is_shelved = shelf.put(set, reading, seen);
        read = std::move(seen);
    }
    watch->last_failed_ = !read;
    watch->flights_.erase(set);
    flight->answer = std::move(read);
    for (const auto& alarm : flight->waiting) alarm->ring();
    // It changed while it was read.
    if (!is_shelved) watch->renew(set);
}

void Watch::renew(const Set& set) {
    const Time now = parts_.clock.now();
    if (closed_ || last_failed_ || flights_.contains(set) || shelf_.is_unreached(set)) return;
    if (!shelf_.is_wanted(set, now) || !shelf_.is_heard(set) || !budget_.take(now)) return;
    count(from_renewal);
    start(set, false);
}

void Watch::follow(const SnapshotShelf::Changes& changes) {
    for (const PublicKey& account : changes.end) {
        listening_.erase(account);
        unheard_.erase(account);
    }
    for (const PublicKey& account : changes.begin) listen_to(account);
}

void Watch::listen_to(const PublicKey& account) {
    const auto handler = [weak = weak_from_this(), account](const RpcNotice& notice) {
        if (const auto watch = weak.lock()) watch->told(account, notice);
    };
    Result<RpcSubscription> made = parts_.subscriptions.account(account, Commitment::confirmed, handler);
    if (made) {
        listening_[account] = std::move(made).value();
        unheard_.erase(account);
        return;
    }
    // What is not listened to is read each time.
    unheard_.insert(account);
    if (!std::exchange(told_of_limit_, true))
        parts_.log.warn("quotes.unwatched",
                        "a pool's accounts are read for each quote: " + made.error().detail,
                        {LogField{"account", account.to_string()}});
}

/// Room comes back when others stop listening.
void Watch::listen_again(Time now) {
    if (unheard_.empty() || (now < again_at_ && again_at_ - now <= listen_pause)) return;
    again_at_ = now + listen_pause;
    const std::set<PublicKey> missing = unheard_;
    for (const PublicKey& account : missing) listen_to(account);
}

void Watch::told(const PublicKey& account, const RpcNotice& notice) {
    if (closed_) return;
    // Somebody who still listens and no longer asks pays for what he hears.
    follow(shelf_.tidy(parts_.clock.now()));
    std::vector<Set> to_renew;
    if (const auto* const change = std::get_if<RpcAccountNotice>(&notice)) {
        to_renew = shelf_.changed(account, change->slot, change->state);
    } else if (std::holds_alternative<RpcGap>(notice)) {
        to_renew = shelf_.listening(account);
    } else if (std::holds_alternative<RpcSilence>(notice)) {
        shelf_.silent(account);
    }
    for (const Set& set : to_renew) renew(set);
}

class WatchedReader final : public ChainReader {
public:
    explicit WatchedReader(const WatchedReaderParts& parts)
        : reader_(parts.reader), watch_(std::make_shared<Watch>(parts)) {}
    ~WatchedReader() override { watch_->close(); }

    Task<Result<AccountsAtSlot>> accounts(std::vector<PublicKey> addresses,
                                          std::uint64_t least_slot) override {
        return reader_.accounts(std::move(addresses), least_slot);
    }
    Task<Result<AccountsAtSlot>> recent_accounts(std::vector<PublicKey> addresses) override {
        std::sort(addresses.begin(), addresses.end());
        addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
        return Watch::recent(watch_, std::move(addresses));
    }
    Task<Result<AccountsAtSlot>> search(AccountSearch search) override {
        return reader_.search(std::move(search));
    }
    Task<Result<SimulatedRun>> simulate(Bytes transaction, std::vector<PublicKey> watched,
                                        std::uint64_t least_slot) override {
        return reader_.simulate(std::move(transaction), std::move(watched), least_slot);
    }
    Task<Result<std::vector<std::uint64_t>>> recent_fees(std::vector<PublicKey> written) override {
        return reader_.recent_fees(std::move(written));
    }
    Task<Result<std::uint64_t>> rent_exemption(std::uint64_t size_bytes) override {
        return reader_.rent_exemption(size_bytes);
    }

private:
    ChainReader& reader_;
    const std::shared_ptr<Watch> watch_;
};

}  // namespace

std::unique_ptr<ChainReader> make_watched_reader(const WatchedReaderParts& parts) {
    return std::make_unique<WatchedReader>(parts);
}

}  // namespace libexec
