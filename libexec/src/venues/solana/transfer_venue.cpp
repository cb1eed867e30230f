#include "libexec/venues/solana/transfer_venue.hpp"

#include <algorithm>
#include <stdexcept>

#include "libexec/solana/address.hpp"
#include "libexec/solana/instructions.hpp"
#include "libexec/solana/token_state.hpp"
#include "solana_venue.hpp"

namespace libexec {
namespace {

/// One of the two tokens, as its mint describes it.
struct Ware {
    PublicKey mint;
    PublicKey program;
    std::uint8_t decimals = 0;
};

Result<Ware> ware_of(const AccountStates& accounts, const Token& token) {
    const PublicKey key(token.mint);
    const auto account = accounts.find(key);
    if (account == accounts.end()) return reject(Reason::bad_account, "there is no mint " + key.to_string());
    const Result<MintState> mint = read_mint(account->second);
    if (!mint) return mint.error();
    const MintState& state = mint.value();
    const auto unsupported = [&](const std::string& why) {
        return reject(Reason::unsupported_token, token.symbol + " " + why);
    };
    if (state.decimals != token.decimals)
        return unsupported("has " + std::to_string(state.decimals) + " decimals on the chain, and " +
                           std::to_string(token.decimals) + " in the list of tokens");
    // Whatever its size is now: it may change with the epoch before the transaction lands.
    if (state.older_fee || state.newer_fee) return unsupported("takes a fee of each transfer");
    if (state.has_transfer_hook) return unsupported("runs a program of its own on every transfer");
    if (state.is_non_transferable) return unsupported("cannot be transferred");
    if (state.is_paused) return unsupported("is paused");
    if (state.starts_frozen) return unsupported("keeps new accounts frozen");
    return Ware{key, state.token_program, state.decimals};
}

/// The counterparty's side, read in one slot.
struct Stall {
    std::uint64_t slot = 0;
    Ware in;
    Ware out;
    PublicKey takes_into;
    PublicKey pays_from;
    std::uint64_t stock = 0;  ///< base units of `out`
    AccountStates accounts;
};

/// Reads it, with whatever else is asked for.
Task<Result<Stall>> read_stall(ChainReader& reader, PublicKey counterparty, Token token_in, Token token_out,
                               std::vector<PublicKey> also, std::uint64_t least_slot) {
    // Its token accounts lie where either token program would put them.
    std::vector<PublicKey> keys = std::move(also);
    for (const Token& token : {std::cref(token_in), std::cref(token_out)}) {
        const PublicKey mint(token.mint);
        keys.push_back(mint);
        for (const PublicKey& program : {well_known::token_program, well_known::token_2022_program})
            keys.push_back(associated_token_address(counterparty, program, mint));
    }
    Result<AccountsAtSlot> read = co_await reader.accounts(std::move(keys), least_slot);
    if (!read) co_return read.error();
    Stall stall;
    stall.slot = read.value().slot;
    stall.accounts = std::move(read).value().accounts;
    const Result<Ware> in = ware_of(stall.accounts, token_in);
    if (!in) co_return in.error();
    const Result<Ware> out = ware_of(stall.accounts, token_out);
    if (!out) co_return out.error();
    stall.in = in.value();
    stall.out = out.value();
    stall.takes_into = associated_token_address(counterparty, stall.in.program, stall.in.mint);
    stall.pays_from = associated_token_address(counterparty, stall.out.program, stall.out.mint);
    for (const PublicKey& key : {stall.takes_into, stall.pays_from}) {
        const auto account = stall.accounts.find(key);
        if (account == stall.accounts.end())
            co_return reject(Reason::insufficient_liquidity,
                             "the counterparty has no token account " + key.to_string());
        const Result<TokenAccountState> held = read_token_account(account->second);
        if (!held) co_return held.error();
        if (held.value().owner != counterparty || held.value().frozen)
            co_return reject(Reason::insufficient_liquidity,
                             "the counterparty cannot use its token account " + key.to_string());
        if (key == stall.pays_from) stall.stock = held.value().amount;
    }
    co_return stall;
}

std::string too_little(const Stall& stall, std::uint64_t wanted) {
    return "the counterparty has " + std::to_string(stall.stock) + " and would pay " + std::to_string(wanted);
}

/// Two transfers of fixed amounts.
class TransferPromises final : public Promises {
public:
    TransferPromises(ChainReader& reader, PublicKey counterparty, const SwapPlan& plan, SwapFrame frame)
        : reader_(reader),
          counterparty_(counterparty),
          token_in_(plan.token_in),
          token_out_(plan.token_out),
          pays_(plan.quote.amount_out.base_units()),
          frame_(std::move(frame)) {}

    Task<Result<Promise>> make(std::uint64_t least_slot) override {
        Result<Stall> read = co_await read_stall(reader_, counterparty_, token_in_, token_out_,
                                                 wallet_accounts(frame_), least_slot);
        if (!read) co_return read.error();
        const Stall& stall = read.value();
        if (stall.stock < pays_) co_return reject(Reason::insufficient_liquidity, too_little(stall, pays_));
        if (stall.in.program != frame_.program_in || stall.out.program != frame_.program_out)
            co_return reject(Reason::bad_account, "a mint is of another token program than it was before");

        instructions::TokenTransfer there;
        there.from = frame_.account_in();
        there.mint = stall.in.mint;
        there.to = stall.takes_into;
        there.owner = frame_.wallet;
        there.amount = frame_.amount_in;
        there.decimals = stall.in.decimals;
        there.token_program = stall.in.program;
        instructions::TokenTransfer back;
        back.from = stall.pays_from;
        back.mint = stall.out.mint;
        back.to = frame_.account_out();
        back.owner = counterparty_;
        back.amount = pays_;
        back.decimals = stall.out.decimals;
        back.token_program = stall.out.program;

        Promise promise;
        promise.slot = stall.slot;
        promise.received = pays_;
        promise.core.push_back(instructions::transfer_checked(there));
        promise.core.push_back(instructions::transfer_checked(back));
        const std::vector<PublicKey> of_wallet = wallet_accounts(frame_);
        for (const auto& [key, account] : stall.accounts) {
            const bool is_wallets = std::find(of_wallet.begin(), of_wallet.end(), key) != of_wallet.end();
            (is_wallets ? promise.wallet : promise.venue).emplace(key, account);
        }
        co_return promise;
    }

private:
    ChainReader& reader_;
    const PublicKey counterparty_;
    const Token token_in_;
    const Token token_out_;
    const std::uint64_t pays_;
    const SwapFrame frame_;
};

class TransferVenue final : public SolanaVenue {
public:
    TransferVenue(std::vector<FixedRatio> ratios, std::shared_ptr<const KeyPair> counterparty,
                  const SolanaVenueParts& parts)
        : SolanaVenue("transfer", parts), ratios_(std::move(ratios)), counterparty_(std::move(counterparty)) {
        for (const FixedRatio& ratio : ratios_) {
            if (ratio.per_in == 0 || ratio.pays_out == 0)
                throw std::invalid_argument("a counterparty neither takes nor pays nothing");
            if (ratio.mint_in == ratio.mint_out)
                throw std::invalid_argument("a counterparty does not trade a token for itself");
        }
        if (counterparty_->public_key() == parts.wallet)
            throw std::invalid_argument("a wallet is not its own counterparty");
    }

    Task<Result<Quote>> quote(QuoteRequest request) override {
        const Time asked_at = parts_.clock.now();
        if (const Result<Done> able = ready(); !able) co_return able.error();
        const FixedRatio* const ratio = ratio_of(request);
        if (ratio == nullptr) co_return reject(Reason::no_route, "the counterparty does not trade the pair");
        const bool exact_in = request.mode == SwapMode::exact_in;
        const Result<Amount> other = exact_in ? scale_down(request.amount, ratio->pays_out, ratio->per_in)
                                              : scale_up(request.amount, ratio->per_in, ratio->pays_out);
        if (!other) co_return reject(Reason::insufficient_liquidity, other.error().detail);
        Quote quote;
        quote.amount_in = exact_in ? request.amount : other.value();
        quote.amount_out = exact_in ? other.value() : request.amount;
        if (quote.amount_in == Amount(0) || quote.amount_out == Amount(0))
            co_return reject(Reason::amount_too_small, "the counterparty would take or pay nothing");

        const Time read_at = parts_.clock.now();
        Result<Stall> read = co_await read_stall(parts_.reader, counterparty_->public_key(), request.token_in,
                                                 request.token_out, std::vector<PublicKey>(), 0);
        if (!read) co_return read.error();
        const Stall& stall = read.value();
        if (stall.stock < quote.amount_out.base_units())
            co_return reject(Reason::insufficient_liquidity,
                             too_little(stall, quote.amount_out.base_units()));
        // An estimate, for which the last price is good enough when none can be had now.
        const Result<std::uint64_t> price = co_await fees_.price(stall.pays_from);
        quote.venue = std::string(name());
        quote.pool = counterparty_->public_key().to_string();
        quote.liquidity = Amount(std::min<std::uint64_t>(stall.stock, Amount::most));
        quote.slot = stall.slot;
        quote.network_cost =
            network_cost(quote, request, 2, price ? price.value() : fees_.last_price(stall.pays_from));
        quote.quoted_at = parts_.clock.now();
        quote.age = std::max(quote.quoted_at - read_at, std::chrono::microseconds(0));
        quote.latency = std::max(quote.quoted_at - asked_at, std::chrono::microseconds(0));
        co_return quote;
    }

    Task<Result<UnsignedTransaction>> build(SwapPlan plan, Anchor anchor) override {
        if (const Result<Done> able = takes(plan); !able) co_return able.error();
        if (plan.quote.pool != counterparty_->public_key().to_string())
            co_return reject(Reason::venue_error, "the quote is of another counterparty");
        // Whoever hands in a quote of his own making gets no better price.
        if (const Result<Done> fair = keeps_ratio(plan); !fair) co_return fair.error();
        Result<Stall> read = co_await read_stall(parts_.reader, counterparty_->public_key(), plan.token_in,
                                                 plan.token_out, std::vector<PublicKey>(), plan.quote.slot);
        if (!read) co_return read.error();

        const Stall& stall = read.value();
        const SwapFrame frame = frame_of(plan, stall.in.program, stall.out.program);
        const PublicKey fees_by = stall.pays_from;
        TransferPromises promises(parts_.reader, counterparty_->public_key(), plan, frame);
        Result<Message> message =
            co_await checked(promises, frame, std::move(plan), std::move(anchor), fees_by);
        if (!message) co_return message.error();

        UnsignedTransaction transaction;
        transaction.message = encode_message(message.value());
        CoSignature own;
        own.signer = counterparty_->public_key().bytes();
        own.signature = counterparty_->sign(transaction.message);
        transaction.cosigned.push_back(own);
        co_return transaction;
    }

private:
    template <class Pair>
    const FixedRatio* ratio_of(const Pair& pair) const {
        for (const FixedRatio& ratio : ratios_) {
            if (ratio.mint_in == pair.token_in.mint && ratio.mint_out == pair.token_out.mint) return &ratio;
        }
        return nullptr;
    }

    Result<Done> keeps_ratio(const SwapPlan& plan) const {
        const FixedRatio* const ratio = ratio_of(plan);
        const Wide worth = ratio == nullptr ? 0 : Wide(plan.quote.amount_in.base_units()) * ratio->pays_out;
        const Wide price = ratio == nullptr ? 1 : Wide(plan.quote.amount_out.base_units()) * ratio->per_in;
        if (price <= worth && plan.quote.amount_out != Amount(0)) return Done{};
        return reject(Reason::venue_error, "the counterparty never quoted that");
    }

    const std::vector<FixedRatio> ratios_;
    const std::shared_ptr<const KeyPair> counterparty_;
};

}  // namespace

std::shared_ptr<Venue> make_transfer_venue(std::vector<FixedRatio> ratios,
                                           std::shared_ptr<const KeyPair> counterparty,
                                           SolanaVenueParts parts) {
    return std::make_shared<TransferVenue>(std::move(ratios), std::move(counterparty), parts);
}

}  // namespace libexec
