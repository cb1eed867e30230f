#include "order_printer.hpp"

#include <chrono>
#include <optional>
#include <ostream>

#include "order_view.hpp"
#include "sheet.hpp"
#include "text.hpp"

namespace libexec::cli {
namespace {

class SilentPrinter final : public OrderPrinter {
public:
    void event(std::string_view, const JsonValue&) override {}
};

class NdjsonPrinter final : public OrderPrinter {
public:
    explicit NdjsonPrinter(Console& console) : console_(console) {}
    void event(std::string_view raw, const JsonValue&) override {
        console_.out << one_line(raw) << '\n' << std::flush;
    }

private:
    Console& console_;
};

class LinePrinter final : public OrderPrinter {
public:
    explicit LinePrinter(Console& console) : console_(console), timeline_(console.style) {}
    void event(std::string_view, const JsonValue& event) override {
        console_.out << timeline_.line(event) << '\n' << std::flush;
    }

private:
    Console& console_;
    OrderTimeline timeline_;
};

/// One row an event, the columns those of a spreadsheet.
class CsvPrinter final : public OrderPrinter {
public:
    CsvPrinter(const Options& options, Console& console) : console_(console) {
        if (options.header)
            console_.out
                << "timestamp,orderId,seq,kind,status,attempt,venue,amountIn,amountOut,txHash,reason\r\n";
    }
    void event(std::string_view, const JsonValue& event) override {
        const JsonValue data = event["data"];
        const std::string& failure = data["failureReason"].text();
        std::string row;
        for (const std::string& field :
             {event["timestamp"].text(), event["orderId"].text(), event["seq"].text(), event["kind"].text(),
              event["status"].text(), event["attempt"].text(), data["dexUsed"].text(),
              data["amountIn"].text(), data["amountOut"].text(), data["txHash"].text(),
              failure.empty() ? data["reason"].text() : failure}) {
            row += (row.empty() ? "" : ",") + csv_field(field);
        }
        console_.out << row << "\r\n" << std::flush;
    }

private:
    Console& console_;
};

/// Finished stages scroll up; the one going on is the last line, redrawn until the next one begins.
class TerminalPrinter final : public OrderPrinter {
public:
    explicit TerminalPrinter(Console& console) : console_(console), timeline_(console.style) {}

    void begin(const JsonValue& order) override {
        if (!order.is_null()) console_.out << order_head(order, console_.style) << '\n' << std::flush;
    }
    void event(std::string_view, const JsonValue& event) override {
        Stage stage = timeline_.take(event);
        if (stage.kind == Stage::Kind::detailed && going_) {
            going_->detail = std::move(stage.detail);
            going_->elapsed = stage.elapsed;
        } else if (stage.kind == Stage::Kind::noted) {
            erase();
            console_.out << stage_line(stage, true, console_.style) << '\n';
        } else {
            settle();
            going_ = std::move(stage);
            if (going_->kind == Stage::Kind::ended) settle();
        }
        since_ = std::chrono::steady_clock::now();
        tick();
    }
    void tick() override {
        if (!going_) return;
        Stage shown = *going_;
        shown.elapsed +=
            std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - since_);
        erase();
        // A wrapped line could not be erased again.
        const std::string line = stage_line(shown, false, console_.style);
        console_.out << cut_to_width(line, console_.style.columns - 1) << std::flush;
        drawn_ = true;
    }
    void rest() override {
        if (!drawn_) return;
        console_.out << '\n' << std::flush;
        drawn_ = false;
    }

private:
    void erase() {
        if (drawn_) console_.out << "\r\x1b[K";
        drawn_ = false;
    }
    void settle() {
        if (!going_) return;
        erase();
        console_.out << stage_line(*going_, true, console_.style) << '\n' << std::flush;
        going_.reset();
    }

    Console& console_;
    OrderTimeline timeline_;
    std::optional<Stage> going_;
    std::chrono::steady_clock::time_point since_;
    bool drawn_ = false;
};

}  // namespace

std::unique_ptr<OrderPrinter> make_order_printer(const Options& options, Console& console) {
    if (options.output == Output::ndjson) return std::make_unique<NdjsonPrinter>(console);
    if (options.output == Output::csv) return std::make_unique<CsvPrinter>(options, console);
    if (options.quiet || options.output == Output::json) return std::make_unique<SilentPrinter>();
    if (console.style.in_place) return std::make_unique<TerminalPrinter>(console);
    return std::make_unique<LinePrinter>(console);
}

}  // namespace libexec::cli
