#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "libexec/json/value.hpp"
#include "terminal.hpp"

namespace libexec::cli {

/// `order ID  market  10 SOL → USDC   max slippage 0.50 %`, from the document of `GET /api/orders/{id}`.
std::string order_head(const JsonValue& order, const Style& style);

/// One line of an order's life, as a person sees it.
struct Stage {
    enum class Kind {
        reached,   ///< the order has a new status
        detailed,  ///< more is known about the stage it is in
        noted,     ///< something aside, such as a cancellation asked for
        ended,     ///< well or badly: `good` says which
    };
    Kind kind = Kind::reached;
    bool good = true;
    bool again = false;                    ///< pending after a failed attempt
    std::string word;                      ///< "routing", "in doubt"
    std::chrono::microseconds elapsed{0};  ///< since the order was accepted
    std::string detail;
};

/// Reads an order's events one after the other and says each in words. Amounts are compared as integers.
class OrderTimeline {
public:
    explicit OrderTimeline(Style style) : style_(style) {}

    /// For a terminal. Events come in order, from the first.
    Stage take(const JsonValue& event);
    /// For a pipe: `14:02:12.031Z ID SUBMITTED meteora tx=...`.
    std::string line(const JsonValue& event);

private:
    void learn(const JsonValue& event);
    std::string detail_of(const JsonValue& event) const;
    std::string quotes_detail(const JsonValue& data) const;
    std::string confirmed_detail(const JsonValue& data) const;
    std::string retry_detail(const JsonValue& event) const;
    std::string words_of(const JsonValue& event) const;
    std::string clean(std::string_view text) const { return printable(style_, text); }

    Style style_;
    std::optional<Time> began_;
    std::string venue_;
    std::string symbol_in_;
    std::string symbol_out_;
    bool exact_out_ = false;
    std::string quoted_in_;  ///< of the chosen quote, in token units
    std::string quoted_out_;
};

/// `  ✓ routing     0.24 s   ...`; `settled` is false while the stage is still going on.
std::string stage_line(const Stage& stage, bool settled, const Style& style);

/// What a failed order's trader needs to know, several lines; `order` is its document, or null when that
/// could not be read, then the terminal event has to do.
std::string failure_text(const JsonValue& order, const JsonValue& terminal_event, const std::string& server,
                         const Style& style);

}  // namespace libexec::cli
