#include "libexec/json/submit_codec.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "field_errors.hpp"
#include "json_value.hpp"
#include "libexec/json/nearest_word.hpp"

namespace libexec {
namespace {

using json::Value;

constexpr std::array<std::string_view, 16> field_names{
    "type",           "orderType", "tokenIn",       "tokenOut",  "baseAsset",   "quoteAsset",
    "side",           "amountIn",  "amountOut",     "amount",    "slippageBps", "slippage",
    "maxSlippageBps", "clientId",  "clientOrderId", "deadlineMs"};

constexpr std::size_t id_bytes_most = 128;
constexpr std::uint64_t deadline_ms_most = 86'400'000;  // a day
constexpr std::uint8_t fraction_decimals = 4;           // a basis point is 0.0001

/// A whole number sent as a JSON number; the spelling is free ("100", "1e2"), the value exact.
std::optional<std::uint64_t> whole_number(const Value& value, std::string_view name, std::uint64_t least,
                                          std::uint64_t most, std::string_view example,
                                          json::FieldErrors& errors) {
    const Result<Amount> number = value.kind == Value::Kind::number
                                      ? parse_token_units(value.chars, 0, true)
                                      : Result<Amount>(reject(Reason::bad_amount, "not a number"));
    if (number && number.value().base_units() >= least && number.value().base_units() <= most) {
        return number.value().base_units();
    }
    errors.add(name, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
                         ", without quotes, such as " + std::string(example));
    return std::nullopt;
}

constexpr std::string_view slippage_example = "100 for 1 %";

/// Reads one body, writing down everything that is wrong on the way.
class SubmitReader {
public:
    SubmitReader(const Value& body, const TokenRegistry& tokens) : body_(body), tokens_(tokens) {}

    DecodedOrder read() {
        check_names();
        check_type();
        read_side();
        read_tokens();
        read_amount();
        read_slippage();
        read_ids();
        read_deadline();
        if (errors_.empty()) return std::move(order_);
        return std::move(errors_).problem();
    }

private:
    void complain(std::string_view name, std::string rule) { errors_.add(name, std::move(rule)); }

    /// The member of that name; an explicit null counts as left out.
    const Value* given(std::string_view name) const {
        const Value* const value = body_.find(name);
        return value != nullptr && value->kind != Value::Kind::null ? value : nullptr;
    }

    const Value* text_of(std::string_view name, std::string_view example) {
        const Value* const value = given(name);
        if (value == nullptr || value->kind == Value::Kind::text) return value;
        complain(name, "must be a text such as \"" + std::string(example) + "\", not " +
                           std::string(json::word_for(value->kind)));
        return nullptr;
    }

    void check_names() {
        std::set<std::string_view> seen;
        for (const auto& [name, value] : body_.members) {
            if (!seen.insert(name).second) {
                complain(name, "is given twice: send it once");
            } else if (std::find(field_names.begin(), field_names.end(), name) == field_names.end()) {
                const std::string_view near = nearest_word(name, field_names);
                complain(name, near.empty()
                                   ? "is not a field of an order: leave it out"
                                   : "is not a field of an order: did you mean " + std::string(near) + "?");
            }
        }
    }

    /// The one of several spellings that was sent; two at once are refused.
    std::string_view one_of(std::initializer_list<std::string_view> names) {
        std::string_view chosen;
        for (const std::string_view name : names) {
            if (given(name) == nullptr) continue;
            if (!chosen.empty()) {
                complain(name, "says the same as " + std::string(chosen) + ": send one of them");
            } else {
                chosen = name;
            }
        }
        return chosen;
    }

    void check_type() {
        const std::string_view name = one_of({"type", "orderType"});
        if (name.empty()) return;
        const Value* const type = text_of(name, "market");
        if (type == nullptr || type->chars == "market") return;
        if (type->chars == "limit" || type->chars == "sniper") {
            complain(name, "only market orders are executed: '" + type->chars +
                               "' is reserved and not available, send \"market\"");
        } else {
            complain(name, "must be \"market\", not " + json::shown(type->chars));
        }
    }

    void read_side() {
        const Value* const side = text_of("side", "sell");
        if (side == nullptr) return;
        if (side->chars == "buy") {
            order_.side = OrderSide::buy;
        } else if (side->chars == "sell") {
            order_.side = OrderSide::sell;
        } else {
            complain("side", "must be \"buy\" or \"sell\", not " + json::shown(side->chars));
        }
    }

    std::optional<Token> read_token(std::string_view name) {
        const Value* const text = text_of(name, "USDC");
        if (text == nullptr) return std::nullopt;
        auto token = tokens_.find(text->chars);
        if (token) return token;
        std::vector<std::string_view> symbols;
        for (const Token& known : tokens_.all()) symbols.push_back(known.symbol);
        const std::string_view near = nearest_word(text->chars, symbols);
        errors_.add_unknown_token(
            name, json::shown(text->chars) + " is not a known symbol or mint" +
                      (near.empty() ? ": send a symbol of GET /api/tokens such as \"USDC\", or its mint"
                                    : ": did you mean \"" + std::string(near) + "\"?"));
        return std::nullopt;
    }

    void require(std::string_view name, std::string_view example) {
        if (given(name) == nullptr) {
            complain(name, "is required: send a symbol such as \"" + std::string(example) + "\", or a mint");
        }
    }

    bool says_sol(std::string_view name) const {
        const Value* const value = given(name);
        return value != nullptr && value->chars == "SOL";
    }

    void read_tokens() {
        by_assets_ = given("baseAsset") != nullptr || given("quoteAsset") != nullptr;
        std::string_view in = "tokenIn", out = "tokenOut";
        if (by_assets_) {
            for (const std::string_view name : {in, out}) {
                if (given(name) != nullptr) {
                    complain(name, "does not go with baseAsset and quoteAsset: send one pair of them");
                }
            }
            if (given("side") == nullptr) {
                complain("side", "is required with baseAsset and quoteAsset: send \"buy\" or \"sell\"");
            }
            const bool buys = order_.side == OrderSide::buy;
            in = buys ? "quoteAsset" : "baseAsset";
            out = buys ? "baseAsset" : "quoteAsset";
        }
        require(in, "SOL");
        require(out, "USDC");
        token_in_ = read_token(in);
        token_out_ = read_token(out);
        if (token_in_ && token_out_ && token_in_->mint == token_out_->mint) {
            complain(out, "must differ from " + std::string(in) + ": both are " + token_in_->symbol +
                              ", choose another token");
        }
        if (token_in_) order_.token_in = *token_in_;
        if (token_out_) order_.token_out = *token_out_;
        // A trader's SOL is native; its address names wrapped SOL, which needs no wrapping.
        order_.native_in = token_in_ && token_in_->mint == wrapped_sol_mint() && says_sol(in);
        order_.native_out = token_out_ && token_out_->mint == wrapped_sol_mint() && says_sol(out);
    }

    void read_amount() {
        if (by_assets_) {
            for (const std::string_view name : {"amountIn", "amountOut"}) {
                if (given(name) != nullptr) {
                    complain(name,
                             "does not go with baseAsset and quoteAsset: send amount, of the base asset");
                }
            }
            if (given("amount") == nullptr) {
                complain("amount", "is required: send how much of baseAsset, such as \"1.5\"");
                return;
            }
            order_.mode = order_.side == OrderSide::buy ? SwapMode::exact_out : SwapMode::exact_in;
            read_positive("amount", order_.mode == SwapMode::exact_in ? token_in_ : token_out_);
            return;
        }
        if (given("amount") != nullptr) {
            complain("amount", "goes with baseAsset and quoteAsset: with tokenIn send amountIn or amountOut");
            if (given("amountIn") == nullptr && given("amountOut") == nullptr) return;
        }
        const bool in = given("amountIn") != nullptr, out = given("amountOut") != nullptr;
        if (in && out) {
            complain("amountOut", "does not go with amountIn: send the one side that is fixed");
            read_positive("amountIn", token_in_);
        } else if (in) {
            read_positive("amountIn", token_in_);
        } else if (out) {
            order_.mode = SwapMode::exact_out;
            read_positive("amountOut", token_out_);
        } else {
            complain("amountIn",
                     "is required: send how much to sell, such as \"1.5\", or amountOut to fix what to buy");
        }
    }

    void read_positive(std::string_view name, const std::optional<Token>& token) {
        const Value& value = *given(name);
        if (value.kind != Value::Kind::text && value.kind != Value::Kind::number) {
            complain(name, "must be a decimal text such as \"1.5\", not " +
                               std::string(json::word_for(value.kind)));
            return;
        }
        const bool exponent_allowed = value.kind == Value::Kind::number;
        const Result<Amount> amount = token
                                          ? parse_token_units(value.chars, token->decimals, exponent_allowed)
                                          : possible_amount(value.chars, exponent_allowed);
        if (!amount) {
            complain(name, amount_rule(amount.error().detail, token));
        } else if (amount.value() == Amount(0)) {
            complain(name,
                     "must be above zero" + (token ? ": the least is " + least_of(*token) : std::string()));
        } else {
            order_.amount = amount.value();
        }
    }

    /// Of an unknown token the decimals are unknown too: what no token could have is wrong all the same.
    static Result<Amount> possible_amount(std::string_view chars, bool exponent_allowed) {
        constexpr std::uint8_t decimals_most = 18;
        Result<Amount> amount = parse_token_units(chars, decimals_most, exponent_allowed);
        for (std::uint8_t decimals = 0; !amount && decimals < decimals_most; ++decimals) {
            Result<Amount> other = parse_token_units(chars, decimals, exponent_allowed);
            if (other) amount = std::move(other);
        }
        return amount;
    }
    static std::string least_of(const Token& token) {
        return to_text({Amount(1), token.decimals}) + " " + token.symbol;
    }
    static std::string amount_rule(const std::string& detail, const std::optional<Token>& token) {
        const std::string rule = detail + ": send a decimal such as \"1.5\" with at most ";
        return rule + (token
                           ? std::to_string(token->decimals) + " digits after the point for " + token->symbol
                           : std::string("the token's digits after the point"));
    }

    std::optional<std::uint64_t> read_whole(std::string_view name, std::uint64_t least, std::uint64_t most,
                                            std::string_view example) {
        return whole_number(*given(name), name, least, most, example, errors_);
    }

    void read_slippage() {
        const std::string_view name = one_of({"slippageBps", "slippage", "maxSlippageBps"});
        std::uint64_t points = slippage_default_bps;
        if (name == "slippage") {
            const Value& value = *given(name);
            const bool number = value.kind == Value::Kind::number;
            const Result<Amount> fraction = number || value.kind == Value::Kind::text
                                                ? parse_token_units(value.chars, fraction_decimals, number)
                                                : Result<Amount>(reject(Reason::bad_amount, "not a number"));
            if (!fraction || fraction.value().base_units() > Bps::whole) {
                complain(
                    name,
                    "must be a fraction from 0 to 1 with at most 4 digits after the point (0.0001 is one "
                    "basis point), such as 0.01 for 1 %");
            } else {
                points = fraction.value().base_units();
            }
        } else if (!name.empty()) {
            points = read_whole(name, 0, Bps::whole, slippage_example).value_or(points);
        }
        order_.slippage = Bps::of(points).value();
    }

    void read_id(std::string_view name, std::string& into) {
        const Value* const text = text_of(name, "desk-7");
        if (text == nullptr) return;
        const bool clean = std::none_of(text->chars.begin(), text->chars.end(), [](char c) {
            return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
        });
        if (text->chars.empty() || text->chars.size() > id_bytes_most || !clean) {
            complain(name, "must have 1 to 128 bytes and no control characters, such as \"desk-7\"");
        } else {
            into = text->chars;
        }
    }

    void read_ids() {
        read_id("clientId", order_.client_id);
        read_id("clientOrderId", order_.client_order_id);
    }

    void read_deadline() {
        if (given("deadlineMs") == nullptr) return;
        const auto deadline = read_whole("deadlineMs", 1, deadline_ms_most, "30000");
        if (deadline) order_.deadline = std::chrono::milliseconds(*deadline);
    }

    const Value& body_;
    const TokenRegistry& tokens_;
    OrderRequest order_;
    std::optional<Token> token_in_, token_out_;
    bool by_assets_ = false;
    json::FieldErrors errors_;
};

}  // namespace

DecodedOrder decode_order_request(std::string_view body, const TokenRegistry& tokens) {
    const std::variant<Value, Problem> read = json::read_object(
        body, R"(send an object such as {"tokenIn":"SOL","tokenOut":"USDC","amountIn":"1.5"})");
    if (const Problem* const problem = std::get_if<Problem>(&read)) return *problem;
    const Value& value = std::get<Value>(read);
    return SubmitReader(value, tokens).read();
}

DecodedRetry decode_retry_request(std::string_view body) {
    RetryChanges changes;
    if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return changes;
    const std::variant<Value, Problem> read =
        json::read_object(body, R"(send nothing, or an object such as {"slippageBps":200})");
    if (const Problem* const problem = std::get_if<Problem>(&read)) return *problem;
    const Value& value = std::get<Value>(read);
    constexpr std::array<std::string_view, 1> known{"slippageBps"};
    json::FieldErrors errors;
    bool seen = false;
    for (const auto& [name, member] : value.members) {
        if (name != known[0]) {
            const bool near = !nearest_word(name, known).empty();
            errors.add(name, near ? "is not a field of a retry: did you mean slippageBps?"
                                  : "is not a field of a retry, which repeats its order and may change "
                                    "slippageBps only: leave it out");
        } else if (std::exchange(seen, true)) {
            errors.add(name, "is given twice: send it once");
        } else if (member.kind != Value::Kind::null) {
            const auto points = whole_number(member, name, 0, Bps::whole, slippage_example, errors);
            if (points) changes.slippage = Bps::of(*points).value();
        }
    }
    if (errors.empty()) return changes;
    return std::move(errors).problem();
}

}  // namespace libexec
