#include "solana_venue.hpp"

#include <algorithm>

#include "libexec/solana/well_known.hpp"

namespace libexec {
namespace {

bool is_sol(const Token& token) { return token.mint == wrapped_sol_mint(); }

Amount capped(Wide base_units) {
    return Amount(base_units > Amount::most ? Amount::most : static_cast<std::uint64_t>(base_units));
}

}  // namespace

Result<Done> SolanaVenue::ready() const {
    if (stopped_.empty()) return Done{};
    return reject(Reason::venue_error, "stopped until an operator resumes it: " + stopped_);
}

Result<Done> SolanaVenue::takes(const SwapPlan& plan) const {
    if (plan.quote.venue != name_) return reject(Reason::venue_error, "this quote is of " + plan.quote.venue);
    if (plan.mode == SwapMode::exact_out && plan.quote.amount_in > plan.limit)
        return reject(Reason::slippage_exceeded, "it would take " + plan.quote.amount_in.to_string() +
                                                     ", and " + plan.limit.to_string() + " is the most");
    return ready();
}

SwapFrame SolanaVenue::frame_of(const SwapPlan& plan, const PublicKey& program_in,
                                const PublicKey& program_out) const {
    SwapFrame frame;
    frame.wallet = parts_.wallet;
    frame.mint_in = PublicKey(plan.token_in.mint);
    frame.mint_out = PublicKey(plan.token_out.mint);
    frame.program_in = program_in;
    frame.program_out = program_out;
    frame.amount_in = plan.quote.amount_in.base_units();
    frame.wraps_sol = plan.wraps_sol && is_sol(plan.token_in);
    frame.unwraps_sol = plan.unwraps_sol && is_sol(plan.token_out);
    frame.memo = "libexec:" + plan.order.to_string() + ":" + std::to_string(plan.attempt);
    const TipCosts& tip = parts_.costs.tip;
    // The last byte of an order's number is chance.
    if (tip.lamports != 0 && !tip.accounts.empty())
        frame.tip =
            Tip{tip.accounts[(plan.order.bytes().back() + plan.attempt) % tip.accounts.size()], tip.lamports};
    return frame;
}

Task<Result<Message>> SolanaVenue::checked(Promises& promises, SwapFrame frame, SwapPlan plan, Anchor anchor,
                                           PublicKey fees_by) {
    const std::optional<Blockhash> blockhash = Blockhash::parse(anchor.blockhash);
    if (!blockhash) co_return reject(Reason::stale_blockhash, "what the chain gave is no blockhash");
    const Result<std::uint64_t> price = co_await fees_.price(fees_by);
    if (!price) co_return price.error();

    SwapTask task;
    task.frame = std::move(frame);
    task.blockhash = *blockhash;
    task.least_out = (plan.mode == SwapMode::exact_in ? plan.limit : plan.quote.amount_out).base_units();
    task.least_slot = plan.quote.slot;
    Result<CheckedSwap> done = co_await check_.run(promises, std::move(task), price.value());
    if (!done) co_return done.error();
    if (!done.value().mispriced.empty()) co_return stop(plan, done.value());
    // Another order may have found out meanwhile.
    if (const Result<Done> still = ready(); !still) co_return still.error();
    co_return std::move(done).value().message;
}

Rejection SolanaVenue::stop(const SwapPlan& plan, const CheckedSwap& broken) {
    stopped_ = plan.quote.pool + ": " + broken.mispriced;
    if (parts_.log != nullptr) {
        parts_.log->error(
            "venue.mispriced", "the venue has stopped itself: " + stopped_,
            {LogField{"dex", name_}, LogField{"pool", plan.quote.pool},
             LogField{"orderId", plan.order.to_string()}, LogField::number("attempt", plan.attempt),
             LogField{"slot", std::to_string(broken.slot), true},
             LogField{"promised", std::to_string(broken.promised), true},
             LogField{"simulated", digits_of(broken.received), true}});
    }
    return ready().error();
}

Amount SolanaVenue::network_cost(const Quote& quote, const QuoteRequest& request, std::uint64_t signatures,
                                 std::uint64_t price) const {
    const Wide lamports = Wide(signatures) * signature_lamports +
                          priority_lamports(parts_.costs.units_expected, price) + parts_.costs.tip.lamports;
    const bool exact_in = request.mode == SwapMode::exact_in;
    if (is_sol(exact_in ? request.token_out : request.token_in)) return capped(lamports);
    if (!is_sol(exact_in ? request.token_in : request.token_out)) return Amount(0);
    // At the price of the trade itself, rounded against us.
    const std::uint64_t ranked = (exact_in ? quote.amount_out : quote.amount_in).base_units();
    const std::uint64_t sol = (exact_in ? quote.amount_in : quote.amount_out).base_units();
    const Result<Amount> cost = scale_up(capped(lamports), ranked, sol);
    return cost ? cost.value() : Amount(Amount::most);
}

Result<PublicKey> pool_of(const Quote& quote) {
    const std::optional<PublicKey> key = PublicKey::parse(quote.pool);
    if (!key) return reject(Reason::venue_error, "the quote names no address as its pool");
    return *key;
}

Bps share(std::uint64_t taken, std::uint64_t whole) {
    if (whole == 0) return Bps();
    const Wide points = (Wide(taken) * Bps::whole * 2 + whole) / (Wide(whole) * 2);
    return Bps::of(static_cast<std::uint64_t>(std::min<Wide>(points, Bps::whole))).value();
}

}  // namespace libexec
