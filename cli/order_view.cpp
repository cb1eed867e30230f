#include "order_view.hpp"

#include <algorithm>

#include "amount_ratio.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

std::string joined(std::string text, std::string_view more, std::string_view between) {
    if (!text.empty() && !more.empty()) text.append(between);
    return text.append(more);
}

std::string quoted_word(std::string_view text) { return to_json_string(text); }

}  // namespace

std::string order_head(const JsonValue& order, const Style& style) {
    const auto clean = [&style](const JsonValue& value) { return printable(style, value.text()); };
    const bool exact_out = order["mode"].text() == "exact_out" || order["amountIn"].is_null();
    const std::string arrow = " " + std::string(style.arrow()) + " ";
    std::string head = "order " + clean(order["id"]) + "  " + clean(order["type"]) + "  ";
    if (exact_out) {
        head += clean(order["tokenIn"]) + arrow + without_trailing_zeros(clean(order["amountOut"])) + " " +
                clean(order["tokenOut"]);
    } else {
        head += without_trailing_zeros(clean(order["amountIn"])) + " " + clean(order["tokenIn"]) + arrow +
                clean(order["tokenOut"]);
    }
    if (const auto bps = order["slippageBps"].whole()) head += "   max slippage " + percent_text(*bps);
    return head;
}

void OrderTimeline::learn(const JsonValue& event) {
    const auto at = event["timestamp"].time();
    if (!began_) began_ = at;
    const JsonValue data = event["data"];
    const JsonValue decision = data["decision"];
    if (!decision.is_null()) {
        symbol_in_ = clean(decision["tokenIn"]["symbol"].text());
        symbol_out_ = clean(decision["tokenOut"]["symbol"].text());
        exact_out_ = decision["mode"].text() == "exact_out";
        for (const JsonValue& quote : data["quotes"].items()) {
            if (quote["venue"].text() != decision["chosenDex"].text()) continue;
            quoted_in_ = quote["amountIn"].text();
            quoted_out_ = quote["amountOut"].text();
        }
    }
    if (!data["dexUsed"].is_null()) venue_ = clean(data["dexUsed"].text());
}

Stage OrderTimeline::take(const JsonValue& event) {
    learn(event);
    const std::string& kind = event["kind"].text();
    const std::string& status = event["status"].text();
    Stage stage;
    stage.word = clean(status);
    const auto at = event["timestamp"].time();
    if (at && began_) stage.elapsed = *at - *began_;
    stage.detail = detail_of(event);
    if (kind == "quotes") {
        stage.kind = Stage::Kind::detailed;
    } else if (kind != "moved") {
        stage.kind = Stage::Kind::noted;
        stage.good = false;
        stage.word = kind == "in_doubt"           ? "in doubt"
                     : kind == "cancel_requested" ? "cancelling"
                                                  : clean(kind);
    } else if (status == "confirmed" || status == "failed" || status == "cancelled" || status == "expired") {
        stage.kind = Stage::Kind::ended;
        stage.good = status == "confirmed";
    } else {
        stage.again = status == "pending" && !event["data"]["reason"].is_null();
    }
    return stage;
}

std::string OrderTimeline::detail_of(const JsonValue& event) const {
    const JsonValue data = event["data"];
    const std::string& kind = event["kind"].text();
    const std::string& status = event["status"].text();
    if (kind == "quotes") return quotes_detail(data);
    if (kind != "moved" || status == "cancelled") return clean(data["note"].text());
    if (status == "pending") return data["reason"].is_null() ? std::string() : retry_detail(event);
    if (status == "building") {
        const bool in = !data["maxAmountIn"].is_null();
        const std::string& limit = in ? data["maxAmountIn"].text() : data["minAmountOut"].text();
        return venue_ + (in ? "   max in " : "   min out ") + clean(limit) + " " +
               (in ? symbol_in_ : symbol_out_);
    }
    if (status == "submitted")
        return "tx " + short_signature(clean(data["txHash"].text()), style_.ellipsis());
    if (status == "confirmed") return confirmed_detail(data);
    if (status == "failed" || status == "expired") {
        std::string detail = clean(data["failureReason"].text());
        if (!venue_.empty()) detail += " on " + venue_;
        const auto attempts = data["attempts"].whole();
        if (attempts)
            detail += ", " + std::to_string(*attempts) + (*attempts == 1 ? " attempt" : " attempts");
        return detail;
    }
    return {};
}

std::string OrderTimeline::quotes_detail(const JsonValue& data) const {
    const std::string_view amount = exact_out_ ? "amountIn" : "amountOut";
    const std::string& chosen = data["decision"]["chosenDex"].text();
    std::string best;
    std::string others;
    std::string second_net;
    std::string best_net;
    for (const JsonValue& quote : data["quotes"].items()) {
        const std::string venue = clean(quote["venue"].text());
        if (quote["amountOut"].is_null()) {
            others = joined(venue + " " + clean(quote["error"]["code"].text()), others, "   ");
            continue;
        }
        std::string word = venue + " " + clean(quote[amount].text());
        if (quote["venue"].text() == chosen) {
            best = std::move(word);
            best_net = quote["net"].text();
        } else {
            if (second_net.empty()) second_net = quote["net"].text();
            others = joined(std::move(word), others, "   ");
        }
    }
    if (best.empty()) return joined("no route", others, ": ");
    const std::string gap = gap_text(best_net, second_net);
    if (!gap.empty()) {
        best += "  " + std::string(style_.back_arrow()) + " best by " + gap;
        if (const auto tenths = tenth_bps_between(best_net, second_net))
            best += " (" + tenth_bps_text(*tenths) + ")";
    }
    return joined(others, best, "   ");
}

std::string OrderTimeline::confirmed_detail(const JsonValue& data) const {
    std::string detail = exact_out_ ? clean(data["amountIn"].text()) + " " + symbol_in_ + " paid"
                                    : clean(data["amountOut"].text()) + " " + symbol_out_;
    detail += " at " + without_trailing_zeros(clean(data["executedPrice"].text()));
    const std::string& executed = exact_out_ ? data["amountIn"].text() : data["amountOut"].text();
    const std::string& quoted = exact_out_ ? quoted_in_ : quoted_out_;
    if (const auto tenths = tenth_bps_between(executed, quoted)) {
        detail += "   ";
        if (executed == quoted) return detail + "as quoted";
        detail += tenth_bps_text(*tenths) + (is_above(executed, quoted) ? " above quote" : " below quote");
    }
    return detail;
}

std::string OrderTimeline::retry_detail(const JsonValue& event) const {
    std::string detail = "attempt " + clean(event["attempt"].text()) + "/" +
                         clean(event["maxAttempts"].text()) + " after " +
                         clean(event["data"]["reason"].text());
    const auto now = event["timestamp"].time();
    const auto next = event["nextRetryAt"].time();
    if (now && next && *next > *now) detail += ", in " + elapsed_text(*next - *now);
    return detail;
}

std::string OrderTimeline::line(const JsonValue& event) {
    learn(event);
    const auto at = event["timestamp"].time();
    const std::string& kind = event["kind"].text();
    const std::string word = upper_case(clean(kind == "moved" ? event["status"].text() : kind));
    std::string line =
        (at ? time_of_day_text(*at) : std::string("-")) + " " + clean(event["orderId"].text()) + " " + word;
    const std::string words = words_of(event);
    return words.empty() ? line : line + " " + words;
}

std::string OrderTimeline::words_of(const JsonValue& event) const {
    const JsonValue data = event["data"];
    std::string words;
    const auto say = [&](std::string_view name, const std::string& value) {
        if (!value.empty()) words = joined(std::move(words), std::string(name) + value, " ");
    };
    const std::string& kind = event["kind"].text();
    const std::string& status = event["status"].text();
    if (kind == "quotes") {
        for (const JsonValue& quote : data["quotes"].items()) {
            const bool silent = quote["amountOut"].is_null();
            const std::string value =
                silent ? quote["error"]["code"].text() : quote[exact_out_ ? "amountIn" : "amountOut"].text();
            say("", clean(quote["venue"].text()) + "=" + clean(value));
        }
        say("chosen=", clean(data["decision"]["chosenDex"].text()));
        return words;
    }
    const bool ended_badly = kind == "moved" && (status == "failed" || status == "expired");
    if (kind == "moved" && status != "pending" && status != "routing") say("", venue_);
    say("min_out=", clean(data["minAmountOut"].text()));
    say("max_in=", clean(data["maxAmountIn"].text()));
    if (status == "confirmed") {
        say("in=", clean(data["amountIn"].text()));
        say("out=", clean(data["amountOut"].text()));
        say("price=", without_trailing_zeros(clean(data["executedPrice"].text())));
    }
    say("reason=", clean(ended_badly ? data["failureReason"].text() : data["reason"].text()));
    if (!data["reason"].is_null() || ended_badly) {
        say("attempt=", clean(event["attempt"].text()) + "/" + clean(event["maxAttempts"].text()));
    }
    say("next=", clean(event["nextRetryAt"].text()));
    say("tx=", clean(data["txHash"].text()));
    const std::string& sentence = ended_badly ? data["error"].text() : data["note"].text();
    if (!sentence.empty()) say(ended_badly ? "error=" : "note=", quoted_word(clean(sentence)));
    return words;
}

std::string stage_line(const Stage& stage, bool settled, const Style& style) {
    std::string_view glyph = settled ? style.tick() : style.going();
    Colour colour = settled ? Colour::green : Colour::yellow;
    if (stage.again) glyph = style.again(), colour = Colour::yellow;
    if (stage.kind == Stage::Kind::noted) glyph = "!", colour = Colour::yellow;
    if (stage.kind == Stage::Kind::ended && !stage.good) glyph = style.cross(), colour = Colour::red;

    std::string word = stage.word;
    word.resize(std::max<std::size_t>(word.size(), 11), ' ');
    std::string time = elapsed_text(stage.elapsed);
    if (time.size() < 6) time.insert(0, 6 - time.size(), ' ');
    std::string line = "  " + paint(style, colour, std::string(glyph) + " " + word) + " " + time;
    return stage.detail.empty() ? line : line + "   " + stage.detail;
}

std::string failure_text(const JsonValue& order, const JsonValue& terminal_event, const std::string& server,
                         const Style& style) {
    const JsonValue failure = order["failure"].is_null() ? terminal_event["data"] : order["failure"];
    std::string text;
    const auto line = [&text](const std::string& words) { text += "    " + words + "\n"; };
    const auto clean = [&style](const JsonValue& value) { return printable(style, value.text()); };

    const std::string detail = joined(clean(failure["title"]), clean(failure["detail"]), ": ");
    if (!detail.empty()) line(detail);
    const bool moved = failure["fundsMoved"].is_true();
    const bool retryable = failure["retryable"].is_true();
    if (moved) {
        line("funds may have moved: see transaction " + clean(failure["txHash"]) +
             " before submitting again");
    } else if (retryable) {
        line("nothing was swapped; the order is safe to submit again");
    } else {
        line("nothing was swapped; submitting the same order again is safe, but will end the same way");
    }
    const std::string hint = clean(failure["hint"]);
    if (!hint.empty()) line("next: " + hint);
    std::string code = clean(failure["code"]);
    if (code.empty()) code = clean(terminal_event["data"]["failureReason"]);
    if (!code.empty())
        line("more: execctl explain " + clean(terminal_event["orderId"]) + "   docs: " + server +
             "/problems/" + code);
    return text;
}

}  // namespace libexec::cli
