#include "order_rows.hpp"

#include <algorithm>
#include <stdexcept>

#include "libexec/json/event_codec.hpp"

namespace libexec {
namespace {

template <class Bytes>
std::string text_of(const Bytes& bytes) {
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Mint mint_of(const TextSlot& slot) {
    Mint::Bytes bytes{};
    if (slot.is_null() || slot.value.size() != bytes.size())
        throw std::runtime_error("the database holds a mint that is not 32 bytes");
    std::transform(slot.value.begin(), slot.value.end(), bytes.begin(),
                   [](char c) { return static_cast<std::uint8_t>(c); });
    return Mint(bytes);
}

Token token_of(const TextSlot& symbol, const TextSlot& mint, const NumberSlot& decimals) {
    Token token;
    token.symbol = symbol.value;
    token.mint = mint_of(mint);
    token.decimals = static_cast<std::uint8_t>(decimals.value);
    return token;
}

Bps bps_of(const NumberSlot& slot) {
    const Result<Bps> bps = Bps::of(slot.u64());
    if (!bps) throw std::runtime_error("the database holds a slippage beyond 10000 basis points");
    return bps.value();
}

}  // namespace

void OrderRow::put_request(const Order& order) {
    const OrderRequest& request = order.request;
    id.set(order.id);
    number.set(order.number);
    client_id.set(request.client_id);
    client_order_id.set(request.client_order_id);
    symbol_in.set(request.token_in.symbol);
    mint_in.set(text_of(request.token_in.mint.bytes()));
    decimals_in.set(request.token_in.decimals);
    symbol_out.set(request.token_out.symbol);
    mint_out.set(text_of(request.token_out.mint.bytes()));
    decimals_out.set(request.token_out.decimals);
    mode.set(request.mode);
    amount.set(request.amount);
    slippage_bps.set(request.slippage.points());
    side.set(request.side);
    native_in.set(request.native_in);
    native_out.set(request.native_out);
    if (request.deadline) {
        deadline_ms.set(request.deadline->count());
    } else {
        deadline_ms.set_null();
    }
    correlation_id.set(order.correlation_id);
    trace_id.set(order.trace_id);
    account.set(order.account);
    created_at.set(order.created_at);
    cancel_requested.set(order.cancel_requested);
    if (request.retry_of) {
        retry_of.set(*request.retry_of);
    } else {
        retry_of.set_null();
    }
}

void OrderRow::put_standing(const Order& order) {
    status.set(order.status);
    last_seq.set(order.last_seq);
    in_doubt.set(order.in_doubt);
    attempt.set(order.attempt);
    attempts_max.set(order.attempts_max);
    next_retry_at.set(order.next_retry_at);
    first_claimed_at.set(order.first_claimed_at);
    limit.set(order.limit);
    venue.set(order.venue);
    quoted_in.set(order.quoted_in);
    quoted_out.set(order.quoted_out);
    executed_in.set(order.executed_in);
    executed_out.set(order.executed_out);
    tx_hash.set(order.tx_hash);
    if (order.failure) {
        failure.set(encode_failure(*order.failure));
    } else {
        failure.set_null();
    }
    updated_at.set(order.updated_at);
}

Order OrderRow::get() const {
    Order order;
    order.id = id.uuid();
    order.number = number.u64();
    OrderRequest& request = order.request;
    request.client_id = client_id.value;
    request.client_order_id = client_order_id.value;
    request.token_in = token_of(symbol_in, mint_in, decimals_in);
    request.token_out = token_of(symbol_out, mint_out, decimals_out);
    request.mode = mode.word(SwapMode::exact_out);
    request.amount = amount.amount();
    request.slippage = bps_of(slippage_bps);
    request.side = side.word(OrderSide::sell);
    request.native_in = native_in.flag();
    request.native_out = native_out.flag();
    if (!deadline_ms.is_null()) request.deadline = std::chrono::milliseconds(deadline_ms.value);
    order.correlation_id = correlation_id.value;
    order.trace_id = trace_id.value;
    order.account = account.value;
    order.created_at = created_at.time();
    order.cancel_requested = cancel_requested.flag();
    if (!retry_of.is_null()) request.retry_of = retry_of.uuid();

    order.status = status.word(OrderStatus::expired);
    order.last_seq = last_seq.u32();
    order.in_doubt = in_doubt.flag();
    order.attempt = attempt.u32();
    order.attempts_max = attempts_max.u32();
    order.next_retry_at = next_retry_at.maybe_time();
    order.first_claimed_at = first_claimed_at.maybe_time();
    order.limit = limit.maybe_amount();
    order.venue = venue.value;
    order.quoted_in = quoted_in.maybe_amount();
    order.quoted_out = quoted_out.maybe_amount();
    order.executed_in = executed_in.maybe_amount();
    order.executed_out = executed_out.maybe_amount();
    order.tx_hash = tx_hash.value;
    if (!failure.is_null()) {
        Result<Failure> decoded = decode_failure(failure.value);
        if (!decoded)
            throw std::runtime_error("the failure of an order is unreadable: " + decoded.error().detail);
        order.failure = std::move(decoded).value();
    }
    order.updated_at = updated_at.time();
    return order;
}

void AttemptRow::put(const Attempt& attempt) {
    order_id.set(attempt.order);
    number.set(attempt.number);
    venue.set(attempt.venue);
    signature.set(attempt.signature);
    last_valid_height.set(attempt.last_valid_height);
    anchor_slot.set(attempt.anchor_slot);
    quoted_in.set(attempt.quoted_in);
    quoted_out.set(attempt.quoted_out);
    opened_at.set(attempt.opened_at);
    if (attempt.resolution) {
        resolution.set(*attempt.resolution);
        signed_bytes.set_null();
    } else {
        resolution.set_null();
        signed_bytes.set(text_of(attempt.signed_bytes));
    }
    closed_at.set(attempt.closed_at);
    slot.set(attempt.slot);
    amount_in.set(attempt.amount_in);
    amount_out.set(attempt.amount_out);
    fee_lamports.set(attempt.fee_lamports);
    if (attempt.rent) {
        rent_lamports.set(attempt.rent->paid_lamports);
        rent_returned_lamports.set(attempt.rent->returned_lamports);
    } else {
        rent_lamports.set_null();
        rent_returned_lamports.set_null();
    }
    if (attempt.error) {
        error_code.set(std::string(to_string(attempt.error->reason)));
        error_detail.set(attempt.error->detail);
    } else {
        error_code.set_null();
        error_detail.set_null();
    }
    evidence.set(attempt.evidence);
}

Attempt AttemptRow::get() const {
    Attempt attempt;
    attempt.order = order_id.uuid();
    attempt.number = number.u32();
    attempt.venue = venue.value;
    attempt.signature = signature.value;
    if (!signed_bytes.is_null())
        attempt.signed_bytes.assign(signed_bytes.value.begin(), signed_bytes.value.end());
    attempt.last_valid_height = last_valid_height.u64();
    attempt.anchor_slot = anchor_slot.u64();
    attempt.quoted_in = quoted_in.amount();
    attempt.quoted_out = quoted_out.amount();
    attempt.opened_at = opened_at.time();
    if (!resolution.is_null()) attempt.resolution = resolution.word(Resolution::expired);
    attempt.closed_at = closed_at.time();
    attempt.slot = slot.u64();
    attempt.amount_in = amount_in.amount();
    attempt.amount_out = amount_out.amount();
    attempt.fee_lamports = fee_lamports.u64();
    if (!rent_lamports.is_null()) {
        attempt.rent.emplace();
        attempt.rent->paid_lamports = rent_lamports.u64();
        attempt.rent->returned_lamports = rent_returned_lamports.u64();
    }
    if (!error_code.is_null()) {
        const std::optional<Reason> reason = parse_reason(error_code.value);
        if (!reason) throw std::runtime_error("an attempt's error has a code this program does not know");
        attempt.error = reject(*reason, error_detail.text_or_empty());
    }
    attempt.evidence = evidence.value;
    return attempt;
}

void EventRow::put(const OrderEvent& event, const std::string& order_correlation_id) {
    order_id.set(event.order);
    seq.set(event.seq);
    kind.set(event.kind);
    status.set(event.status);
    at.set(event.at);
    attempt.set(event.attempt);
    attempts_max.set(event.attempts_max);
    next_retry_at.set(event.next_retry_at);
    in_doubt.set(event.in_doubt);
    if (event.correlation_id == order_correlation_id) {
        correlation_id.set_null();
    } else {
        correlation_id.set(event.correlation_id);
    }
    data.set(encode_event_data(event));
}

OrderEvent EventRow::get() const {
    OrderEvent event;
    event.order = order_id.uuid();
    event.seq = seq.u32();
    event.kind = kind.word(EventKind::parked);
    event.status = status.word(OrderStatus::expired);
    event.at = at.time();
    event.attempt = attempt.u32();
    event.attempts_max = attempts_max.u32();
    event.next_retry_at = next_retry_at.maybe_time();
    event.in_doubt = in_doubt.flag();
    event.correlation_id = correlation_id.text_or_empty();
    event.trace_id = trace_id.value;
    event.account = account.value;
    Result<EventData> decoded = decode_event_data(event.kind, event.status, event.seq, data.value);
    if (!decoded) throw std::runtime_error("an event is unreadable: " + decoded.error().detail);
    event.data = std::move(decoded).value();
    return event;
}

void set_account(TextSlot& slot, const Viewer& viewer) {
    if (viewer.account()) {
        slot.set(*viewer.account());
    } else {
        slot.set_null();
    }
}

}  // namespace libexec
