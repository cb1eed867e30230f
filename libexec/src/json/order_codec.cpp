#include "libexec/json/order_codec.hpp"

#include "json_writer.hpp"
#include "libexec/json/event_codec.hpp"

namespace libexec {
namespace {

using json::Writer;

constexpr std::uint8_t sol_decimals = 9;
constexpr std::uint8_t fraction_decimals = 4;  // a basis point is 0.0001

/// What to submit to get this token again: wrapped SOL that was not named "SOL" is its address.
std::string spelling(const Token& token, bool native) {
    return token.mint == wrapped_sol_mint() && !native ? token.mint.to_string() : token.symbol;
}

std::string_view side_word(OrderSide side) {
    switch (side) {
        case OrderSide::none:
            return "";
        case OrderSide::buy:
            return "buy";
        case OrderSide::sell:
            return "sell";
    }
    return "";
}

/// An order in the words of the wire, worked out once for both spellings of its fields.
struct OrderWords {
    explicit OrderWords(const Order& order)
        : token_in(spelling(order.request.token_in, order.request.native_in)),
          token_out(spelling(order.request.token_out, order.request.native_out)),
          slippage(to_text({Amount(order.request.slippage.points()), fraction_decimals})) {
        const OrderRequest& request = order.request;
        const std::uint8_t in = request.token_in.decimals;
        const std::uint8_t out = request.token_out.decimals;
        const bool exact_in = request.mode == SwapMode::exact_in;
        if (exact_in) {
            amount_in = to_text({request.amount, in});
            if (order.executed_out) amount_out = to_text({*order.executed_out, out});
        } else {
            amount_out = to_text({request.amount, out});
            if (order.executed_in) amount_in = to_text({*order.executed_in, in});
        }
        if (order.limit && exact_in) least_out = to_text({*order.limit, out});
        if (order.limit && !exact_in) most_in = to_text({*order.limit, in});
        if (order.quoted_in && order.quoted_out)
            quoted_price = price_text({*order.quoted_in, in}, {*order.quoted_out, out});
        if (order.executed_in && order.executed_out) {
            executed_price = price_text({*order.executed_in, in}, {*order.executed_out, out});
        }
        if (order.failure) {
            error = order.failure->detail.empty() ? title_of(order.failure->code) : order.failure->detail;
            failure_reason =
                to_string(order.status == OrderStatus::expired ? Reason::timeout : order.failure->code);
        }
    }

    std::string token_in, token_out, slippage;
    std::string amount_in, amount_out, least_out, most_in, quoted_price, executed_price;  ///< empty: none yet
    std::string error, failure_reason;
};

/// Nothing without an explorer or a signature.
void write_explorer_url(Writer& out, const Explorer& explorer, const std::string& signature) {
    if (const std::string link = explorer.link_to(signature); !link.empty()) out.text("explorerUrl", link);
}

void write_attempts(Writer& out, const Order& order, const std::vector<Attempt>& attempts,
                    const Explorer& explorer) {
    const std::uint8_t in = order.request.token_in.decimals;
    const std::uint8_t received = order.request.token_out.decimals;
    out.list("attempts");
    for (const Attempt& attempt : attempts) {
        const bool landed = attempt.resolution && *attempt.resolution != Resolution::expired;
        const bool filled = attempt.resolution && *attempt.resolution == Resolution::landed_ok;
        out.begin_object();
        out.number("attempt", attempt.number);
        out.text("venue", attempt.venue);
        out.text("txHash", attempt.signature);
        write_explorer_url(out, explorer, attempt.signature);
        out.number("lastValidBlockHeight", attempt.last_valid_height);
        out.text_or_null("resolution",
                         attempt.resolution ? to_string(*attempt.resolution) : std::string_view());
        if (landed) {
            out.number("slot", attempt.slot);
        } else {
            out.null("slot");
        }
        out.money("quotedIn", {attempt.quoted_in, in});
        out.money("quotedOut", {attempt.quoted_out, received});
        out.money("amountIn", filled ? std::optional(attempt.amount_in) : std::nullopt, in);
        out.money("amountOut", filled ? std::optional(attempt.amount_out) : std::nullopt, received);
        out.money("fee", landed ? std::optional(Amount(attempt.fee_lamports)) : std::nullopt, sol_decimals);
        const auto lamports = [&attempt](std::uint64_t Rent::*part) {
            return attempt.rent ? std::optional(Amount((*attempt.rent).*part)) : std::nullopt;
        };
        out.money("rent", lamports(&Rent::paid_lamports), sol_decimals);
        out.money("rentReturned", lamports(&Rent::returned_lamports), sol_decimals);
        if (attempt.error) {
            out.object("error");
            out.text("code", to_string(attempt.error->reason));
            out.text("detail", attempt.error->detail);
            out.end_object();
        } else {
            out.null("error");
        }
        out.text_or_null("evidence", attempt.evidence);
        out.time("openedAt", attempt.opened_at);
        out.time("closedAt", attempt.resolution ? std::optional(attempt.closed_at) : std::nullopt);
        out.end_object();
    }
    out.end_list();
}

/// The members of an order without `routing` and without braces.
void write_order_members(Writer& out, const Order& order, const OrderWords& words,
                         const std::vector<Attempt>& attempts, const Explorer& explorer) {
    const OrderRequest& request = order.request;
    out.text("id", order.id.to_string());
    out.text("type", "market");
    out.text_or_null("side", side_word(request.side));
    out.text("status", to_string(order.status));
    out.flag("inDoubt", order.in_doubt);
    out.flag("cancelRequested", order.cancel_requested);
    out.text("tokenIn", words.token_in);
    out.text("tokenOut", words.token_out);
    out.text("mintIn", request.token_in.mint.to_string());
    out.text("mintOut", request.token_out.mint.to_string());
    out.text("mode", request.mode == SwapMode::exact_in ? "exact_in" : "exact_out");
    out.text_or_null("amountIn", words.amount_in);
    out.text_or_null("amountOut", words.amount_out);
    out.text_or_null("minAmountOut", words.least_out);
    out.text_or_null("maxAmountIn", words.most_in);
    out.number("slippageBps", request.slippage.points());
    out.text("slippage", words.slippage);
    out.text_or_null("dexUsed", order.venue);
    out.text_or_null("executedPrice", words.executed_price);
    out.text_or_null("quotedPrice", words.quoted_price);
    out.text_or_null("txHash", order.tx_hash);
    write_explorer_url(out, explorer, order.tx_hash);
    out.number("attempt", order.attempt);
    out.number("maxAttempts", order.attempts_max);
    out.time("nextRetryAt", order.next_retry_at);
    if (order.failure) {
        out.json("failure", encode_failure(*order.failure));
    } else {
        out.null("failure");
    }
    write_attempts(out, order, attempts, explorer);
    out.time("createdAt", order.created_at);
    out.time("updatedAt", order.updated_at);
    out.number("lastSeq", order.last_seq);
    out.text_or_null("clientId", request.client_id);
    out.text_or_null("clientOrderId", request.client_order_id);
    out.text_or_null("retryOf", request.retry_of ? request.retry_of->to_string() : std::string());
    if (request.deadline) {
        out.number("deadlineMs", static_cast<std::uint64_t>(request.deadline->count()));
    } else {
        out.null("deadlineMs");
    }
    out.text_or_null("correlationId", order.correlation_id);
    out.text_or_null("traceId", order.trace_id);
    if (!order.account.empty()) out.text("account", order.account);
}

void write_flat_members(Writer& out, const Order& order, const OrderWords& words) {
    out.text("order_id", order.id.to_string());
    out.text("order_type", "market");
    out.text("token_in", words.token_in);
    out.text("token_out", words.token_out);
    out.text_or_null("amount_in", words.amount_in);
    out.text("slippage", words.slippage);
    out.text("status", to_string(order.status));
    out.text_or_null("dex_used", order.venue);
    out.text_or_null("executed_price", words.executed_price);
    out.text_or_null("amount_out", words.amount_out);
    out.text_or_null("tx_hash", order.tx_hash);
    out.text_or_null("error", words.error);
    out.text_or_null("failure_reason", words.failure_reason);
    out.time("created_at", order.created_at);
    out.time("updated_at", order.updated_at);
}

}  // namespace

Decisions decisions_in(const std::vector<CommittedEvent>& events) {
    Decisions decisions;
    for (const CommittedEvent& event : events) {
        if (const auto* const quotes = std::get_if<QuotesData>(&event->data))
            decisions.push_back(quotes->decision);
    }
    return decisions;
}

CommittedEvent parking_in(const std::vector<CommittedEvent>& events, Time now) {
    if (events.empty() || events.back()->kind != EventKind::parked) return nullptr;
    // Whoever takes it up again may have nothing to write for a long while.
    return events.back()->next_retry_at > now ? events.back() : nullptr;
}

std::string encode_order(const Order& order, const std::vector<Attempt>& attempts, const Decisions& decisions,
                         const CommittedEvent& parking, const Explorer& explorer) {
    const OrderWords words(order);
    std::string text;
    Writer out(text);
    out.begin_object();
    out.flag("success", true);
    out.object("order");
    write_order_members(out, order, words, attempts, explorer);
    if (decisions.empty()) {
        out.null("routing");
    } else {
        out.json("routing", encode_decision(*decisions.back()));
    }
    if (parking == nullptr) {
        out.null("parked");
    } else {
        const NoteData* const note = std::get_if<NoteData>(&parking->data);
        out.object("parked");
        out.text("reason", note != nullptr ? note->note : std::string());
        out.time("since", parking->at);
        out.time("until", parking->next_retry_at);
        out.end_object();
    }
    out.end_object();
    write_flat_members(out, order, words);
    out.end_object();
    return text;
}

std::string encode_orders(const std::vector<OrderItem>& items, const std::optional<OrderId>& next_cursor,
                          const Explorer& explorer) {
    std::string text;
    Writer out(text);
    out.begin_object();
    out.list("items");
    for (const OrderItem& item : items) {
        out.begin_object();
        write_order_members(out, *item.order, OrderWords(*item.order), *item.attempts, explorer);
        out.end_object();
    }
    out.end_list();
    out.text_or_null("nextCursor", next_cursor ? next_cursor->to_string() : std::string());
    out.end_object();
    return text;
}

std::string encode_attempts(const Order& order, const std::vector<Attempt>& attempts,
                            const Explorer& explorer) {
    std::string text;
    Writer out(text);
    out.begin_object();
    out.text("orderId", order.id.to_string());
    write_attempts(out, order, attempts, explorer);
    out.end_object();
    return text;
}

std::string encode_routing(const OrderId& order, const Decisions& decisions) {
    std::string text;
    Writer out(text);
    out.begin_object();
    out.text("orderId", order.to_string());
    out.text("rule", routing_rule);
    out.list("decisions");
    for (const auto& decision : decisions) out.json_value(encode_decision(*decision));
    out.end_list();
    out.end_object();
    return text;
}

std::string encode_submit_answer(const OrderId& order, OrderStatus status, const std::string& client_order_id,
                                 const std::optional<OrderId>& retry_of) {
    const std::string id = order.to_string();
    const std::string self = "/api/orders/" + id;
    std::string text;
    Writer out(text);
    out.begin_object();
    out.flag("success", true);
    out.text("orderId", id);
    out.text("status", to_string(status));
    if (!client_order_id.empty()) out.text("clientOrderId", client_order_id);
    if (retry_of) out.text("retryOf", retry_of->to_string());
    out.text("wsPath", "/ws/orders/" + id);
    out.text("websocketUrl", self + "/stream");
    out.text("message", "Order accepted. Connect to the WebSocket for live updates.");
    out.text("instructions", "Connect a WebSocket to websocketUrl to follow the order, or read links.self");
    out.object("links");
    out.text("self", self);
    out.text("stream", self + "/stream");
    out.text("events", self + "/events");
    out.text("cancel", self + "/cancel");
    out.end_object();
    out.end_object();
    return text;
}

std::string encode_cancel_requested(const OrderId& order) {
    std::string text;
    Writer out(text);
    out.begin_object();
    out.flag("success", true);
    out.text("orderId", order.to_string());
    out.flag("cancelRequested", true);
    out.text("message", "A transaction is on its way: nothing new will be signed, its outcome follows.");
    out.end_object();
    return text;
}

}  // namespace libexec
