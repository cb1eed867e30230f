#pragma once

#include "libexec/model/attempt.hpp"
#include "libexec/model/order.hpp"
#include "libexec/model/order_event.hpp"
#include "libexec/model/viewer.hpp"
#include "sql.hpp"

namespace libexec {

/// One row of `orders`. A binder is a Statement, or whatever else has an `in` for slots. The slots are bound
/// once; `put` and `get` fill and read them.
struct OrderRow {
    static constexpr const char* request_columns =
        "id, number, client_id, client_order_id, symbol_in, mint_in, decimals_in, symbol_out, mint_out, "
        "decimals_out, "
        "mode, amount, slippage_bps, side, native_in, native_out, deadline_ms, correlation_id, "
        "trace_id, created_at, cancel_requested, retry_of, account";
    static constexpr int request_count = 23;
    static constexpr const char* standing_columns =
        "status, last_seq, in_doubt, attempt, attempts_max, next_retry_at, first_claimed_at, limit_amount, "
        "venue, "
        "quoted_in, quoted_out, executed_in, executed_out, tx_hash, failure, updated_at";
    static constexpr int standing_count = 16;

    TextSlot id, client_id, client_order_id, symbol_in, mint_in, symbol_out, mint_out, amount, correlation_id,
        trace_id, retry_of, account;
    NumberSlot number, decimals_in, decimals_out, mode, slippage_bps, side, native_in, native_out,
        deadline_ms, created_at, cancel_requested;
    NumberSlot status, last_seq, in_doubt, attempt, attempts_max, next_retry_at, first_claimed_at, updated_at;
    TextSlot limit, venue, quoted_in, quoted_out, executed_in, executed_out, tx_hash, failure;

    void put_request(const Order& order);
    void put_standing(const Order& order);
    /// Throws std::runtime_error when the row was not written by this program.
    Order get() const;

    template <class Binder>
    void bind_request(Binder& statement) {
        statement.in(id, number, client_id, client_order_id, symbol_in, mint_in, decimals_in, symbol_out,
                     mint_out, decimals_out, mode, amount, slippage_bps, side, native_in, native_out,
                     deadline_ms, correlation_id, trace_id, created_at, cancel_requested, retry_of, account);
    }
    template <class Binder>
    void bind_standing(Binder& statement) {
        statement.in(status, last_seq, in_doubt, attempt, attempts_max, next_retry_at, first_claimed_at,
                     limit, venue, quoted_in, quoted_out, executed_in, executed_out, tx_hash, failure,
                     updated_at);
    }
    void define(Statement& statement) {
        statement.out(id, number, client_id, client_order_id, symbol_in, mint_in, decimals_in, symbol_out,
                      mint_out, decimals_out, mode, amount, slippage_bps, side, native_in, native_out,
                      deadline_ms, correlation_id, trace_id, created_at, cancel_requested, retry_of, account);
        statement.out(status, last_seq, in_doubt, attempt, attempts_max, next_retry_at, first_claimed_at,
                      limit, venue, quoted_in, quoted_out, executed_in, executed_out, tx_hash, failure,
                      updated_at);
    }
};

/// One row of `attempts`.
struct AttemptRow {
    static constexpr const char* columns =
        "order_id, number, venue, signature, last_valid_height, anchor_slot, quoted_in, quoted_out, "
        "opened_at, "
        "resolution, closed_at, slot, amount_in, amount_out, fee_lamports, error_code, error_detail, "
        "evidence, "
        "signed_bytes, rent_lamports, rent_returned_lamports";
    static constexpr int columns_count = 21;
    /// The same without the bearer instrument, for whoever only looks.
    static constexpr const char* columns_unsigned =
        "order_id, number, venue, signature, last_valid_height, anchor_slot, quoted_in, quoted_out, "
        "opened_at, "
        "resolution, closed_at, slot, amount_in, amount_out, fee_lamports, error_code, error_detail, "
        "evidence, null, rent_lamports, rent_returned_lamports";

    TextSlot order_id, venue, signature, quoted_in, quoted_out, amount_in, amount_out, error_code,
        error_detail, evidence, signed_bytes;
    NumberSlot number, last_valid_height, anchor_slot, opened_at, resolution, closed_at, slot, fee_lamports,
        rent_lamports, rent_returned_lamports;

    void put(const Attempt& attempt);
    Attempt get() const;

    template <class Binder>
    void bind(Binder& statement) {
        statement.in(order_id, number, venue, signature, last_valid_height, anchor_slot, quoted_in,
                     quoted_out, opened_at, resolution, closed_at, slot, amount_in, amount_out, fee_lamports,
                     error_code, error_detail, evidence, signed_bytes, rent_lamports, rent_returned_lamports);
    }
    void define(Statement& statement) {
        statement.out(order_id, number, venue, signature, last_valid_height, anchor_slot, quoted_in,
                      quoted_out, opened_at, resolution, closed_at, slot, amount_in, amount_out, fee_lamports,
                      error_code, error_detail, evidence, signed_bytes, rent_lamports,
                      rent_returned_lamports);
    }
};

/// One row of `order_events`.
struct EventRow {
    static constexpr const char* columns =
        "order_id, seq, kind, status, at, attempt, attempts_max, next_retry_at, in_doubt, correlation_id, "
        "data";

    TextSlot order_id, correlation_id, data, trace_id, account;
    NumberSlot seq, kind, status, at, attempt, attempts_max, next_retry_at, in_doubt;

    /// `order_correlation_id` is the order's own, which is not written again; nor are the trace id and the
    /// account, which an event reads from its order.
    void put(const OrderEvent& event, const std::string& order_correlation_id);
    OrderEvent get() const;

    template <class Binder>
    void bind(Binder& statement) {
        statement.in(order_id, seq, kind, status, at, attempt, attempts_max, next_retry_at, in_doubt,
                     correlation_id, data);
    }
    void define(Statement& statement) {
        statement.out(order_id, seq, kind, status, at, attempt, attempts_max, next_retry_at, in_doubt,
                      correlation_id, data, trace_id, account);
    }
};

/// The account a question is about, null for every one: `account = coalesce(?, account)`.
void set_account(TextSlot& slot, const Viewer& viewer);

}  // namespace libexec
