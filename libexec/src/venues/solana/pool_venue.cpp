#include "libexec/venues/solana/pool_venue.hpp"

#include <algorithm>

#include "libexec/solana/token_state.hpp"
#include "libexec/venues/pools/whole_trade.hpp"
#include "solana_venue.hpp"

namespace libexec {
namespace {

/// What the pool's vault of that token holds: of the accounts a pool is priced from, only its vaults keep
/// tokens.
std::uint64_t vault_of(const OpenPool& opened, const AccountStates& accounts, const PublicKey& mint) {
    std::uint64_t held = 0;
    for (const PublicKey& address : opened.addresses) {
        const auto account = accounts.find(address);
        if (account == accounts.end()) continue;
        const Result<TokenAccountState> vault = read_token_account(account->second);
        if (vault && vault.value().mint == mint) held = std::max(held, vault.value().amount);
    }
    return held;
}

/// Whether the list of tokens and the chain count the same decimals. Else an amount is not what its owner
/// thinks.
Result<Done> check_decimals(const Token& token, const AccountStates& accounts) {
    const auto account = accounts.find(PublicKey(token.mint));
    if (account == accounts.end())
        return reject(Reason::bad_account, "the mint " + token.mint.to_string() + " was not read");
    const Result<MintState> mint = read_mint(account->second);
    if (!mint) return mint.error();
    if (mint.value().decimals != token.decimals)
        return reject(Reason::unsupported_token,
                      token.symbol + " has " + std::to_string(mint.value().decimals) +
                          " decimals on the chain, and " + std::to_string(token.decimals) +
                          " in the list of tokens");
    return Done{};
}

/// Of several refusals the one that says most: that of a pool with too little before that of one left out.
const Rejection& telling(const std::vector<Rejection>& refusals) {
    for (const Reason first :
         {Reason::insufficient_liquidity, Reason::amount_too_small, Reason::pool_closed}) {
        for (const Rejection& refusal : refusals) {
            if (refusal.reason == first) return refusal;
        }
    }
    return refusals.front();
}

bool is_better(const Quote& a, const Quote& b, SwapMode mode) {
    const Amount net_a = net_of_costs(a, mode);
    const Amount net_b = net_of_costs(b, mode);
    if (net_a != net_b) return (mode == SwapMode::exact_in) == (net_a > net_b);
    return a.liquidity != b.liquidity ? a.liquidity > b.liquidity : a.pool < b.pool;
}

/// What the sale of a plan does, by the pool's own arithmetic. The least that is taken for it is the plan's,
/// or what the trader's tolerance leaves of what is to be had now, when that is more: a quote from accounts
/// of a moment ago may have been too low, and the plan's least with it.
class PoolPromises final : public Promises {
public:
    PoolPromises(PoolBook& book, PoolQuestion question, SwapFrame frame, Amount least_out,
                 std::optional<Bps> slippage)
        : book_(book),
          question_(std::move(question)),
          frame_(std::move(frame)),
          least_out_(least_out),
          slippage_(slippage) {}

    Task<Result<Promise>> make(std::uint64_t least_slot) override {
        PoolQuestion question = question_;
        question.least_slot = least_slot;
        question.also = wallet_accounts(frame_);
        Result<PoolSnapshot> read = co_await book_.read(std::move(question));
        if (!read) co_return read.error();
        const PoolSnapshot& seen = read.value();
        const OpenPool& opened = seen.pools.front();
        const Result<PoolTrade> trade =
            whole_sale(*opened.pool, frame_.mint_in, frame_.amount_in, seen.clock);
        if (!trade) co_return trade.error();

        Promise promise;
        promise.slot = seen.slot;
        promise.received = trade.value().amount_out;
        promise.least_out = least_of(promise.received);

        PoolSwap swap;
        swap.user = frame_.wallet;
        swap.mint_in = frame_.mint_in;
        swap.user_token_in = frame_.account_in();
        swap.user_token_out = frame_.account_out();
        swap.amount_in = frame_.amount_in;
        swap.min_out = promise.least_out;
        Result<Instruction> instruction = opened.pool->swap(swap, seen.clock);
        if (!instruction) co_return instruction.error();

        promise.core.push_back(std::move(instruction).value());
        copy(opened.addresses, seen.accounts, promise.venue);
        copy(wallet_accounts(frame_), seen.accounts, promise.wallet);
        co_return promise;
    }

private:
    std::uint64_t least_of(std::uint64_t received) const {
        if (!slippage_ || received > Amount::most) return least_out_.base_units();
        return std::max(least_out_, least_output(Amount(received), *slippage_)).base_units();
    }
    static void copy(const std::vector<PublicKey>& keys, const AccountStates& from, AccountStates& to) {
        for (const PublicKey& key : keys) {
            const auto found = from.find(key);
            if (found != from.end()) to.insert(*found);
        }
    }

    PoolBook& book_;
    const PoolQuestion question_;
    const SwapFrame frame_;
    const Amount least_out_;
    const std::optional<Bps> slippage_;
};

class PoolVenue final : public SolanaVenue {
public:
    PoolVenue(const PoolFamily& family, PoolBook& book, const SolanaVenueParts& parts)
        : SolanaVenue(std::string(family.name()), parts), family_(family), book_(book) {}

    std::string not_yet(const QuoteRequest& request) const override {
        const MintPair pair(PublicKey(request.token_in.mint), PublicKey(request.token_out.mint));
        return book_.comes_too_early(family_, pair);
    }

    Task<Result<Quote>> quote(QuoteRequest request) override {
        const Time asked_at = parts_.clock.now();
        if (const Result<Done> able = ready(); !able) co_return able.error();
        if (request.token_in.mint == request.token_out.mint)
            co_return reject(Reason::no_route, "a token is not traded against itself");
        PoolQuestion question = question_of(request.token_in, request.token_out);
        question.recent = true;
        Result<PoolSnapshot> read = co_await book_.read(std::move(question));
        if (!read) co_return read.error();
        const PoolSnapshot& seen = read.value();
        for (const Token& token : {std::cref(request.token_in), std::cref(request.token_out)}) {
            if (const Result<Done> same = check_decimals(token, seen.accounts); !same) co_return same.error();
        }

        std::optional<Quote> best;
        std::vector<Rejection> refusals = seen.left_out;
        for (const OpenPool& opened : seen.pools) {
            // By the last prices of a place in the block: each costs a question, and they are alike.
            Result<Quote> offer = offer_of(opened, seen, request, fees_.last_price(opened.pool->address()));
            if (!offer) {
                refusals.push_back(offer.error());
            } else if (!best || is_better(offer.value(), *best, request.mode)) {
                best = std::move(offer).value();
            }
        }
        if (!best) co_return telling(refusals);
        // An estimate, for which the last price is good enough when none can be had now.
        const Result<PublicKey> pool = pool_of(*best);
        if (!pool) co_return pool.error();
        const Result<std::uint64_t> price = co_await fees_.price(pool.value());
        if (price) best->network_cost = network_cost(*best, request, 1, price.value());
        best->quoted_at = parts_.clock.now();
        best->age = std::max(best->quoted_at - seen.asked_at, std::chrono::microseconds(0));
        best->latency = std::max(best->quoted_at - asked_at, std::chrono::microseconds(0));
        co_return *best;
    }

    Task<Result<UnsignedTransaction>> build(SwapPlan plan, Anchor anchor) override {
        if (const Result<Done> able = takes(plan); !able) co_return able.error();
        const Result<PublicKey> pool = pool_of(plan.quote);
        if (!pool) co_return pool.error();
        PoolQuestion question = question_of(plan.token_in, plan.token_out);
        question.only = pool.value();
        const auto program_in = book_.token_program(question.mint_in);
        const auto program_out = book_.token_program(question.mint_out);
        if (!program_in || !program_out)
            co_return reject(Reason::no_route, "no pool of the pair was read since the start");

        const SwapFrame frame = frame_of(plan, *program_in, *program_out);
        const Amount least = plan.mode == SwapMode::exact_in ? plan.limit : plan.quote.amount_out;
        PoolPromises promises(book_, std::move(question), frame, least, plan.slippage);
        Result<Message> message =
            co_await checked(promises, frame, std::move(plan), std::move(anchor), pool.value());
        if (!message) co_return message.error();
        UnsignedTransaction transaction;
        transaction.message = encode_message(message.value());
        co_return transaction;
    }

private:
    PoolQuestion question_of(const Token& in, const Token& out) const {
        PoolQuestion question;
        question.family = &family_;
        question.mint_in = PublicKey(in.mint);
        question.mint_out = PublicKey(out.mint);
        return question;
    }

    Result<Quote> offer_of(const OpenPool& opened, const PoolSnapshot& seen, const QuoteRequest& request,
                           std::uint64_t price) const {
        const Pool& pool = *opened.pool;
        const PublicKey in(request.token_in.mint);
        const PublicKey out(request.token_out.mint);
        const std::uint64_t amount = request.amount.base_units();
        const Result<PoolTrade> made = request.mode == SwapMode::exact_in
                                           ? whole_sale(pool, in, amount, seen.clock)
                                           : whole_purchase(pool, out, amount, seen.clock);
        if (!made) return made.error();
        const PoolTrade& trade = made.value();
        if (trade.amount_in > Amount::most || trade.amount_out > Amount::most)
            return reject(Reason::insufficient_liquidity, "the amounts are beyond what can be counted");

        Quote quote;
        quote.venue = std::string(name());
        quote.pool = pool.address().to_string();
        quote.amount_in = Amount(trade.amount_in);
        quote.amount_out = Amount(trade.amount_out);
        // A fee on what is paid out was taken from more than arrives.
        const bool on_output = trade.fee_mint == out;
        quote.fee =
            share(trade.fee, on_output ? saturating_sum(trade.amount_out, trade.fee) : trade.amount_in);
        quote.venue_fee =
            on_output ? worth_of(trade) : Amount(std::min<std::uint64_t>(trade.fee, Amount::most));
        quote.price_impact_bps = trade.price_impact_bps;
        quote.liquidity = Amount(std::min(vault_of(opened, seen.accounts, out), Amount::most));
        quote.slot = seen.slot;
        quote.network_cost = network_cost(quote, request, 1, price);
        return quote;
    }

    static std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) {
        return a > ~std::uint64_t{0} - b ? ~std::uint64_t{0} : a + b;
    }
    /// A fee in what is received, in what is given, at the price before it was taken.
    static Amount worth_of(const PoolTrade& trade) {
        const std::uint64_t whole = saturating_sum(trade.amount_out, trade.fee);
        const Result<Amount> worth = scale_up(Amount(trade.amount_in), trade.fee, whole);
        return worth ? worth.value() : Amount(Amount::most);
    }

    const PoolFamily& family_;
    PoolBook& book_;
};

}  // namespace

std::shared_ptr<Venue> make_pool_venue(const PoolFamily& family, PoolBook& book, SolanaVenueParts parts) {
    return std::make_shared<PoolVenue>(family, book, parts);
}

std::vector<std::shared_ptr<Venue>> make_pool_venues(PoolBook& book, const SolanaVenueParts& parts) {
    std::vector<std::shared_ptr<Venue>> venues;
    for (const PoolFamily* family : pool_families()) venues.push_back(make_pool_venue(*family, book, parts));
    return venues;
}

}  // namespace libexec
