#include "watch_table.hpp"

#include <algorithm>
#include <ostream>

#include "api.hpp"
#include "decision_view.hpp"
#include "live_block.hpp"
#include "order_pages.hpp"
#include "order_poll.hpp"
#include "order_ref.hpp"
#include "order_rows.hpp"

namespace libexec::cli {
namespace {

constexpr std::chrono::milliseconds table_interval{500};
constexpr std::size_t lines_around = 4;  // headers, and the one that says what is left out

class Table {
public:
    Table(const Context& context, const std::vector<std::string>& orders, const std::string& filter)
        : context_(context),
          wanted_(orders),
          filter_(filter),
          block_(context.console),
          documents_(orders.size()),
          deadline_(context.wire, context.options.timeout) {}

    ExitCode run() {
        for (;;) {
            ask();
            block_.draw(frame());
            if (all_ended()) return worst_of(exits());
            const bool endless = wanted_.empty() && !context_.options.timeout_given;
            if (!endless && deadline_.passed()) return give_up();
            const auto wait = lost_ > 0 ? pause_before_repeat(lost_) : table_interval;
            if (!(endless ? context_.wire.pause(wait) : deadline_.pause(context_.wire, wait))) interrupted();
        }
    }

private:
    /// A server that was there before is waited for; until then the last frame stays, saying so.
    void ask() {
        try {
            if (wanted_.empty()) {
                ask_for_newest();
            } else {
                for (std::size_t i = 0; i < wanted_.size(); ++i) {
                    if (has_ended_with(documents_[i]["status"].text())) continue;
                    documents_[i] = fetch_document(context_, "/api/orders/" + wanted_[i])["order"];
                }
            }
            queue_ = fetch_document(context_, "/api/queue/metrics")["metrics"];
            venues_ = fetch_document(context_, "/api/venues")["venues"];
            asked_ = true;
            lost_ = 0;
        } catch (const Trouble& trouble) {
            const ExitCode exit = trouble.complaint().exit;
            if (exit == ExitCode::interrupted) interrupted();
            const bool passing =
                exit == ExitCode::unreachable || exit == ExitCode::refused || exit == ExitCode::unexpected;
            if (!asked_ || !passing) throw;
            lost_ += 1;
        }
    }

    void ask_for_newest() {
        const std::size_t room = block_.lines_most() - std::min(block_.lines_most() - 1, lines_around);
        const JsonValue page = fetch_page(context_, filter_, std::min<std::uint64_t>(room, page_size_most));
        documents_ = page["items"].items();
        more_ = !page["nextCursor"].is_null();
    }

    std::string frame() const {
        const Style& style = context_.console.style;
        std::vector<std::string> ids;
        for (const JsonValue& order : documents_) ids.push_back(order["id"].text());
        const std::vector<std::string> shown = short_ids(ids);
        Sheet sheet(order_columns());
        for (std::size_t i = 0; i < documents_.size(); ++i)
            sheet.add(order_row(documents_[i], shown[i], context_.clock.now(), style));
        std::string text = head() + "\n" + table_text(context_, sheet, 0);
        if (documents_.empty()) text += "no orders yet\n";
        if (more_) text += "older ones: execctl list\n";
        return text;
    }

    std::string head() const {
        const Style& style = context_.console.style;
        const std::string dot = style.utf8 ? " · " : " | ";
        std::string head = "execctl" + dot + context_.options.server + dot;
        head += lost_ > 0 ? paint(style, Colour::red, "reconnecting (" + std::to_string(lost_) + ")")
                          : paint(style, Colour::green, "live");
        const auto say = [&](std::string_view name, const JsonValue& number) {
            if (!number.is_null()) head += dot + std::string(name) + " " + printable(style, number.text());
        };
        say("queue", queue_["waiting"]);
        if (queue_["delayed"].text() != "0") say("delayed", queue_["delayed"]);
        say("workers", queue_["active"]);
        std::string venues;
        for (const JsonValue& venue : venues_.items()) {
            const std::string& state = venue["state"].text();
            const bool active = state == "active";
            venues += (venues.empty() ? "" : " ") + printable(style, venue["name"].text()) + " ";
            venues += active
                          ? paint(style, Colour::green, style.utf8 ? "●" : "ok")
                          : paint(style, Colour::yellow, (style.utf8 ? "◐" : "") + printable(style, state));
        }
        const bool fits = width_of(head + dot + venues) <= block_.columns_most();
        return venues.empty() ? head : head + (fits ? dot : "\n") + venues;
    }

    std::vector<ExitCode> exits() const {
        std::vector<ExitCode> exits;
        for (const JsonValue& order : documents_)
            exits.push_back(exit_code_for_order(order["status"].text()));
        return exits;
    }
    bool all_ended() const {
        return !wanted_.empty() && std::all_of(documents_.begin(), documents_.end(), [](const auto& order) {
            return has_ended_with(order["status"].text());
        });
    }
    std::vector<std::string> alive() const {
        std::vector<std::string> alive;
        for (std::size_t i = 0; i < wanted_.size(); ++i) {
            if (!has_ended_with(documents_[i]["status"].text())) alive.push_back(wanted_[i]);
        }
        return alive;
    }

    /// Without ids the time to watch was chosen, and is over.
    ExitCode give_up() const {
        if (wanted_.empty()) return ExitCode::done;
        throw Trouble(not_ended_complaint(alive(), lost_ > 0, context_.options));
    }
    [[noreturn]] void interrupted() const { throw Trouble(stopped_watching(alive(), context_.options)); }

    const Context& context_;
    const std::vector<std::string>& wanted_;
    const std::string& filter_;
    LiveBlock block_;
    std::vector<JsonValue> documents_;
    JsonValue queue_;
    JsonValue venues_;
    Deadline deadline_;
    bool asked_ = false;
    bool more_ = false;
    unsigned lost_ = 0;
};

}  // namespace

ExitCode watch_table(const Context& context, const std::vector<std::string>& orders,
                     const std::string& filter) {
    return Table(context, orders, filter).run();
}

}  // namespace libexec::cli
