#include "decision_codec.hpp"

#include <limits>

#include "libexec/json/event_codec.hpp"

namespace libexec::json {
namespace {

constexpr std::string_view exact_in_word = "exact_in";
constexpr std::string_view exact_out_word = "exact_out";

void write_token(Writer& out, std::string_view name, const Token& token) {
    out.object(name);
    out.text("symbol", token.symbol);
    out.text("mint", token.mint.to_string());
    out.number("decimals", token.decimals);
    out.end_object();
}

Token read_token(const Value* value, std::string_view name, std::string& trouble) {
    Token token;
    if (value == nullptr) {
        if (trouble.empty()) trouble = "'" + std::string(name) + "' is missing";
        return token;
    }
    Fields fields(*value, trouble);
    token.symbol = fields.text("symbol");
    const auto mint = Mint::parse(fields.text("mint"));
    if (!mint) fields.complain("mint", "must be an address");
    token.mint = mint.value_or(Mint());
    const std::uint64_t decimals = fields.number("decimals");
    if (decimals > 18) fields.complain("decimals", "must be at most 18");
    token.decimals = static_cast<std::uint8_t>(decimals);
    return token;
}

/// The side whose amounts are compared.
const Token& ranked_token(const RoutingDecision& decision) {
    return decision.mode == SwapMode::exact_in ? decision.token_out : decision.token_in;
}

void write_quote_members(Writer& out, const Quote& quote, const RoutingDecision& decision) {
    const std::uint8_t in = decision.token_in.decimals;
    const std::uint8_t out_decimals = decision.token_out.decimals;
    out.text("pool", quote.pool);
    out.text("price", price_text({quote.amount_in, in}, {quote.amount_out, out_decimals}));
    out.money("amountIn", {quote.amount_in, in});
    out.money("amountOut", {quote.amount_out, out_decimals});
    out.number("feeBps", quote.fee.points());
    out.money("fee", {quote.venue_fee, in});
    const std::uint8_t ranked = ranked_token(decision).decimals;
    out.money("networkCost", {quote.network_cost, ranked});
    out.money("net", {net_of_costs(quote, decision.mode), ranked});
    out.number("priceImpactBps", quote.price_impact_bps);
    out.money("liquidity", {quote.liquidity, out_decimals});
    out.milliseconds("latencyMs", quote.latency);
    out.time("quotedAt", quote.quoted_at);
    if (quote.slot == 0) return;
    out.number("slot", quote.slot);
    out.milliseconds("ageMs", quote.age);
}

Quote read_quote(Fields& fields, std::string_view venue, const RoutingDecision& decision) {
    Quote quote;
    quote.venue = venue;
    quote.pool = fields.text("pool");
    quote.amount_in = fields.money("amountIn", decision.token_in.decimals);
    quote.amount_out = fields.money("amountOut", decision.token_out.decimals);
    const Result<Bps> fee = Bps::of(fields.number("feeBps"));
    if (!fee) fields.complain("feeBps", "must be at most 10000");
    quote.fee = fee ? fee.value() : Bps();
    quote.venue_fee = fields.money("fee", decision.token_in.decimals);
    quote.network_cost = fields.money("networkCost", ranked_token(decision).decimals);
    const std::uint64_t impact = fields.number("priceImpactBps");
    if (impact > std::numeric_limits<std::uint32_t>::max())
        fields.complain("priceImpactBps", "is out of range");
    quote.price_impact_bps = static_cast<std::uint32_t>(impact);
    quote.liquidity = fields.money("liquidity", decision.token_out.decimals);
    quote.latency = fields.milliseconds("latencyMs");
    quote.quoted_at = fields.time("quotedAt");
    if (fields.has("slot")) quote.slot = fields.number("slot");
    if (fields.has("ageMs")) quote.age = fields.milliseconds("ageMs");
    return quote;
}

Rejection read_silence(const Value& value, std::string& trouble) {
    Fields fields(value, trouble);
    const auto reason = parse_reason(fields.text("code"));
    if (!reason) fields.complain("code", "is no reason we know");
    return reject(reason.value_or(Reason::internal), std::string(fields.text("detail")));
}

}  // namespace

void write_decision_members(Writer& out, const RoutingDecision& decision) {
    out.number("attempt", decision.attempt);
    out.time("decidedAt", decision.decided_at);
    out.text("rule", routing_rule);
    out.text_or_null("chosenDex", decision.chosen() != nullptr ? decision.chosen()->venue : "");
    write_token(out, "tokenIn", decision.token_in);
    write_token(out, "tokenOut", decision.token_out);
    out.text("mode", decision.mode == SwapMode::exact_in ? exact_in_word : exact_out_word);
    out.flag("wrapsSol", decision.wraps_sol);
    out.flag("unwrapsSol", decision.unwraps_sol);
}

void write_quotes(Writer& out, const RoutingDecision& decision) {
    out.list("quotes");
    for (const VenueAnswer& answer : decision.answers) {
        out.begin_object();
        out.text("venue", answer.venue);
        if (answer.quote) write_quote_members(out, *answer.quote, decision);
        if (answer.silence) {
            out.object("error");
            out.text("code", to_string(answer.silence->reason));
            out.text("detail", answer.silence->detail);
            out.end_object();
        }
        out.text("why", answer.note);
        out.end_object();
    }
    out.end_list();
}

void write_quotes_in_brief(Writer& out, const RoutingDecision& decision) {
    out.list("quotes");
    for (const VenueAnswer& answer : decision.answers) {
        if (!answer.quote) continue;
        const TokenAmount in{answer.quote->amount_in, decision.token_in.decimals};
        const TokenAmount received{answer.quote->amount_out, decision.token_out.decimals};
        out.begin_object();
        out.text("venue", answer.venue);
        out.text("price", price_text(in, received));
        out.money("amountIn", in);
        out.money("amountOut", received);
        out.end_object();
    }
    out.end_list();
}

RoutingDecision read_quotes_in_brief(const std::vector<Value>& quotes, std::string& trouble) {
    RoutingDecision decision;
    for (const Value& item : quotes) {
        Fields fields(item, trouble);
        const TokenAmount in = fields.money("amountIn");
        const TokenAmount received = fields.money("amountOut");
        decision.token_in.decimals = in.decimals;
        decision.token_out.decimals = received.decimals;
        VenueAnswer answer;
        answer.venue = fields.text("venue");
        answer.quote.emplace();
        answer.quote->venue = answer.venue;
        answer.quote->amount_in = in.amount;
        answer.quote->amount_out = received.amount;
        decision.answers.push_back(std::move(answer));
    }
    return decision;
}

RoutingDecision read_decision(const Value& members, const std::vector<Value>& quotes, std::string& trouble) {
    RoutingDecision decision;
    Fields fields(members, trouble);
    decision.attempt = static_cast<std::uint32_t>(fields.number("attempt"));
    decision.decided_at = fields.time("decidedAt");
    decision.token_in = read_token(fields.object_or_null("tokenIn"), "tokenIn", trouble);
    decision.token_out = read_token(fields.object_or_null("tokenOut"), "tokenOut", trouble);
    const std::string_view mode = fields.text("mode");
    if (mode != exact_in_word && mode != exact_out_word)
        fields.complain("mode", "must be exact_in or exact_out");
    decision.mode = mode == exact_out_word ? SwapMode::exact_out : SwapMode::exact_in;
    decision.wraps_sol = fields.flag("wrapsSol");
    decision.unwraps_sol = fields.flag("unwrapsSol");
    for (const Value& item : quotes) {
        Fields answer_fields(item, trouble);
        VenueAnswer answer;
        answer.venue = answer_fields.text("venue");
        if (answer_fields.has("amountOut")) answer.quote = read_quote(answer_fields, answer.venue, decision);
        if (const Value* const silence = answer_fields.object_or_null("error")) {
            answer.silence = read_silence(*silence, trouble);
        }
        answer.note = answer_fields.text("why");
        decision.answers.push_back(std::move(answer));
    }
    return decision;
}

}  // namespace libexec::json

namespace libexec {

std::string encode_decision(const RoutingDecision& decision) {
    std::string text;
    json::Writer out(text);
    out.begin_object();
    json::write_decision_members(out, decision);
    json::write_quotes(out, decision);
    out.end_object();
    return text;
}

Result<RoutingDecision> decode_decision(std::string_view text) {
    const Result<json::Value> parsed = json::parse(text);
    if (!parsed) return reject(Reason::internal, "a stored decision is " + parsed.error().detail);
    std::string trouble;
    json::Fields fields(parsed.value(), trouble);
    RoutingDecision decision = json::read_decision(parsed.value(), fields.list("quotes"), trouble);
    if (!trouble.empty()) return reject(Reason::internal, "a stored decision cannot be read: " + trouble);
    return decision;
}

}  // namespace libexec
